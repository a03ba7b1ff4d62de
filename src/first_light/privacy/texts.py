"""Texts that people wrote about people: remarks, messages, and words of health."""

from __future__ import annotations

import re
from typing import Final

from first_light.privacy import hints, name_lists, people_names
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.column_facts import Column

# People in sentences: who they are, what they did; English, German, French, Spanish, Italian,
# Dutch and the languages of Scandinavia.
_PEOPLE: Final = words.words("""
    he she his her him mr mrs wife husband mother father mum mom dad son daughter brother sister
    parents child children kid neighbour neighbor grandma grandmother grandpa lady girlfriend
    boyfriend customer client patient guest tenant pupil student asked said told complained prefers
    herr frau mutter vater sohn tochter bruder schwester eltern kind kinder ehefrau ehemann oma opa
    nachbar nachbarin kunde kundin patientin mieter schueler angerufen rief bittet
    wuenscht beschwert
    madame monsieur epouse mari mere pere fils fille frere soeur parents enfant enfants voisin
    voisine cliente appele souhaite
    senora esposa esposo marido madre padre hijo hija hermano hermana padres nino nina abuela abuelo
    vecino vecina alumno alumna llama llamo recoge
    moglie marito madre figlio figlia fratello sorella genitori bambino bambina nonna nonno vicino
    ospite
    mevrouw meneer moeder vader zoon dochter broer zus ouders oma opa buurman buurvrouw klant gebeld
    mamma pappa dotter bror syster hustru hans hennes hun ham hendes datter kone ringde ringte
    zona maz matka ojciec syn corka dziecko klient klientka pacjent pacjentka
    esposa filho filha mae pai irmao irma avo vizinho paciente
""")
_NOTED: Final = re.compile(r"^\W?[0-9]{1,4}[-./][0-9]{1,2}([-./][0-9]{2,4})?\W? ?:? ?\S")
_PAIR: Final = re.compile(r"[A-ZÀ-ÖØ-Þ][^\W\d_]+ [A-ZÀ-ÖØ-Þ][^\W\d_]+")
# Parts of words of health that many languages share.
_HEALTH: Final = re.compile(
    r"asthm|diabet|epilep|allerg|alergi|depress|hypert|hipert|carcin|krebs|cancer|tumou?r|autis|adhs"
    r"|adhd|tdah|\btea\b|dyslex|dislex|legasthen|coelia|celia|zoeliak|zöliak|schwanger|pregnan"
    r"|embaraz|enceinte|gravid|pacemaker|schrittmacher|demen[zct]|alzheim|parkins|migr[aäe]n|insulin"
    r"|herz|heart|cardia|rheuma|arthr|thromb|infar[kc]t|an[aä]mi|hepat|nephr|\bhiv\b|\baids\b"
    r"|disab|behinder|handicap|discapac|wheelchair|rollstuhl|fauteuil|silla de ruedas|rolstoel"
    r"|rullstol|blind|deaf|h[öo]rger|intoleran|unvertr[aä]g|penicil|bronch|fra[kc]tur|syndrom"
    r"|\w{3,}(itis|iti|ite|opathie|opathy|opatia|ose|osis|emia|ämie)\b|vegan|halal|kosher|koscher"
    r"|schizo|bipolar|psych|sclero|sklero|migrain|medikament|medicat"
    r"|\w{2,}(pril|olol|statin|sartan|prazol|formin|cillin|floxacin|oxetin|pr[ae]m|z[eo]pam|tinib|mab"
    r"|gliptin|triptylin|profen|setron|triptan|dipin|gabalin|thyrox|tiroxin)[ae]?\b|sertralin"
    r"|salbutamol|ventolin|paracetamol|aspirin|warfarin|cortiso|predniso|tramadol|opio|morphin"
    r"|pollen|nut |nuts|nuss|lactos|laktos|gluten|copd|reanim|dialy|stroke|apople",
    re.IGNORECASE,
)
# Beginnings of words for religions, churches and origins that many languages share.
_BELIEFS: Final = re.compile(
    r"\b(cat(h)?oli|kat(h)?oli|protestan|evangel|luther|reform(ed|iert|e\b)|method|baptist|anglic"
    r"|orthodox|ortodo|pentecost|pfingst|quaker|presbyt|mormon|muslim|moslem|musulm|islam|sunni|shia"
    r"|jewish|j[uü]d|juif|jud[ií]o|judais|ebre|hindu|sikh|buddh|budis|boud+h|ba[h]?a|athe|agnost"
    r"|konfessionslos|bekenntnis|bezwyzn|bez wyzn|r(oe|ö)m\.?-?kath|r\.?k\.?\b|ev\.?\b"
    r"|(white|black|mixed|asian|any) (british|irish|african|caribbean|asian|other|background)"
    r"|afric|caribbean|hispanic|latin[oax]\b|caucasian|roma\b|gypsy|sinti|kurd|arab\b|pakistani"
    r"|bangladesh|inuit|sami\b)",
    re.IGNORECASE,
)
_PLACES, _LONGEST_PLACE = 0.5, 5  # of the different values; words
_FEW_TEXTS = 5  # different values
_MOST_BELIEFS = 40  # different values
_TOLD = 0.5  # of the different values
_MACHINE: Final = re.compile(r"Mozilla/|[{<\[]|https?://|/[\w/-]+$|Traceback|0x[0-9a-f]+")


