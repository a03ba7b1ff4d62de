"""Words in the names of columns and tables that indicate personal data.

English, German, French, Spanish and Dutch, in lower case without accents. Words of several parts
are joined: `firstname` matches `first_name` and `customerFirstName`.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, split at white space."""
    return frozenset(text.split())


EMAIL = words("""
    email emails mail mailaddress emailaddress mailadresse emailadresse emailadres mailadres
    courriel correo correoelectronico
""")
PHONE = words("""
    phone phones phonenumber phoneno telephone telephonenumber tel telno mobile mobileno
    mobilenumber mobilephone cell cellphone cellnumber fax faxnumber faxno msisdn whatsapp
    whatsappnumber telefon telefonnummer telefonnr handy handynummer mobil mobilnummer
    contactnumber contactno contactnr mobilnr telnr telefonnr mobiltlf tlf puhelin puhelinnumero
    numertelefonu telefonkomorkowy cellulare numerocellulare recapito celulare
    mobiltelefon rufnummer portable numeroportable numerotelephone numerodetelephone telefono
    telefonomovil movil celular telefoon telefoonnummer mobiel gsm
    nohp nomorhp notelp nomortelepon sodienthoai dienthoai kinito tilefono ceptel ceptelefonu
""")
PERSON = words("""
    firstname lastname givenname familyname fullname surname forename middlename maidenname
    nickname birthname legalname personname displayname fname lname vorname vornamen nachname
    familienname geburtsname rufname ansprechpartner ansprechpartnerin prenom nomdefamille
    nomfamille nomcomplet nomprenom apellido apellidos nombrecompleto primerapellido
    segundoapellido voornaam achternaam tussenvoegsel volledigenaam contactpersoon cognome
    contactperson cardholder cardholdername accountholder accountholdername kontoinhaber
    karteninhaber titulaire beneficiary beneficiaryname nextofkin emergencycontact kundenname
    mitarbeitername klantnaam nomclient nombrecliente
    firstnames lastnames givennames familynames forenames surnames middlenames namefirst namelast
    namegiven namefamily namemiddle namefull namesurname nachnamen zuname maedchenname prenoms
    nomdenaissance nomdusage nomnaissance nomusage nombredepila roepnaam voorletters voornamen
    foernamn foernavn achternm voornm voorl initialen tussenv
    fornavn etternavn efternavn fornamn efternamn etunimi sukunimi imie nazwisko sobrenome
    primeironome ultimonome fstname frstname lstname surnm familynm firstnme lastnme fnm lnm
    prijmeni jmeno krestnijmeno priezvisko krstnemeno meno vezeteknev keresztnev csaladnev
    prezime nume prenume soyad soyadi adsoyad adisoyadi vardas pavarde uzvards eesnimi
    musteriadi perekonnanimi priimek namegivenfirst namepreferred preferredname knownas
    birthsurname nomprenoms nombres
    nombreyapellidos christianname nombreapellidos apellidopaterno apellidomaterno naamvoluit
""")
# These mean a person, an account, a thing or a flag: the values decide.
ROLE = words("""
    customer client user employee contact owner patient student pupil teacher driver passenger
    guest author agent rep representative salesrep salesperson seller buyer recipient receiver
    sender holder member subscriber applicant doctor physician nurse assignee reporter approver
    reviewer manager supervisor tenant landlord donor visitor attendee participant candidate
    person payer payee signatory createdby updatedby modifiedby approvedby assignedto reportedby
    soldby changedby requestedby handledby kunde kundin kunden mitarbeiter mitarbeiterin
    empfaenger absender fahrer patientin schueler mieter vermieter bearbeiter sachbearbeiter
    verfasser besitzer inhaber cliente empleado destinatario remitente paciente alumno conductor
    propietario salarie employe destinataire expediteur eleve conducteur proprietaire auteur
    responsable klant medewerker gebruiker ontvanger afzender bestuurder eigenaar chauffeur
    host versicherungsnehmer auftraggeber zahlungsempfaenger
    coach trainer instructor tutor mentor lecturer professor therapist dentist surgeon
    psychologist midwife caregiver carer guardian mother father spouse husband wife sibling
    heir witness claimant defendant plaintiff insured policyholder borrower consignee consignor
    addressee referee umpire judge lawyer attorney notary cashier clerk waiter barista pilot
    captain counselor counsellor advisor adviser inspector caretaker bookkeeper accountant
    technician mechanic volunteer resident lessee lessor arzt aerztin lehrer lehrerin trainerin
    betreuer betreuerin dozent dozentin anwalt anwaeltin lekarz pacjent kierowca pracownik
    nauczyciel uczen klientka wlasciciel nadawca odbiorca laege laerer medarbejder ejer laaner
    lakare larare anstalld lege ansatt medico medica profesor profesora maestro maestra
    entrenador entrenadora vendedor vendedora comprador compradora titular abogado abogada
    professore insegnante dipendente paziente autista avvocato proprietario destinatario
    mittente professora funcionario motorista aluno medecin professeur enseignant vendeur
    acheteur avocat entraineur docent leraar verkoper stenographer bailiff clerkofcourt
    therapeut huurder verhuurder
""")
# Names of persons, of bands, firms and invented persons as well: somebody has to say.
PERSON_OR_GROUP = words("""
    artist artists singer singers musician musicians composer composers performer performers band
    actor actors actress actresses director directors writer writers producer producers creator
    creators character characters celebrity winner winners founder founders exhibitor speaker
    speakers kuenstler artiste artistes artista artistas
""")
# Parts of a name, in a table of people and as the whole name of a column only.
NAME_PARTS = words("first last middle given family maiden")
NAME = words("name names naam nom nombre nome navn namn nimi")
USER_NAME = words("""
    username login loginname handle screenname twitterhandle benutzername benutzer nutzername
    ernam aenam usnam bname usualta usumod usucrea gebruikersnaam identifiant nomutilisateur
    nombreusuario usuario userhandle
    loginid userlogin samaccountname upn userprincipalname netid nick utilisateur
""")
# Wallets of crypto currencies, and pictures of what somebody is known by.
WALLET = words("wallet walletaddress walletid payoutaddress geldboerse portemonnaie")
PICTURE = words("""
    signature unterschrift handtekening photo picture portrait selfie avatar face fingerprint
    passfoto foto podpis
""")
ADDRESS = words("""
    adr teslimatadr shipline billline shiptoline billtoline deliveryline addrline
    address addr addressline street streetname streetaddress housenumber houseno apartment
    adresse anschrift strasse strassenname hausnummer hausnr geburtsort birthplace placeofbirth
    rue voie numerorue lieunaissance lieudenaissance direccion domicilio calle lugarnacimiento
    adres straat straatnaam huisnummer geboorteplaats woonadres
    adress gatuadress bostadsadress hemadress gateadresse gadeadresse vejnavn bopael osoite
    katuosoite ulica adreszamieszkania indirizzo residenza endereco rua morada adresa ulice utca
""")
POSTCODE = words("""
    postnummer postnr kodpocztowy codicepostale postinumero iranyitoszam
    pcode zip zipcode postcode postalcode postal plz postleitzahl codepostal codigopostal cp
""")
BIRTH = words("""
    birth birthdate birthday dateofbirth dob birthyear yearofbirth yob geburtsdatum geburtstag
    gebdatum gebdat geburt geburtsjahr naissance datenaissance datedenaissance anneenaissance
    nacimiento fechanacimiento fechadenacimiento geboortedatum geboorte geboortejaar
    foedselsdato fodselsdato foedselsdag fodselsdag foedselsaar foedt foedelsedatum fodelsedatum
    foedelsedag fodelsedag syntymaaika syntymapaiva dataurodzenia rokurodzenia urodzenia urodzony
    nascita datanascita datadinascita annonascita nascimento datanascimento datadenascimento
    bornon borndate birthdt narozeni datumnarozeni dogumtarihi szuletesidatum datanasterii
""")
IP = words("""
    ip ipaddress ipaddr ipv4 ipv6 clientip remoteip userip remoteaddr remoteaddress sourceip
    ipadresse xforwardedfor
""")
CARD = words("""
    cardnumber cardno creditcard creditcardnumber ccnumber ccno ccnum pan cardnum debitcard
    kreditkarte kreditkartennummer kartennummer kartennr cartebancaire cartebleue numerocarte
    numerodecarte tarjeta numerotarjeta numerodetarjeta creditcardnummer kaartnummer
""")
BANK_ACCOUNT = words("""
    iban bankaccount bankaccountnumber accountnumber accountno acctno acctnum acctnumber
    kontonummer kontonr bankverbindung konto comptebancaire numerocompte numerodecompte rib
    cuentabancaria numerocuenta numerodecuenta rekeningnummer bankrekening
    cislouctu numerkonta nrkonta numerrachunku rachunekbankowy bankszamlaszam contocorrente
    contobancario numeroconto hesapno hesapnumarasi bankkonto bankgiro plusgiro
""")
NATIONAL_ID = words("""
    ninum ninumber nuss naf numafiliacion numafil numafilss afiliacionss verzekerdenr
    verzekerdenummer verzekerdenr insurednumber insuredno polisnummerzorg
    nrrej numerrejestracyjny nrrejestracyjny ssn socialsecurity socialsecuritynumber
    socialsecurityno nationalid nationalidnumber nin
    nino nationalinsurance nationalinsurancenumber passport passportno passportnumber
    identitycard idcardnumber taxid taxnumber taxpayerid taxidentificationnumber tin
    driverslicense driverlicense driverslicence driverlicence driverlicensenumber licenseplate
    licenceplate plate platenumber numberplate medicalrecordnumber mrn nhsnumber medicareid
    kvnummer kvnr healthinsurancenumber healthinsuranceno healthinsuranceid versichertennr
    frequentflyernumber frequentflyerno frequentflyerid milescardno milescardnumber
    steuerid steuernummer steueridnr sozialversicherungsnummer svnummer
    rentenversicherungsnummer ausweisnummer personalausweis personalausweisnummer reisepass
    reisepassnummer fuehrerschein fuehrerscheinnummer kennzeichen krankenversichertennummer
    versichertennummer nir securitesociale numerosecuritesociale numerodesecuritesociale
    passeport numeropasseport immatriculation dni nie nif pasaporte matricula seguridadsocial
    numeroseguridadsocial bsn burgerservicenummer paspoort paspoortnummer rijbewijs kenteken
    codicefiscale cpf vin vinno vinnumber vehicleidentificationnumber chassisnumber chassisno
    chassisnr fahrgestellnummer fahrgestellnr bastidor numerobastidor chassisnummer numerochassis
    regno regnr registrationplate registrationnumber registrationno plateno platenr plates
    pesel cpr cprnr cprnummer personnummer personnr foedselsnummer fodselsnummer henkilotunnus hetu
    rodnecislo cnp tckimlikno tckimlik egn jmbg oib amka aadhaar aadhar nric hkid curp cedula
    socialinsurancenumber drivinglicence drivinglicenceno drivinglicencenumber drivinglicense
    driverlicenceno driverslicenceno driverslicensenumber prawojazdy dowodosobisty koerekort
    nrdowodu nrpaszportu paszport passnummer passnr codicefiscale permisdeconduire
    vehicleplate carplate nummernschild amtlicheskennzeichen plaqueimmatriculation
    plaquedimmatriculation placa kentekennummer targa
    vehiclereg vehicleregistration regplate tagno
    adoazonosito adoazonositojel szemelyiszam szemelyiigazolvany tajszam nik noktp ktp cccd cmnd
    amka kimlikno kennitala asmenskodas isikukood personaskods personalcode
""")
# These are a person's only in tables of people: firms and programs have licences as well.
WEAK_NATIONAL_ID = words("""
    licenceno licencenumber licencenr licenseno licensenumber licensenr licence license permitno
    permitnumber badgenumber badgeno afm
    upn uln ine cip chi pps ppsn ehi ehic krs pnr lanr svnr ahv ahvn avs nas nhs nhsno edipi dodid
    studentno studentid pupilno studentnumber matrikelnr matrikelnummer
""")
DEVICE = words("""
    mac macaddress macaddr imei imsi idfa gaid advertisingid cookieid browserfingerprint
    devicefingerprint iccid aaid adid androidid gclid fbp anonymousid
""")
SECRET = words("""
    password passwd passwordhash pwd passphrase secret clientsecret apikey secretkey privatekey
    accesstoken authtoken refreshtoken sessiontoken bearertoken token securityanswer passwort
    kennwort motdepasse contrasena wachtwoord
""")
FREE_TEXT = words("""
    emergencycontact emergencycontacts nextofkin notfallkontakt contacturgence noodcontact
    contactoemergencia contattoemergenza
    note notes comment comments remark remarks memo message messages messagetext feedback
    reviewtext reviewbody instructions deliveryinstructions specialinstructions transcript
    complaint body freetext observation observations narrative bemerkung bemerkungen
    notiz notizen kommentar kommentare anmerkung anmerkungen hinweis nachricht freitext
    commentaire commentaires remarque remarques observaciones comentario comentarios nota notas
    mensaje opmerking opmerkingen notitie bericht toelichting
    verwendungszweck schadenbeschreibung sachverhalt beschwerde
""")
# Only in tables of people: other languages have one word for notes and for descriptions.
WEAK_FREE_TEXT = words("descripcion beschreibung")

