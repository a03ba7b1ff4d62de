"""Words of firms and machines, whose numbers and addresses are no person's."""

from __future__ import annotations

from first_light.privacy.vocabulary import words

# Numbers that firms have, and not persons.
FIRM_NUMBERS = words("""
    rsin siret siren kvk vat vatid vatno vatnumber ustid ustidnr uid nip regon krs cif eori lei duns
    dunsnumber companyno companynumber orgnr organisationsnummer cvr cvrnr ytunnus partitaiva piva
    cnpj handelsregister hrb crn abn acn ein
""")
# Codes and numbers of things.
CODES = words("""
    isbn issn ean gtin upc barcode imei iccid sku order bestell auftrag article artikel produkt
    product invoice rechnung ref booking tracking awb waybill policy police polis poliza polizza
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
