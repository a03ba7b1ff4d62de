"""Detect what is measured or counted of somebody's body and conduct, in numbers.

A heart rate is always of somebody. A weight or a temperature is of a parcel or a machine as well:
it needs a table of people, or a measure beside it that only bodies have. Each measure has a range
of values: an average of 9000 is no heart rate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from first_light.privacy.column_values import share

_Ranges = tuple[tuple[float, float], ...]
_BODIES, _PATIENTS, _BESIDE = "of bodies only", "of patients and foods", "of things as well"
_LIKELY = 0.9  # of the values


@dataclass(frozen=True)
class Measure:
    """Something that is measured of bodies.

    Attributes:
        stem: what a name of it has in it, its words joined by spaces.
        ranges: from and to, for each unit.
        has: what else has such a measure.
    """

    stem: re.Pattern[str]
    ranges: _Ranges
    has: str = _BODIES


def _measure(stem: str, *ranges: tuple[float, float], has: str = _BODIES) -> Measure:
    return Measure(re.compile(stem), ranges, has)


_BLOOD_PRESSURE: Final = (40.0, 260.0), (4.0, 26.0)  # millimetres of mercury; centimetres, kPa
_RATE: Final = (25.0, 230.0)
_WEIGHT: Final = (2.0, 320.0), (2000.0, 250000.0)  # kilograms or pounds; grams
_HEIGHT: Final = (30.0, 230.0), (0.3, 2.3)  # centimetres or inches; metres
_TEMPERATURE: Final = (33.0, 43.0), (91.0, 109.0)
_SUGAR: Final = (30.0, 700.0), (0.4, 40.0)
_COUNT: Final = (0.0, 366.0)
_MEASURES: Final = (
    _measure(
        r"systol|diastol|blood ?pres|\bbp (sys|dia|high|low|max|min)|blutdruck|bloeddruk"
        r"|blodtry[ck]"
        r"|press?ao arterial|presion arterial|tension arterielle|pression arteriell?[ea]"
        r"|pressione art"
        r"|verenpain|cisnienie (krwi|tetnicze)|krevni tlak|verny ?nomas|tansiyon",
        *_BLOOD_PRESSURE,
    ),
    _measure(
        r"heart ?rate|heart ?beats|pulse ?(rate|bpm)|resting (hr|pulse)|\bhr ?bpm|\b(max|avg"
        r"|mean) bpm"
        r"|herzfreq|herzrate|ruhepuls|hartslag|hjerterytme|hjartfrekv|puls(slag)?frek|freq\w* card"
        r"|frecuencia card|frequenc[ei]\w* card|battit?[oi] card|\bsyke\b|nabiz|tetno|sydansyke",
        _RATE,
    ),
    _measure(
        r"breath(ing)? rate|respirat\w* rate|\bresp rate|atemfreq|frecuencia resp|freq\w* resp"
        r"|ademhaling|andningsfrek",
        (4.0, 60.0),
    ),
    _measure(
        r"\bspo\b|\bsp o$|sp o sat|\bsao\b|\bsat o\b|\bo sat\b|(blood|blut) ?(oxygen|sauerstoff)"
        r"|o saturation",
        (50.0, 100.0),
        (0.5, 1.0),
    ),
    _measure(r"\bbmi\b|body ?mass|\bimc\b", (10.0, 70.0)),
    _measure(
        r"body ?(weight|wt)|koerpergew|lichaamsgew|\bpeso corp|poids corp|kroppsv|birth ?weight"
        r"|geburtsgew|masa ciala",
        *_WEIGHT,
    ),
    _measure(
        r"body ?(height|length)|koerpergroe|lichaamsleng|statura|kroppsl|masat boy", *_HEIGHT
    ),
    _measure(r"body ?temp|koerpertemp|fieber|temperatura corp|temp corp|kroppstemp", *_TEMPERATURE),
    _measure(r"body ?fat|koerperfett|grasa corp|masse grasse|muscle ?mass", (2.0, 100.0)),
    _measure(r"\bvo ?2? ?max|vo2max", (8.0, 95.0)),
    _measure(
        r"blood ?(sugar|glucose)|blutzucker|bloedsuiker|blodsukk?er|hba|\ba1c", *_SUGAR
    ),
    _measure(r"gly[ck]a?emi|glicemi|glucemi|glukos", *_SUGAR, has=_PATIENTS),
    _measure(
        r"glucose|cholest|koleste|colest|\b[hl]dl\b|triglyc|h(a?e)moglob|\bhgb\b|creatin|kreatin"
        r"|ferritin|platelet|thrombo[cz]yt|leu[ck]o[cz]yt|\b[wr]bc\b|\btsh\b|\bcrp\b|bilirub"
        r"|\begfr\b"
        r"|potassium|\bsodium|\bpsa\b|viral load|h(a?e)matocr",
        (0.0, 2000.0),
        has=_PATIENTS,
    ),
    _measure(
        r"pain (score|level|scale)|schmerzskala|glasgow|\bgcs\b|sleep (hours|minutes|score)"
        r"|hours (slept|of sleep)|schlafdauer|drinks per|cigarettes|pack years|alcohol units"
        r"|gestation|\bssw\b|weeks pregnant|pregnanc|schwangersch|embaraz|gravida\b"
        r"|convictions|offences?\b|offenses?\b|vorstrafen|arrests\b|(sick|illness) ?(days|leave)"
        r"|krank(heits)?tage|fehltage krank|dias baja|jours maladie|ziektedagen",
        _COUNT,
        has=_PATIENTS,
    ),
    _measure(
        r"\bhb\b|\bpth\b|\bkt ?v\b|\bferrit|\bphosph|\bfosf|\bcalci"
        r"|\bkalium|\bnatrium|\balbumin|\bazotemi|\binr\b",
        (0.0, 3000.0),
        has=_PATIENTS,
    ),
    _measure(r"\b(pa|rr) (max|min|sys|dia|sist)|\bta (max|min)", *_BLOOD_PRESSURE, has=_PATIENTS),
    _measure(r"^(k|na|ca|p|mg|cl|fe)$", (0.0, 400.0), has=_BESIDE),
    _measure(r"urine (output|volume)", (0.0, 9000.0), has=_PATIENTS),
    _measure(r"\bsbp\b|\bdbp\b|\bmap\b|tension|cisnien|pressione (max|min)", *_BLOOD_PRESSURE,
             has=_BESIDE),
    _measure(r"\bhr\b|puls[eo]?\b|\bpouls\b|batt?it[oi]|\bbpm\b|hartsl", _RATE, has=_BESIDE),
    _measure(r"\brr\b", (4.0, 60.0), has=_BESIDE),
    _measure(r"saturation|saturac|saettig", (50.0, 100.0), has=_BESIDE),
    _measure(r"\btemp(eratur\w*)?\b|\blampotila", *_TEMPERATURE, has=_BESIDE),
    _measure(
        r"weight|gewicht|\bpeso\b|\bpoids\b|\bvikt\b|\bvaegt\b|\bvekt\b|\bwaga\b|\bpaino\b"
        r"|\bkilo\b",
        *_WEIGHT,
        has=_BESIDE,
    ),
    _measure(
        r"height|groesse|lengte|\btalla\b|\btaille\b|altura|altezza|\blaengd\b|\blangd\b|hoe?jde"
        r"|hoeyde|wzrost|\bpituus|waist|\bhip\b|chest|bauchumfang|taillenumfang",
        *_HEIGHT,
        has=_BESIDE,
    ),
)  # fmt: skip
_PRESSURES: Final = re.compile(r"([0-9]{1,3}) ?/ ?([0-9]{1,3})")
_NUMBER: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]+)?")
_STATISTIC: Final = re.compile(r"\b(total|sum|count|limit|budget|capacity|id|code|unit)\b")


def is_body_measure(
    name: Sequence[str], values: Collection[str], *, of_bodies: bool = False, of_persons: bool
) -> bool:
    """Whether a column measures or counts something of somebody's body or conduct.

    Args:
        name: the words of the column's name.
        values: its values.
        of_bodies: whether its table measures bodies, as another column shows.
        of_persons: whether its rows are people, or name one by an id.
    """
    measure = _measure_of(name, values)
    if measure is None:
        return False
    return measure.has == _BODIES or of_bodies or (measure.has == _PATIENTS and of_persons)


def _measure_of(name: Sequence[str], values: Collection[str]) -> Measure | None:
    joined = " ".join(name)
    if not values or _STATISTIC.search(joined):
        return None
    return next(
        (m for m in _MEASURES if m.stem.search(joined) and _are_within(values, m.ranges)), None
    )


def _are_within(values: Collection[str], ranges: _Ranges) -> bool:
    """Whether nearly all values are in the range of one unit."""
    return any(share(values, partial(_is_within, unit=unit)) >= _LIKELY for unit in ranges)


def _is_within(value: str, *, unit: tuple[float, float]) -> bool:
    if both := _PRESSURES.fullmatch(value):  # 120/80
        return unit[0] <= float(both[2]) < float(both[1]) <= unit[1]
    if _NUMBER.fullmatch(value) is None:
        return False
    return unit[0] <= float(value.replace(",", ".")) <= unit[1]