# Names that a thing may have as well.
FULL_NAME = words("fullname namefull legalname displayname nickname")

LOCATION = words("""
    dlug dlugosc szer szerokosc latitudine longitudine breddgrad laengdgrad enlem boylam
    lat latitude lng lon longitude coordinate coordinates coord coords geo geopoint geolocation
    geoloc geom geometry geog geography geojson gps gpsposition latlng latlon latlong lonlat lnglat
    longlat position location breitengrad laengengrad breite laenge koordinaten koordinate standort
    latitud longitud coordenadas ubicacion coordonnees breedtegraad lengtegraad coordinaten wkt
    koord xkoord ykoord koordx koordy
    lattitude longtitude latitudine longitudine szerokosc dlugosc szerokoscgeograficzna
    dlugoscgeograficzna breddegrad lengdegrad laengdegrad langdgrad enlem boylam shiptolatitude
""")
LATITUDE = words("lat latitude lng lon longitude latitud longitud breitengrad laengengrad")
# Alone, these are coordinates only if the values leave no doubt.
WEAK_LOCATION = words("long position location breite laenge geo geography standort ubicacion")
STATISTIC = words("avg average mean median min max sum total count budget range band currency")
SENSITIVE = words("""
    geneticfinding geneticfindings geneticresult geneticvariant genevariant genomicvariant
    dnaprofile
    culte kyrka trosretning religion religions religiousaffiliation confession denomination faith
    ethnicity ethnic ethnicgroup ethnicorigin race racialorigin konfession religionszugehoerigkeit
    glaube ethnie herkunft etnia raza geloof godsdienst croyance
    ethgroup ethgrp ethnicgrp ethnicitycode ethniccode ethnicbackground senstatus senneed
    specialeducationalneeds
    kirchensteuermerkmal dx primarydx healthstatus
    diagnosis diagnoses diagnose diagnosen diagnosecode diagnosiscode diagnostico diagnosticos
    diagnostique icd icdcode icdten disease diseases illness illnesses medicalcondition
    healthcondition medicalhistory symptom symptoms treatment medication medications prescription
    disability disabilities handicap impairment allergy allergies bloodtype bloodgroup blutgruppe
    krankheit krankheiten erkrankung befund medikation medikament behinderung allergie allergien
    maladie maladies enfermedad enfermedades discapacidad alergia alergias tiposangre grupsanguin
    groupesanguin ziekte aandoening bloedgroep sexualorientation sexuality sexualpreference
    genderidentity pronouns politicalparty partymembership politicalopinion politicalaffiliation
    unionmembership tradeunion gewerkschaft parteizugehoerigkeit hivstatus pregnancy vaccination
    rozpoznanie diagnoza choroba choroby schorzenie wyznanie narodowosc sygdom sykdom sjukdom
    diagnos diagnosi malattia malattie religione doenca religiao deficiencia hastalik
    vaccine criminalrecord conviction convictions condition conditions belief beliefs church party
    partei unionmember
    din dini mezhep inanc nationality nationalities nationalorigin citizenship countryofcitizenship
    ancestry immigrationstatus visastatus residencestatus
    residencepermit staatsangehoerigkeit staatsbuergerschaft nationalitaet nationalitat nationalite
    nacionalidad nacionalidade cittadinanza nazionalita nationaliteit uyruk uyrugu statsborgerskab
    medborgarskap kansalaisuus obywatelstwo migrationshintergrund
    veteran veteranstatus protectedveteran military militaryservice militarystatus militarybranch
    servicebranch reservist wehrdienst wehrpflicht servicemilitaire serviciomilitar askerlik
    agama tongiao dbscheck backgroundcheck criminalcheck crbcheck smokingstatus tobaccouse
    genotype genotypes genotyp genotipo haplotype sex gioitinh
""")
# These mean something else outside of tables of people.
WEAK_SENSITIVE = words("""
    race treatment symptom symptoms prescription faith conviction allergies condition conditions
    belief beliefs church party partei unionmember dx
    din dini mezhep inanc nationality nationalities citizenship ancestry nationalite nacionalidad
    nacionalidade nationaliteit cittadinanza nazionalita uyruk staatsangehoerigkeit nationalitaet
    nationalitat veteran military servicebranch reservist genotype genotypes genotyp genotipo
    haplotype sex gioitinh
""")
# Words of a login's role: `created_by` follows from its last word.
LOGIN_ROLE = words("""
    owner assignee reporter author approver reviewer editor requester requestor submitter creator
    agent handler operatorid modifier uploader bearbeiter ersteller sachbearbeiter verantwortlich
    auteur responsable createur autor editor responsable eigenaar maker behandelaar user client
    createuser updateuser changeuser lastuser entereduser erfasser benutzerkennung kennung
    cashier kassierer rep salesrep kuerzel uid actor principal genehmiger freigeber pruefer
""")
SERVICES = words("""
    system batch etl import api cron scheduler admin root service daemon robot bot job dbt airflow
    migration script unknown auto automatic default internal external
""")
# Pages of one person, and files that are named after their content.
PROFILE = words("""
    mastodon bluesky profile profileurl profilelink profilepage linkedin linkedinurl
    facebook facebookurl twitter twitterurl instagram instagramurl xing xingurl tiktok youtube
    socialurl socialprofile personalwebsite personalpage avatar avatarurl
""")
SEARCH = words("""
    search searchtext searchterm searchterms searchquery searchstring searchphrase query querytext
    querystring keywords searchkeywords userquery suche suchbegriff suchbegriffe suchtext
    suchanfrage recherche motscles busqueda textobusqueda zoekterm zoekopdracht zoektekst
    q utmterm prompt utterance searchedfor wyszukiwanafraza chiavericerca terminericerca sokord
""")

