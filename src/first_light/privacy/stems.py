"""Parts of words that name what is personal in many languages, wherever they stand in a name.

German, Dutch and Scandinavian names are compounds, Slavic and Romance ones are inflected: a stem
is found in all of them. It proves nothing alone: values and the other columns must confirm it.
"""

from __future__ import annotations

import re
from typing import Final

PHONE: Final = re.compile(
    r"tele?fon|teleph|[a-z]{2,}phone?\b|telef|telemov|handy(nr|num|$)|mobil|movil|movel|\bgsm|celul|cellul|puhel"
    r"|komork|fonszam|whatsapp|msisdn|rufn|anruf"
    r"|\bcall(er|ed|ing)\b|\bdial(l?ed)?\b|\bappelan"
)
BIRTH: Final = re.compile(
    r"geb(urt|dat|jahr|tag|oort)|birth|bday|naiss|nacim|nascim|\bnasc|\bnac\b|nascit|urodz|narozen"
    r"|nasteri|dogum|\bszul|syntym|f(oe|o)d(else?|sel|t)|rodzen|rodjen"
)
INCOME: Final = re.compile(
    r"gehalt|gehael|lohn|\bsalar|salair|sueldo|\bwages?\b|stipend|\bloon|\blone|palkk|wynagr|pensj"
    r"|rendiment|\brend mens|remuner|compensa|einkomm|entgelt|\bincome|ingresos?\b|reddit"
    r"|retribu|ordenado"
    r"|venciment|inkom(en|st)|inntekt|indkomst|dochod|mzda|\bplat[ay]\b|jovedel"
)
SENSITIVE: Final = re.compile(
    r"relig|konfess|bekenntn|glaub|\bfaith|ethni|etni[ac]|\braza|\braca|\brasse|herkomst"
    r"|afkomst|wyznan"
    r"|krank(?!enkasse)|erkrank|diagn|allerg|alerg|handica|disabil|discapa|behinder|niepeln"
    r"|gehandic|invalidit|funktionsned|sexual|partei(?!en)|gewerksch|syndica|sindic|zwiazk|vakbond"
    r"|fackforb|fagforb|schwanger|pregnan|embaraz|grossesse|gravid|blutgr|blodtyp|bloedgr|sanguin"
    r"|grupa_?krwi|maladie|enfermed|doenca|malatti|choro[bw]|sairau|sykdom|sjukdom|sygdom|ziekte"
    r"|kan ?grub|injur(y|ies)|verletzung|blessure"
    r"|trestn|rejstrik|strafregist|vorstraf|casellario|karaln|brottsreg|strafblad"
    r"|antecedent|anamnes|vorerkrank|patholog"
    r"|symptom|medikament|medicat|geneesm|lakemed"
)
ADDRESS: Final = re.compile(
    r"addres|adres|\balamat|\bdia ?chi\b|die[fu]thyn|anschrift|strass|straat|direcc|indiriz"
    r"|enderec|morada|domicil|osoite|gatuadr"
    r"|gateadr|vejnavn|gadenavn|wohn(ort|haft|sitz)|ulic[aey]|\butca|lakcim|bydlis|residenc"
)
DOOR: Final = re.compile(
    r"\bpick ?up|\bdrop ?(off)?\b|deliver|collect(ion)?\b|\bhome\b|abhol|zustell|liefer|ausstieg"
    r"|einstieg|recogida|entrega|livraison|retrait|ophaal|aflever|dostaw|dorucen|consegna|ritiro"
)
"""Where somebody is fetched or lives: a stop or a route is a thing, these are not."""
TRIP: Final = re.compile(
    r"pick ?up|drop ?(off)?\b|\bhome\b|\bgps|trip|ride|start|end\b|dest|origin|check ?in|track"
    r"|fahrt|trajet|viaje|viaggio|rit\b|trasa|user|driver|rider|client|customer|patient|member"
)
"""Where somebody is or goes, of whom the table has nothing else."""
AGENT: Final = re.compile(
    r"[a-z]{3,}(er|or|eur|euse|ista?e?|ador[ae]?|tor[ae]?|teur|trice|nik|arz|aar|ante|ente|erin"
    r"|ario|aria|ero|era|iere|iera)"
)
NO_AGENT: Final = re.compile(
    r"colou?r|flavou?r|.*(cent(er|re)|meter|number|nummer)|order|letter|river|water|weather|quarter"
    r"|semester|filter|layer|paper|power|container|counter|corner|border|cluster|folder"
    r"|printer|router|sector|motor|factor|vector|monitor|floor|door|tier|user|header|.*provider"
    r"|insurer|sponsor|.*publisher|.*retailer|.*manufacturer|.*maker|distributor|.*dealer|developer"
    r"|.*advertiser|employer|lender|issuer|hersteller|.*anbieter|.*lieferant|versicherer|carrier"
    r"|fabricante|proveedor|fornitore|fournisseur|leverancier|operator|designer|label|.*character"
    r"|computer|newspaper|flower|summer|winter|chapter|muster|fenster|alter|filler"
)
ANIMAL: Final = re.compile(
    r"\b(hunde?|katzen?|pferde?|tier|haustier|dogs?|cats?|horses?|cows?|calf|calves|cattle|sheep|goats?|pigs?|pets?|animals?|herd|livestock"
    r"|stable|kennel|kueh?e?|kuh|rind(er)?|kalb|kaelber|schweine?|schafe?|koe(ien)?|runderen|kalf"
    r"|kalveren|varkens?|schapen|vaca?s?|vaches?|veaux|bovins?|mucca|mucche|bovini|krow[ay]|kraav[ay]"
    r"|kvaeg|perros?|gatos?|caballos?|mascotas?|animal(es)?|chiens?|chats?|chevaux|cheval"
    r"|animaux|can[ei]|gatt[oi]|cavall[oi]|animal[ei]|hond(en)?|kat(ten)?|paard(en)?|dier(en)?"
    r"|p(ies|sy)|kot(y)?|kon(ie)?|zwierz|bydlo|hund(ar|ur)?|hest|katt)(e?name|steuer|halter|pass)?\b"
)
"""Of whom a table tells that has no religion and no nationality."""
PARTY: Final = re.compile(
    r"[a-z]*(nehmer(in)?|inhaber(in)?|halter(in)?|besitzer(in)?|eigentuemer(in)?|kaeufer(in)?"
    r"|mieter(in)?|paechter(in)?|bezieher|zahler|schuldner|glaeubiger|kreditor|debitor|crediteur|debiteur|acreedor|deudor|kunde|holder|owner|buyer"
    r"|payer|customer|tenant|debtor|creditor|subscriber|lessee|houder|eigenaar|huurder|koper"
    r"|titulaire|proprietaire|locataire|acheteur|abonne|titular|propietario|proprietario"
    r"|inquilino|arrendatario|comprador|titolare|intestatario|acquirente|innehavare|eier|indehaver"
    r"|wlasciciel|najemca|nabywca|majitel|drzitel|najemce|berechtigter?|pflichtiger?)"
)
"""Who is a party to a contract: the row is about them, and they live somewhere."""
"""Names of who does something, by their endings, and those of firms and things that end alike."""
