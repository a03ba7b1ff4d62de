"""Words of firms and machines, whose numbers and addresses are no person's."""

from __future__ import annotations

from first_light.privacy.vocabulary import words

# Numbers that firms have, and not persons.
FIRM_NUMBERS = words("""
    rsin siret siren kvk vat vatid vatno vatnumber ustid ustidnr uid nip regon krs cif eori lei duns
    dunsnumber companyno companynumber orgnr organisationsnummer cvr cvrnr ytunnus partitaiva piva
    cnpj handelsregister hrb crn abn acn ein
""")
# Those of them that say what the row is about, and are no word for something else.
OWN_NUMBERS_OF_FIRMS = words("siren siret kvk regon krs cvr cvrnr ytunnus cnpj abn acn duns")
# Codes and numbers of things.
CODES = words("""
    isbn issn ean gtin upc barcode imei iccid sku order bestell auftrag article artikel produkt
    product invoice rechnung ref booking tracking awb waybill policy police polis poliza polizza
    ticket tickets tkt ticketno boletin boletim billete bilhete bilet biljett biglietto boarding
    apolice receipt rcpt kvitto kvittering quittung parcel colis barcode stregkode shipment
""")
NUMBER_WORDS = words("no nr num number nummer numero id code")
# Of the different values, full names: brands and books are called after people.
FULL_NAMES_OF_GOODS = 0.6
# Columns that hold the name of a firm: the first of them says that the rows are firms.
FIRM_NAMES = words("""
    firma firmenname firmierung unternehmen unternehmensname company companyname organisation
    organization organisationname organizationname businessname tradingname legalentity
    razonsocial nombrecomercial empresa razaosocial rzsocial nomefantasia raisonsociale entreprise
    nomsociete societe ragionesociale azienda bedrijf bedrijfsnaam handelsnaam foretag foretagsnamn
    virksomhed virksomhet firmanavn selskap yritys yrityksennimi cegnev firmaadi unvan nazwafirmy
    nazevfirmy nazivtvrtke denumirefirma orgname orgnm denominacion denominacionsocial
    denominazione denominazionesociale denominacao
""")
# Words of machines: what is installed somewhere, and nobody carries.
MACHINES = words("""
    hostname node nodes firmware rack batt battery uplink downlink modbus nic vlan subnet eui sensor
    sensors gateway gateways snmp mgmt server servers host hosts cmdb ci switch router modem plc
    scada meter meters inverter vendor rssi snr capex warranty
    hersteller seriennr seriennummer messpunkt messpunkte messstelle messwert einheit fuehler anlage
    fabricant capteur capteurs sonde fabricante sensores sonda produttore sensore sensori misura
    fabrikant meetpunt serienummer producent czujnik czujniki pomiar vyrobce cidlo
""")
# Before an address of a network: the side that nobody sits at.
SERVER_SIDE = words("""
    s server srv dst dest destination gw gateway mgmt management origin upstream listen bind nat
    backend lb nic vlan rtu plc sps camera cameras kamera cam printer drucker switch router modem
""")
# Tables of where somebody was; the parts of `check_ins` are words of their own.
WHEREABOUTS = words("""
    trip trips ride rides journey journeys visit visits checkin checkins ins stay stays walk walks
    run runs track tracks tour tours fahrt fahrten besuch besuche trajet trajets viaje viajes viaggi
""")
# What is called by a word of these is a part of an organisation: a team, an office, a fund.
UNITS = words("""
    team teams dept department departments division unit units desk helpdesk service services ops
    operations support office offices faculty school institute centre center committee board council
    workshop store stores bureau agency comms communications legal finance accounting marketing
    sales procurement logistics trust holdings llc llp lp pool engineering security platform
    infrastructure experience relations resources estates facilities maintenance administration
    abteilung referat amt buero dienst dienste stelle zentrale verwaltung leitung buchhaltung
    vertrieb einkauf technik werkstatt equipe direction secretariat comptabilite equipo departamento
    direccion oficina operaciones servicio servicios area gerencia setor equipa diretoria secretaria
    ufficio reparto squadra servizio segreteria afdeling dienst bureau team avdelning enhet afdeling
    avdeling kontor dzial zespol biuro oddeleni tym osztaly csoport ekip birim mudurlugu sekreterlik
    sekreterligi tim bagian divisi phong ban doi
""")
# Whose address of a network is somebody's: what people carry or sit at.
CARRIED = words("""
    session sessions login logins visit visits visitor visitors probe probes lease leases phone
    phones mobile laptop laptops remote attendance presence kiosk browser click clicks
    app apps
""")
# Nouns that end or begin the name of a place or a building, and no name of a person.
PLACES = words("""
    street road avenue lane square bridge garden gardens harbour harbor station hospital school
    university college church cathedral museum theatre theater stadium arena airport terminal pier
    centre center mall plaza tower towers house building hall market museum library bank hotel inn
    restaurant cafe bar farm mill roof car
    strasse str platz allee weg gasse bruecke bahnhof krankenhaus klinik schule kirche museum halle
    saal markt stadion turm garten hof haus rathaus zentrum hafen muehle
    rue place pont quai gare hopital ecole lycee college eglise musee theatre salle halle marche
    stade tour jardin parc chantier entrepot magasin usine chateau
    calle avenida plaza puente puerto estacion escuela colegio iglesia museo teatro sala mercado
    almacen tienda oficina nave poligono parque casa
    via piazza corso ponte stazione ospedale scuola chiesa mercato magazzino vigna tenuta cantina
    podere castello poggio borgo rua largo praca travessa jardim ponte pavilhao escola igreja loja
    straat plein brug kerk school gracht kade haven ulica plac most szkola dworzec fabryka
    ulice namesti skola nadrazi utca ter gade vej torv gata gatan torg
""")
# Tables of the streets of a town.
STREETS = words("""
    street streets road roads strasse strassen strassenverzeichnis rue rues voies calle calles
    via vie rua ruas straat straten ulica ulice gata gator gatuer vej veje gade gader vei veier
    katu kadut utca utcak sokak sokaklar strada strazi
""")
# Tables of these have members, who are people: they are no goods.
GATHERINGS = words("group groups gruppe gruppen groupe groupes grupo grupos gruppo gruppi groep")
# Names that columns have when nobody named them: nothing follows from them.
GENERIC = words("""
    field fields column columns col cols feld felder spalte spalten champ colonne campo campos
    columna colonna veld kolom pole kolumna sloupec stlpec kolumn felt kolonne oszlop camp
    coloana sutun unnamed var variable attribute attr value wert x f c v
""")
# Columns of these hold the names of towns and regions.
TOWNS = words("""
    city town village place municipality county state region province district territory country
    area suburb parish birthplace
    ort ortsteil stadt gemeinde kreis landkreis bundesland kanton gebiet wohnort bezirk
    ville commune localite departement pays quartier canton
    ciudad localidad poblacion municipio provincia pais barrio comarca
    citta comune localita provincia regione paese frazione
    plaats woonplaats gemeente gem stad provincie regio wijk
    miasto miejscowosc miejsc gmina powiat wojewodztwo mesto obec okres kraj varos telepules megye
    oras judet localitate cidade municipio concelho distrito freguesia estado bairro
    by kommune poststed stad ort lan kaupunki kunta postitoimipaikka sehir ilce il
    origin destination dest from to dep arr departure arrival pol pod von nach bis
""")
# Columns of these hold what is called after people and places.
NAMED_GOODS = words("""
    brand make model series collection colour color variety cultivar strain edition title label
    marke modell serie farbe sorte titel marque modele couleur variete titre marca modelo color
    variedad titulo marca modello colore varieta titolo merk kleur ras soort marka odmiana tytul
    breed race rasse raza razza loco locomotive rose wine wein vin vino wijn grape
    rebsorte cepage uva
    pet pets mascota mascotas haustier haustiere hund hundename katze pferd tiername chien chat
    perro gato cane gatto huisdier hond kat zwierzak pies kot horse dog cat cow
""")
# In one word with what is called so: a boat's, a book's.
TITLES = ("titel", "tittel", "title", "titre", "titulo", "titolo", "titlu")
# Numbers that an employer gives: they mean nothing elsewhere.
EMPLOYEE_NUMBERS = words("""
    pernr personalnummer personalnr persnr persnummer mitarbeiternummer mitarbeiternr mitarbnr
    empno employeeno employeenumber employeeid empid staffno staffid matricule matricola
    nummatricule numempleado personeelsnummer personeelsnr nrpracownika numerpracownika
    numerewidencyjnypracownika ansattnr anstallningsnummer medarbejdernr
""")
# Where something lies in a warehouse.
SHELVES = words("""
    shelf rack bin aisle slot bay pallet storagelocation location stocklocation lagerplatz lagerort
    lager regal fach platz stellplatz rayon etagere emplacement allee casier ubicacion estante
    estanteria pasillo scaffale ubicazione corsia magazijnlocatie stelling schap plank regal
    lokalizacja polka hylde hylla lagerplats prateleira raft
""")
