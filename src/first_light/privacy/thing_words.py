"""Words of firms and machines, whose numbers and addresses are no person's."""

from __future__ import annotations

from first_light.privacy.vocabulary import words

# Numbers that firms have, and not persons.
FIRM_NUMBERS = words("""
    rsin siret siren kvk vat vatid vatno vatnumber ustid ustidnr uid nip regon krs cif eori lei duns
    dunsnumber companyno companynumber orgnr organisationsnummer cvr cvrnr ytunnus partitaiva piva
    cnpj handelsregister hrb crn abn acn ein
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
    backend lb
""")
# Tables of where somebody was; the parts of `check_ins` are words of their own.
WHEREABOUTS = words("""
    trip trips ride rides journey journeys visit visits checkin checkins ins stay stays walk walks
    run runs track tracks tour tours fahrt fahrten besuch besuche trajet trajets viaje viajes viaggi
""")
