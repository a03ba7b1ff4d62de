"""Words that a column's name may contain or be short for, if its values confirm them."""

from __future__ import annotations

from first_light.privacy.vocabulary import NAME, ROLE, words

# Words that are no abbreviation of a longer one: `date` is not short for `datenaissance`.
UNABBREVIATED = (
    NAME
    | ROLE
    | words("""
    pol polno pnr denom denominacion denominazione cod code date datum dato data dat dta dt
    fecha rok year annee anno ano jahr jaar aar day tag number nummer numero num
    code place lieu lugar luogo driver drivers national social card carte kart account cost centre
    center user customer person personal contact full first last main mode model order state status
    plan part total text type time title line level level list kind item unit group sales message
    street post mail address adresse telefon phone medical identity bank credit debit tax paid
    miejsc miejscowosc town city ort stadt ville ciudad citta plaats gemeente miasto mesto
    von nach bis from to ab an origin destination dest dep arr
    veh vehicle van truck pos repo repository
    church kirche trade primary tipo klass klasse classe regime condition soort
""")
)
# What `hints` of a column's name are compared with, abbreviated or not; values must confirm them.
MOBILE = words("""
    mobile mobil mob cep handy cell gsm mobiel movil cellulare portable privat private home
""")
SECRET_HASH = words("""
    password passwort pin pwd pw passwd passphrase secret wachtwoord losen
    pwhash pwdhash passhash passwordhash pwdigest
""")
PLATE = words("""
    licenseplate licenceplate numberplate platenumber plateno vehiclereg kennzeichen kfzkennzeichen
    nummernschild kontrollschild immatriculation plaqueimmatriculation matricula placa targa
    kenteken registreringsnummer rekisterinumero nrrejestracyjny rejestracja spz rendszam plaka
    vrm vrn rego
""")
# Seeds and codes of a second factor.
SECOND_FACTOR = words("totp otp mfa seed twofactor recovery recoverycode backupcode securitycode")
# Of a bank, where a number of an account is one to pay from or to.
OF_BANK = words("""
    bank dd directdebit debit debet sepa giro iban payout payment lastschrift mandat mandate
    domiciliation prelevement domiciliacion incasso addebito autogiro betalingsservice
""")
ACCOUNT = words("account acct acc konto kto cuenta cta compte cpte conto rekening conta rachunek")
# What somebody pays for, in their own words, beside the account.
PURPOSE = words("""
    verwendungszweck zahlungszweck buchungstext purpose details narrative remittance
    remittanceinfo description omschrijving mededeling mededelingen betalingskenmerk libelle
    motif communication concepto descripcion asunto causale descrizione tytul tytulem opis
    zprava popis kozlemeny detalii descricao historico meddelelse melding meddelande viesti
    beskrivning tekst aciklama
""")
ADVERTISING = words("""
    adv advertising advertisement advertiser publicidad publicidade publicite werbung werbe reclame
    pubblicita reklama annons mainos
""")
DOCUMENT = words("""
    document dokument documento passport pasaporte passeport paspoort reisepass ausweis perso
    fuehrerschein permis permiso patente licence license rijbewijs koerkort koerekort foererkort
    identitaet carnet cedula prawojazdy dowod patnr patientnr patientno patientennummer patno
    drivercard fahrerkarte tachocard tachographcard cartaconducente
    fsnr fsnummer fsno patientnumber krankenkassennummer versichertennummer insuredno healthcard
""")
BIRTHPLACE = words("""
    geburtsort geburtsland birthplace placeofbirth lieunaissance lieudenaissance lugarnacimiento
    luogonascita luogodinascita geboorteplaats foedested foedeort fodelseort naturalidade
    miejsceurodzenia tempatlahir noisinh szuletesihely mistonarozeni mestorodenia
""")
SHORT_POSTCODE = words(
    "pc cp cap psc tk irsz zipcode postleitzahl postnummer postcode codigopostal"
)
HEALTH = words("""
    health medical medicine medizin gesundheit sante medico salud salute gezondheid haelsa helse
    diet diaet dieta allergies unvertraeglichkeit intolerances symptoms disability needs
    regimealimentaire specialneeds necesidadeseducativas assistance
""")
# What yes or no says about the health or the beliefs of somebody.
FLAGS = words("""
    diabetic diabetes smoker smokes smoking tobacco pregnant pregnancy disability handicap
    handicapped vaccinated vaccination hypertension hypertensive heartdisease heartattack
    heartfailure stroke alcoholism alcoholic depression depressed asthma asthmatic cancer tumor
    anaemia anemia anaemic hiv aids covid epilepsy copd obesity obese addiction tuberculosis
    hepatitis allergic allergy sick sickness illness migraine dementia autism
    raucher raucherin schwanger schwangerschaft schwerbehindert behindert krank krankheit diabetiker
    geimpft impfung suchtkrank fumeur fumeuse enceinte handicape diabetique vaccine malade
    fumador fumadora embarazada discapacitado diabetico enfermo fumatore incinta disabile diabetico
    malato roker zwanger gehandicapt gevaccineerd ziek palacz niepelnosprawny ryger gravid rokare
    royker handikappet sigaraiciyor hamile
    unionmember gewerkschaftsmitglied gewerkschaft syndique sindicato kirchensteuer kirchenmitglied
    religious convicted criminalrecord
    veteran protectedveteran military militaryservice reservist wehrdienst servicemilitaire askerlik
""")
DISABILITY = words("gdb disability behinderung schwerbehinderung sbgru handicap discapacidad")