def words_on_average(column: Column) -> float:
    return sum(len(value.split()) for value in column.values) / max(1, len(column.values))


def are_of_health(column: Column) -> bool:
    """Whether the values are short words of health; longer texts are remarks."""
    if words_on_average(column) > 6:
        return False
    return column.distinct_share(_HEALTH.search) >= 0.3 and len(column.distinct) >= 2


def are_of_beliefs(column: Column) -> bool:
    """Whether the values are religions or origins of people."""
    return (
        3 <= len(column.distinct) <= _MOST_BELIEFS
        and words_on_average(column) <= 4
        and column.distinct_share(_BELIEFS.search) >= _TOLD
    )


def are_free(column: Column) -> bool:
    """Whether the values are texts that somebody wrote, which may name people."""
    if column.name_contains(words.TECHNICAL) or column.share(_MACHINE.match) >= 0.3:
        return False
    if column.distinct_share(shapes.is_company) >= 0.2:
        return False
    if column.distinct_share(_is_place) >= _PLACES:
        return False
    average = words_on_average(column)
    # What patients complain of is a word or two.
    is_named = (column.rows.of_people and column.name_contains(words.FREE_TEXT)) or (
        _is_purpose(column)
    )
    if (
        average < (1.3 if is_named else 2)
        or len(column.distinct) < 2
        or column.share(shapes.is_street) >= 0.5
    ):
        return False
    if _is_purpose(column):
        return len(column.distinct) >= _FEW_TEXTS
    if column.hints(words.FREE_TEXT):
        least = 0.2 if column.is_of_goods else 0.0 if column.rows.of_people else 0.1
        return personal_share(column) >= least
    if column.is_of_goods or column.is_thing:
        return False
    if are_titles(column):
        return False
    sentences = column.distinct_share(lambda value: len(value.split()) >= 4)
    if sentences < 0.3 or len(column.distinct) < 5:
        return False
    return personal_share(column) >= (0.1 if column.rows.of_people else 0.25)


def _is_place(value: str) -> bool:
    """Whether it is the name of a building or another place."""
    return len(name_lists.parts(value)) <= _LONGEST_PLACE and people_names.is_place(value)


def _is_purpose(column: Column) -> bool:
    """Whether it says what a person pays for."""
    is_private = column.rows.of_payments and not column.rows.of_firms
    return is_private and not hints.PURPOSE.isdisjoint(column.tokens)


def are_titles(column: Column) -> bool:
    """Whether the values are titles and labels, Which Begin Most Words Like This; prose does not,
    not even in German.
    """
    long_words = [word for value in column.values for word in re.findall(r"[^\W\d_]{4,}", value)]
    return sum(map(str.istitle, long_words)) >= 0.7 * len(long_words) > 0


def personal_share(column: Column) -> float:
    """The share of the different values that speak of people."""
    return column.distinct_share(_is_personal)


def _is_personal(value: str) -> bool:
    return (
        not _PEOPLE.isdisjoint(name_lists.parts(value))
        or _NOTED.match(value) is not None
        or any(people_names.is_full_name(pair) for pair in _PAIR.findall(value))
    )
