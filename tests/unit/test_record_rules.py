"""Rows that are no records: totals, subtotals, repeated headers, left out of what is drafted."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml

from first_light.dbt.manifest import Node
from first_light.inference import Drafts, draft_tables
from first_light.ingest import land, tables_in
from first_light.monitors.sources import newest
from first_light.privacy.rows import UNKNOWN, Rows
from first_light.project.source_table import SourceTable

ROWS = "".join(f"{n},r{n % 3},2024-01-0{n},{n}.50,{n * 2}\n" for n in range(1, 8))
HEADER = "id,region,day,amount,qty\n"
AMOUNT, QTY = sum(range(1, 8)) + 3.5, 2 * sum(range(1, 8))


def nobody(name: str, values: object, table: str = "", rows: Rows = UNKNOWN) -> str | None:
    """Finds no column personal."""
    return None


def drafted(folder: Path, raw: Path, **files: str) -> tuple[SourceTable, Drafts]:
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    (table,) = land(folder, raw)
    return table, draft_tables([table], (), raw, "team", nobody)


def staged(table: SourceTable, drafts: Drafts, raw: Path) -> duckdb.DuckDBPyRelation:
    """The staging model over the files of raw, as they are now."""
    template = jinja2.Template(drafts.files[f"models/staging/stg_{table.name}.sql"])
    return duckdb.sql(template.render(source=lambda *_: table.relation(raw)))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROWS + f"Total,,,{AMOUNT},{QTY}\n",
        HEADER + ROWS + f",Totals:,,{AMOUNT},{QTY}\n",
        HEADER + ROWS + f"TOTAL GENERAL,,,{AMOUNT},\n",
        HEADER + ROWS + f"Итого,,,{AMOUNT},{QTY}\n",
        HEADER + ROWS + f"合计,,,{AMOUNT},{QTY}\n",
        HEADER + ROWS + f"— Somme —,,,{AMOUNT},{QTY}\n",
        HEADER + ROWS + f"Общий итог,,,{AMOUNT},{QTY}\n",
        HEADER + ROWS + f",,,{AMOUNT},{QTY}\n",
        HEADER + ROWS[:46] + "r0 total,,,9,4\n" + ROWS[46:] + f"Grand total,,,{AMOUNT},{QTY}\n",
        HEADER + ROWS[:23] + "Subtotal,,,1.50,2\n" + ROWS[23:] + f"Sum,,,{AMOUNT},{QTY}\n",
        HEADER + ROWS[:23] + HEADER + ROWS[23:],
        HEADER + ROWS[:23] + HEADER.title().replace("_", " ") + ROWS[23:],
        HEADER + ROWS[:23] + HEADER.upper() + ROWS[23:] + HEADER,
        HEADER + ROWS[:23] + HEADER + ROWS[23:] + f"Gesamt,,,{AMOUNT},{QTY}\n",
        (HEADER + ROWS + f"Summe,,,{AMOUNT},{QTY}\n").replace(",", ";").replace(".50", ",50"),
    ],
)
def test_what_is_no_record_is_not_counted(content: str, files: Path, raw: Path) -> None:
    table, drafts = drafted(files, raw, t=content)
    query = "select count(*), sum(amount), sum(qty) from model"
    model = staged(table, drafts, raw)
    assert [float(v) for v in model.query("model", query).fetchall()[0]] == [7, AMOUNT, QTY]
    notes = [doubt.why for doubt in drafts.tables[0].undecided]
    assert any("left out" in note for note in notes)
    assert drafts.tables[0].rows == 7
    assert not any("kept as text" in note for note in notes)


def test_a_total_is_proven_by_its_sum_where_no_cell_is_empty(files: Path, raw: Path) -> None:
    table, drafts = drafted(files, raw, t="region,n\nnorth,1\nsouth,2\neast,4\nTotal,7\n")
    assert staged(table, drafts, raw).sum("n").fetchall() == [(7,)]


@pytest.mark.parametrize(
    ("content", "rows", "is_open"),
    [
        ("region,n\nnorth,1\nsouth,2\neast,4\nTotal,9\n", 4, True),
        ("id,shop,n\n1,Total Wine,5\n2,Ann,7\n3,Bob,8\n4,Cy,1\n5,Di,2\n", 5, False),
        ("id,shop,n\n1,Summer,5\n2,Ann,7\n3,Sum,8\n4,Cy,1\n5,Di,2\n", 5, True),
        ("id,shop,n\n1,Ann,5\n2,Ann,7\n,Bob,8\n4,Cy,1\n5,Di,2\n", 5, False),
        ("id,n\n1,5\n2,7\n3,8\n,21\n", 4, False),
    ],
)
def test_what_may_be_a_record_stays(
    content: str, rows: int, is_open: bool, files: Path, raw: Path
) -> None:
    table, drafts = drafted(files, raw, t=content)
    assert len(staged(table, drafts, raw).fetchall()) == rows
    doubts = [doubt.why for doubt in drafts.tables[0].undecided]
    assert any("kept as a record" in doubt for doubt in doubts) == is_open


def test_totals_of_a_later_and_of_a_gzipped_delivery_are_left_out(files: Path, raw: Path) -> None:
    total = f"Total,,,{AMOUNT},{QTY}\n"
    (files / "t_2024-01.csv.gz").write_bytes(gzip.compress((HEADER + ROWS + total).encode()))
    table, drafts = drafted(files, raw)
    later = raw / table.name / f"{table.name}_2024-02.csv"
    later.write_text(HEADER + ROWS + total.replace("Total", "Grand total:"), encoding="utf-8")
    assert staged(table, drafts, raw).sum("qty").fetchall() == [(2 * QTY,)]
    assert "row 8: left out" in drafts.tables[0].undecided[0].why
    assert any("like a total (Total)" in note for note in table.notes)


def test_the_newest_time_is_that_of_records(files: Path, raw: Path) -> None:
    rows = "".join(f"2024-01-0{n},r{n},{n}\n" for n in range(1, 8))
    table, drafts = drafted(files, raw, t=f"day,region,n\n{rows}Total,,28\n")
    source = yaml.safe_load(drafts.files[f"models/staging/raw_{table.name}.yml"])
    (config,) = [entry["config"] for entry in source["sources"][0]["tables"]]
    node = Node("source.p.raw.t", "source", "t", "", loaded_at=config["loaded_at_field"],
                meta=config["meta"])  # fmt: skip
    query = f"select {newest(node)} from {table.relation(raw)}"
    assert duckdb.sql(query).fetchall() == [(1704585600.0,)]
    assert config["freshness"]["filter"] == config["meta"]["records"]


def test_a_record_of_objects_with_one_field_is_drafted(files: Path, raw: Path) -> None:
    record = '{"id": 1, "user": {"a": 1}, "address": {"b": 2}}'
    (files / "one.json").write_text(record, encoding="utf-8")
    (table,) = land(files, raw)
    drafts = draft_tables([table], (), raw, "team", nobody)
    assert staged(table, drafts, raw).fetchall() == [(1, 1, 2)]


@pytest.mark.parametrize(
    ("end", "what"),
    [
        ("Source: our office,,,,\n", "notes"),
        ("Average,,,4.50,8\nMax,,,7.50,14\n", "totals"),
    ],
)
def test_notes_and_averages_are_left_out_by_rule(
    end: str, what: str, files: Path, raw: Path, tmp_path: Path
) -> None:
    table, drafts = drafted(files, raw, sales_1=HEADER + ROWS + end)
    assert any(f"of {what} in sales_1.csv" in d.why for d in drafts.tables[0].undecided)
    later = tmp_path / "later"
    later.mkdir()
    (later / "sales_2.csv").write_text(HEADER + "8,r2,2024-01-08,8.50,16\n9,,,,\n" + end)
    land(later, raw)
    rows = staged(table, drafts, raw).fetchall()
    assert sorted(row[0] for row in rows) == list(range(1, 10))


def test_people_with_the_name_of_a_summary_are_records(files: Path, raw: Path) -> None:
    people = "name,city,age\n" + "".join(f"P{n},Bonn,{n + 20}\n" for n in range(9))
    table, drafts = drafted(files, raw, people=people + "Max,Ulm,30\nMin,,31\n")
    assert len(staged(table, drafts, raw).fetchall()) == 11


def test_totals_are_found_beside_files_that_are_set_aside(files: Path, raw: Path) -> None:
    total = f"Total,,,{AMOUNT},{QTY}\n"
    (files / "sales_1.csv").write_text(HEADER + ROWS + total)
    (files / "sales_2.csv").write_text(HEADER + ROWS.replace(".50", ".25"))
    (table,) = land(files, raw, set_aside=["sales/sales_2.csv"])
    (table,) = tables_in(raw, ["sales/sales_2.csv"])
    drafts = draft_tables([table], (), raw, "team", nobody)
    assert any("1 row of totals in sales_1.csv" in d.why for d in drafts.tables[0].undecided)
    assert len(staged(table, drafts, raw).fetchall()) == 7


def test_totals_are_found_in_full_exports(files: Path, raw: Path) -> None:
    total = f"Total,,,{AMOUNT},{QTY}\n"
    for day in (1, 2, 3):
        changed = ROWS.replace("1.50", f"{day}.75")
        (files / f"sales_2024-02-0{day}.csv").write_text(HEADER + changed + total)
    (table,) = land(files, raw)
    drafts = draft_tables([table], (), raw, "team", nobody)
    assert "delivery_rank = 1" in drafts.files["models/staging/stg_sales.sql"]
    assert any("of totals" in d.why for d in drafts.tables[0].undecided)
    call = f"{table.read[:-1]}, filename=true)".replace("{raw}", str(raw))
    template = jinja2.Template(drafts.files["models/staging/stg_sales.sql"])
    rows = duckdb.sql(template.render(source=lambda *_: call)).fetchall()
    assert sorted(row[0] for row in rows) == list(range(1, 8))


def test_a_total_below_each_group_is_left_out(files: Path, raw: Path) -> None:
    groups = "".join(
        "".join(f"{town},s{n},{n * 10}\n" for n in range(3)) + f"Summe {town},,30\n"
        for town in ("Bonn", "Köln", "Ulm", "Gera")
    )
    table, drafts = drafted(files, raw, t=f"town,shop,amount\n{groups}Gesamt,,120\n")
    (row,) = staged(table, drafts, raw).sum("amount").fetchall()
    assert float(row[0]) == 120


def test_an_average_at_the_end_is_a_question(files: Path, raw: Path) -> None:
    rows = "".join(f"r{n},{n},{n * 2}\n" for n in range(1, 9))
    _, drafts = drafted(files, raw, t=f"region,a,b\n{rows}Mittelwert,4.5,9\n")
    whys = [doubt.why for doubt in drafts.tables[0].undecided]
    assert "1 row with 'Mittelwert' in region may sum up others: kept as a record" in whys
