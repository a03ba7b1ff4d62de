"""Words of columns and tables in many languages."""

from __future__ import annotations

from importlib.resources import files

import pytest

from first_light.privacy import hints, kinds, lexicon, vocabulary
from first_light.privacy.abbreviations import abbreviates
from first_light.privacy.detect import classify

NAMES = ["Ann Lee", "Bo Hansen", "Cleo Diaz", "Dan Novak", "Eva Rossi"]
PHONES = ["+49 171 2345678", "030 1234578", "0211 4567890", "+49 30 901820", "0171 998877"]
DATES = ["1961-03-04", "1984-11-30", "1975-07-21", "1990-01-09", "1958-05-17"]


@pytest.mark.parametrize(
    ("names", "values", "kind"),
    [
        ("imię_i_nazwisko etternavn keresztnév sukunimi henkilön_nimi příjmení soyadı vārds",
         NAMES, kinds.PERSON),
        ("nr_telefonu telefonszám puhelinnumero tālrunis telefono_nr no_hp nomor_telepon",
         PHONES, kinds.PHONE),
        ("data_urodzenia fødselsdato syntymäaika datum_narození születési_dátum tanggal_lahir",
         DATES, kinds.BIRTH_DATE),
        ("datum_rođenja ngày_sinh fæðingardagur", DATES, kinds.BIRTH_DATE),
        ("Số_điện_thoại so_dien_thoai", PHONES, kinds.PHONE),
    ],
)  # fmt: skip
def test_words_of_many_languages(names: str, values: list[str], kind: str) -> None:
    for name in names.split():
        assert classify(name, values, "t") == kind, name


def test_tables_of_people_in_many_languages() -> None:
    for table in ("uczniowie", "potilaat", "ansatte", "musteriler", "darbinieki", "pelanggan"):
        assert classify("name", NAMES, table) == kinds.PERSON, table
    assert classify("name", ["Nord", "South Gate", "B 12", "Harbour"], "magazyny") is None


def test_both_spellings_without_accents_are_words() -> None:
    assert lexicon.folded("ärztin_für") == {"aerztinfuer", "arztinfur"}
    assert lexicon.folded("fødselsår soyadı") == {
        "foedselsar", "fodselsar", "soyadi"
    }  # fmt: skip


def test_nothing_is_short_for_a_listed_word() -> None:
    listed = lexicon.listed(vocabulary.PERSON)
    assert "keresztnev" in listed | vocabulary.PERSON
    only_listed = next(word for word in sorted(listed) if len(word) > 8)
    assert not abbreviates(only_listed[:-2], vocabulary.PERSON)


def test_together_vocabularies_have_the_words_of_both() -> None:
    both = lexicon.listed(vocabulary.PERSON | vocabulary.ROLE)
    assert lexicon.listed(vocabulary.PERSON) - vocabulary.ROLE <= both
    assert lexicon.listed(vocabulary.ROLE) - vocabulary.PERSON <= both
    assert lexicon.listed(frozenset({"unknown"})) == frozenset()


def test_the_lists_are_in_order() -> None:
    """Every line names a kind, and no list has a word that says nothing about people."""
    generic = vocabulary.ABOUT | vocabulary.STATISTIC | vocabulary.TECHNICAL
    languages = sorted(
        (file for file in files("first_light.privacy").joinpath("languages").iterdir()),
        key=lambda file: file.name,
    )
    assert len(languages) >= 40
    for file in languages:
        title, *lines = file.read_text(encoding="utf-8").splitlines()
        assert title.startswith("# "), file.name
        for line in lines:
            kind, _, written = line.partition(":")
            assert kind in lexicon.KINDS, (file.name, kind)
            words = written.split()
            assert len(words) == len(set(words)), (file.name, kind)
            if kind not in {"organisation", "given_or_any_name"}:
                wrong = lexicon.folded(written) & (generic - vocabulary.BIRTH - hints.FLAGS)
                assert not wrong, (file.name, kind)