# Words of searches only in tables of these.
WEAK_SEARCH = words("""
    keyword keywords term terms question requete consulta motcle ricerca chiavericerca
    terminericerca sokord sogeord soegeord fraza wyszukiwanie zapytanie hakusana arama phrase text
""")
SEARCHES = words("""
    search searches searchlog event events session sessions query queries visit visits click clicks
    suche suchen suchanfragen recherches busquedas ricerche zoekopdrachten pageviews analytics
""")

# Last words that denote an attribute of the thing: `email_verified`, `address_type`.
ABOUT = words("""
    id ids uuid guid key fk pk count cnt type kind status state country city region area
    category class group segment tier level score rate pct percent flag verified confirmed valid
    validated enabled disabled opt optin optout in consent sent opened clicked bounced received
    at ts time timestamp date changed updated created provider domain template campaign format
    length version model brand channel reason preference preferred priority source code label
    locale language lang currency weight size rank seq index position title role gb mb kb
    minutes seconds duration typ art anzahl datum land stadt ort exists
""")
# Things that are not persons: `company_name`, `store_address`.
THING = words("""
    vacancy vacancies stellenangebot stellenangebote
    company companies firma unternehmen entreprise empresa bedrijf organisation organization org
    business supplier suppliers vendor vendors merchant merchants brand brands product products
    item items lineitem lineitems article articles artikel producto productos produit produits
    material materials sample samples specimen specimens
    menu store stores shop shops warehouse warehouses branch branches filiale filialen depot
    depots airport airports airline airlines station stations venue venues hotel hotels
    restaurant restaurants bank banks school schools hospital hospitals plant plants factory
    site sites facility facilities city cities country countries region regions state states
    district county province land laender category categories kategorie group groups team teams
    department departments abteilung dept event events campaign campaigns channel channels
    project projects file files table tables column columns field fields host hosts server
    servers domain domains app apps application service services job jobs task tasks model
    models device devices machine machines month months day days week weekday currency
    currencies language languages status type types class plan plans package packages course
    courses book books song songs film films movie movies genre genres game games album albums
    page pages url urls screen tag tags feature features metric metrics segment segments carrier
    carriers vehicle vehicles ship ships vessel vessels aircraft plane planes route routes stop
    stops artist artists band bands pet pets breed species manufacturer manufacturers location
    locations zone zones queue queues skill skills sensor sensors port ports harbour harbours
    harbor meter meters antenna antennas tower towers park parks museum museums landmark landmarks
    church churches parish parishes disease diseases poi pois asset assets building buildings gate
    schip schepen schiff schiffe navire navires barco buque nave navi statek skib skip fartyg boat
    boats evento eventi eventos veranstaltung veranstaltungen evenement evenements container
    containers konteyner gates animal animals horse horses cow cows dog dogs cat cats tier tiere
    pferd pferde animaux animales animais animali dieren zwierzeta zvirata zvierata djur dyr hayvan
    hayvanlar elaimet allatok animalia
    mascota mascotas haustier haustiere huisdier huisdieren kaeledyr husdjur kjaeledyr zwierzak
    mazlicek lemmikki evcil pet restaurante restaurantes ristorante ristoranti restauracja
    restaurace ravintola etterem cafe gaststaette
""")
# Those of them that have telephones and addresses.
ORGANISATION = words("""
    company companies firma employer school schools office offices branch branches agency agencies
    bank hospital clinic store shop hotel supplier vendor carrier
""")
# Tables whose rows are people.
PEOPLE = words("""
    customer customers client clients user users person persons people employee employees staff
    contact contacts member members patient patients student students pupil pupils teacher
    teachers driver drivers passenger passengers guest guests subscriber subscribers lead leads
    applicant applicants candidate candidates donor donors visitor visitors attendee attendees
    participant participants worker workers tenant tenants resident residents citizen citizens
    agent agents profile profiles buyer buyers seller sellers doctor doctors nurse nurses author
    authors recipient recipients kunde kunden mitarbeiter mitarbeitende personen patienten
    schueler mieter benutzer nutzer mitglieder mitglied bewerber kontakte cliente clientes
    empleado empleados usuario usuarios persona personas paciente pacientes alumno alumnos
    salarie salaries employe employes utilisateur utilisateurs personne personnes eleves
    crew coach coaches trainer trainers instructor instructors judge judges lawyer lawyers borrower
    borrowers claimant claimants policyholder policyholders volunteer volunteers athlete athletes
    medlem medlemmar medlemmer medarbejdere ansatte ansatta elever kunder laanere pacjenci klienci
    pracownicy uczniowie czlonkowie kierowcy lekarze ospiti clienti dipendenti pazienti alunni
    encounter encounters admission admissions voter voters insured insureds versicherte assures
    utenti soci alunos funcionarios membros huespedes socios proveedoras
    adherents klant klanten medewerker medewerkers gebruiker gebruikers leden leerlingen
    personel calisan calisanlar musteri musteriler ogrenci ogrenciler hasta hastalar executive
    executives contractor contractors freelancer freelancers
""")
# Words that mark an address as personal if the table does not.
ADDRESSEE = words("""
    shipping billing delivery home mailing invoice ship bill residential private postal liefer
    rechnungs lieferung rechnung livraison facturation envio facturacion bezorg factuur
""")
AGE = words("age ages alter edad idade leeftijd alder wiek vek eletkor yas umur")
# Texts written by machines.
TECHNICAL = words("error exception log logs debug stack trace warning system")

HONORIFICS = words("""
    mr mrs ms mx miss dr prof rev herr frau fraeulein dipl ing mag mme mlle monsieur madame
    maitre sr sra srta senor senora dona dott dottssa sig sigra signor signora avv dhr mevr
    mevrouw meneer drs mudr judr mgr pani pan fru hr dra profa dna domnul doamna kirios kiria
    shri smt sheikh shaikh sheik shaykh haji hajji ustaz
""")
