"""Deliveries: what counts once, what makes one table, what is empty, what JSON wraps."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import openpyxl  # type: ignore[import-untyped]
import pytest

import landing_files as make
from first_light.ingest import json_types, land, naming, table_in
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError


def rows(table: SourceTable, raw: Path) -> list[tuple[object, ...]]:
    return duckdb.sql(f"from {table.relation(raw)}").fetchall()


def only_json(content: object, inbox: Path, raw: Path, name: str = "orders.json") -> SourceTable:
    make.put(inbox, {name: content if isinstance(content, str) else json.dumps(content)})
    (table,) = land(inbox / name, raw)
    return table


# --- identical bytes count once -------------------------------------------------------------------


@pytest.mark.parametrize(
    "copy",
    ["report (1).csv", "report - Copy.csv", "Copy of report.csv", "report copy (2).csv",
     "report - Kopie.csv", "report_2.csv", "report_final.csv", "report_old.csv",
     "report (conflicted copy of Ann 2024-01-01).csv"],
)  # fmt: skip
def test_a_copy_counts_once(copy: str, inbox: Path, raw: Path) -> None:
    make.put(inbox, {"report.csv": "id,v\n1,2\n3,4\n", copy: "id,v\n1,2\n3,4\n"})
    (table,) = land(inbox, raw)
    assert len(rows(table, raw)) == 2
    assert f"{copy} holds the same bytes as report.csv: counted once." in table.notes


def test_a_copy_that_is_gzipped_counts_once(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"report.csv": "id,v\n1,2\n3,4\n"})
    packed = gzip.compress((inbox / "report.csv").read_bytes())
    (inbox / "report.csv.gz").write_bytes(packed)
    (table,) = land(inbox, raw)
    assert len(rows(table, raw)) == 2
    assert "report.csv.gz holds the same bytes as report.csv: counted once." in table.notes
    # Another time of day in the header of the archive changes none of the rows.
    (inbox / "report.csv.gz").write_bytes(gzip.compress(gzip.decompress(packed), mtime=1))
    assert land(inbox / "report.csv.gz", raw)[0].added == ()
    (inbox / "report.csv.gz").write_bytes(gzip.compress(b"id,v\n1,2\n3,5\n"))
    assert len(rows(land(inbox / "report.csv.gz", raw)[0], raw)) == 4


def test_a_copy_that_comes_later_counts_once(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"report.csv": "id,v\n1,2\n", "report (1).csv": "id,v\n1,2\n"})
    land(inbox / "report.csv", raw)
    (table,) = land(inbox / "report (1).csv", raw)
    assert rows(table, raw) == [("1", "2")]
    assert "counted once" in " ".join(table.notes)


def test_a_copy_under_another_name_is_reported(inbox: Path, raw: Path) -> None:
    for name in ("customers", "clients", "plans"):
        rows = "id,city\n1,Ghent\n2,Bern\n" if name != "plans" else "id,plan\n1,free\n2,paid\n"
        (inbox / f"{name}.csv").write_text(rows)
    tables = {table.name: table for table in land(inbox, raw)}
    assert set(tables) == {"clients", "customers", "plans"}
    (note,) = [note for table in tables.values() for note in table.notes]
    assert note.startswith("customers.csv holds the same bytes as a file of table clients: ")
    late = inbox.parent / "guests.csv"
    late.write_text((inbox / "plans.csv").read_text())
    (table,) = land(late, raw)
    assert "the same bytes as a file of table plans" in " ".join(table.notes)


def test_two_tables_may_hold_the_same_bytes(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"cities.csv": "id,v\n1,2\n", "towns.csv": "id,v\n1,2\n"})
    assert [table.name for table in land(inbox, raw)] == ["cities", "towns"]


def takings(changed: int = 0) -> str:
    days = [f"2024-01-{day:02d},north,{day if day != changed else 100}.5" for day in range(1, 32)]
    return "\n".join(["day,region,amount", *days]) + "\n"


@pytest.mark.parametrize("name", ["takings_2024-01_2.csv", "takings_2024-01.csv"])
def test_a_corrected_delivery_does_not_count_beside_the_first(
    name: str, tmp_path: Path, inbox: Path, raw: Path
) -> None:
    make.put(inbox, {"takings_2024-01.csv": takings()})
    land(inbox, raw)
    make.put(tmp_path / "later", {name: takings(changed=7)})
    with pytest.raises(DataopsError, match="repeats 30 of 31 lines") as caught:
        land(tmp_path / "later", raw)
    wrong, corrected = "takings/takings_2024-01.csv", tmp_path / "later" / name
    assert f"dataops set-aside {wrong} --replace-with {corrected}" in caught.value.fix
    (table,) = land(corrected, raw, set_aside=[wrong], replaces=wrong)
    assert [path.name for path in table.files] == ["takings_2024-01_2.csv"]
    assert len(rows(table, raw)) == 31
    assert (raw / wrong).is_file()
    assert len(rows(table_in(raw, "takings", [wrong]), raw)) == 31
    assert len(rows(table_in(raw, "takings"), raw)) == 62

    # Who delivers the wrong file again brings nothing back.
    (table,) = land(inbox, raw, set_aside=[wrong])
    assert len(rows(table, raw)) == 31
    assert "which is set aside, and is not read" in " ".join(table.notes)


def test_a_correction_beside_its_first_version_names_what_can_be_done(
    inbox: Path, raw: Path
) -> None:
    make.put(inbox, {"t_2024-01.csv": takings(), "t_2024-01_2.csv": takings(3)})
    with pytest.raises(DataopsError, match="looks like a correction") as error:
        land(inbox, raw)
    assert "set-aside" not in str(error.value)  # raw has nothing yet that could be set aside
    assert "leave out the one that is out of date" in str(error.value)


def test_a_name_that_is_taken_names_the_command(tmp_path: Path, inbox: Path, raw: Path) -> None:
    make.put(inbox, {"takings.csv": "day,amount\n1,2\n"})
    land(inbox, raw)
    make.put(tmp_path / "later", {"takings.csv": "day,amount\n1,3\n"})
    with pytest.raises(DataopsError, match="already in raw with different content") as caught:
        land(tmp_path / "later", raw)
    assert "uv run dataops set-aside takings/takings.csv --replace-with" in caught.value.fix


def test_a_second_delivery_of_other_rows_joins_its_table(inbox: Path, raw: Path) -> None:
    other = takings().replace("north", "south")
    make.put(inbox, {"takings_2024-01.csv": takings(), "takings_2024-01_2.csv": other})
    assert len(rows(land(inbox, raw)[0], raw)) == 62


# --- months and periods make one table ------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "table"),
    [
        (["orders_jan.csv", "orders_feb.csv"], "orders"),
        (["January orders.csv", "February orders.csv"], "orders"),
        (["umsatz_maerz.csv", "umsatz_dez.csv"], "umsatz"),
        (["ventes-février.csv", "ventes-août.csv"], "ventes"),
        (["orders/jan.csv", "orders/feb.csv"], "orders"),
        (["sales_Q1.csv", "sales_Q2.csv"], "sales"),
        (["H1 sales.csv", "H2 sales.csv"], "sales"),
        (["visits_jan24.csv", "visits_feb24.csv"], "visits"),
        (["visits_FY23.csv", "visits_FY24.csv"], "visits"),
        (["visits_Monday.csv", "visits_Tuesday.csv"], "visits"),
        (["2024-01/orders.csv", "2024-02/orders.csv"], "orders"),
        (["2024/01/orders.csv", "2024/02/orders.csv"], "orders"),
        (["2023/orders.csv", "2024/orders.csv"], "orders"),
        (["2024/jan/orders.csv", "2024/feb/orders.csv"], "orders"),
        (["Jan/orders.csv", "Feb/orders.csv"], "orders"),
        (["orders/2024-01/01.csv", "orders/2024-01/02.csv"], "orders"),
    ],
)
def test_periods_make_one_table(files: list[str], table: str, inbox: Path, raw: Path) -> None:
    for number, name in enumerate(files):
        make.put(inbox, {name: f"id,n\n{number},x\n"})
    (landed,) = land(inbox, raw)
    assert (landed.name, len(landed.files), len(rows(landed, raw))) == (table, 2, 2)
    assert land(inbox, raw) == (landed,)


def test_a_month_with_other_columns_is_another_table(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"orders_jan.csv": "a,b\n1,2\n", "orders_feb.csv": "c,d\n1,2\n"})
    assert [table.name for table in land(inbox, raw)] == ["orders_feb", "orders_jan"]


def test_the_next_month_joins_its_table(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"orders_jan.csv": "a,b\n1,2\n", "orders_feb.csv": "a,b\n3,4\n"})
    land(inbox, raw)
    make.put(inbox, {"orders_mar.csv": "a,b\n5,6\n"})
    (table,) = land(inbox / "orders_mar.csv", raw)
    assert (table.name, len(rows(table, raw))) == ("orders", 3)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("orders_jan.csv", "orders_feb.csv"),
        ("orders_1.csv", "orders_2.csv"),
        ("orders_Q1.csv", "orders_Q2.csv"),
        ("Januar/orders.csv", "Februar/orders.csv"),
    ],
)
def test_a_later_part_joins_the_table_of_the_first(
    first: str, later: str, tmp_path: Path, raw: Path
) -> None:
    (table,) = land(make.put(tmp_path / "in1", {first: "a,b\n1,2\n"}), raw)
    (joined,) = land(make.put(tmp_path / "in2", {later: "a,b\n3,4\n"}), raw)
    assert (joined.name, len(rows(joined, raw))) == (table.name, 2)
    assert f"a part of the table {table.name}" in " ".join(joined.notes)
    (other,) = land(make.put(tmp_path / "in3", {later: "x,y\n3,4\n"}), raw)
    assert other.name != table.name


@pytest.mark.parametrize("at_once", [True, False])
def test_a_delivery_without_header_is_rejected_with_the_header(
    at_once: bool, tmp_path: Path, raw: Path
) -> None:
    first = {"orders_2024-01.csv": "id,day\n1,2024-01-01\n2,2024-01-02\n"}
    later = {"orders_2024-02.csv": "3,2024-02-01\n4,2024-02-02\n"}
    inbox = make.put(tmp_path / "in", {**later, **first} if at_once else later)
    if not at_once:
        land(make.put(tmp_path / "in1", first), raw)
    with pytest.raises(DataopsError, match="has no header line") as error:
        land(inbox, raw)
    assert str(error.value).rstrip().endswith("repeat the command: id,day")
    make.put(tmp_path / "in", {"orders_2024-02.csv": "id,day\n3,2024-02-01\n4,2024-02-02\n"})
    (table,) = land(inbox, raw)
    assert len(rows(table, raw)) == 4


def test_a_header_that_raw_lacks_is_to_be_taken_out(tmp_path: Path, raw: Path) -> None:
    land(make.put(tmp_path / "in1", {"o_2024-01.csv": "3,2024-02-01\n4,2024-02-02\n"}), raw)
    with pytest.raises(DataopsError, match="has no header line, unlike") as error:
        land(make.put(tmp_path / "in2", {"o_2024-02.csv": "id,day\n5,2024-03-01\n"}), raw)
    assert "take the header line out of o_2024-02.csv" in str(error.value)


def test_a_file_is_named_as_its_columns_are(tmp_path: Path, raw: Path) -> None:
    (table,) = land(make.put(tmp_path / "in1", {"MwSt.csv": "a,b\n1,2\n"}), raw)
    assert table.name == "mwst"
    make.put(raw, {"us_t/USt_1.csv": "x,y\n1,2\n"})
    (table,) = land(make.put(tmp_path / "in2", {"USt.csv": "x,y\n3,4\n"}), raw)
    assert (table.name, len(rows(table, raw))) == ("us_t", 2)


def test_columns_that_come_or_go_are_said(tmp_path: Path, raw: Path) -> None:
    land(make.put(tmp_path / "in1", {"orders_2024-01.csv": "id,v\n1,2\n"}), raw)
    (table,) = land(make.put(tmp_path / "in2", {"orders_2024-02.csv": "id,w\n1,2\n"}), raw)
    assert {
        "orders_2024-02.csv: new columns that no model reads yet: w.",
        "orders_2024-02.csv: without v, empty in these rows.",
    } <= set(table.notes)


def test_month_sheets_make_one_table(inbox: Path, raw: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Jan"
    book.create_sheet("Feb")
    for at, sheet in enumerate(book.worksheets):
        sheet.append(["id", "amount"])
        sheet.append([at, 1.5])
    book.save(inbox / "sales.xlsx")
    (table,) = land(inbox / "sales.xlsx", raw)
    assert (table.name, rows(table, raw)) == ("sales", [("1", "1.5"), ("0", "1.5")])


def test_a_word_that_is_a_month_stays_a_name() -> None:
    assert naming.without_month("orders_mars") == ("orders", 3)
    assert naming.without_month("orders_summary") == ("orders_summary", 0)
    assert not naming.is_period("..")


# --- leftovers and empty deliveries ---------------------------------------------------------------


def test_leftovers_of_programs_are_skipped(inbox: Path, raw: Path) -> None:
    leftovers = ("~$orders.xlsx", "Thumbs.db", "desktop.ini", "orders.csv.crdownload", "a.csv~")
    make.put(inbox, {"orders.csv": "a,b\n1,2\n", **dict.fromkeys(leftovers, b"\x05user")})
    (table,) = land(inbox, raw)
    for name in leftovers:
        assert f"{name} was skipped" in " ".join(table.notes)
    with pytest.raises(DataopsError, match="lock file"):
        land(inbox / "~$orders.xlsx", raw)


def test_an_empty_array_is_an_empty_delivery(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"items_2024-01-01.json": "[ ]"})
    with pytest.raises(DataopsError, match="This delivery is empty"):
        land(inbox, raw)
    assert not raw.exists()
    make.put(inbox, {"items_2024-01-02.json": '[{"id": 1}]'})
    (table,) = land(inbox, raw)
    assert (len(table.files), rows(table, raw)) == (2, [("1",)])
    assert "items_2024-01-01.json: an empty delivery, without a record." in table.notes
    make.put(inbox, {"items_2024-01-03.json": "[]"})
    (table,) = land(inbox / "items_2024-01-03.json", raw)
    assert (len(table.files), rows(table, raw)) == (3, [("1",)])


# --- JSON is read as it is written ----------------------------------------------------------------


GUID = "0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"


def test_json_values_are_read_as_text(inbox: Path, raw: Path) -> None:
    records = [
        {"id": 1, "day": "03-01-21", "title": "Film 1", "guid": f"A{GUID}"},
        {"id": -2, "day": "18-03-2021", "title": 1907, "guid": f"b{GUID}"},
    ]
    table = only_json(records, inbox, raw)
    assert rows(table, raw) == [tuple(str(value) for value in r.values()) for r in records]
    assert "Values of several kinds, read as text: title." in table.notes


def test_a_rare_value_of_another_kind_far_down(inbox: Path, raw: Path) -> None:
    records: list[dict[str, object]] = [{"title": f"Film {n}"} for n in range(30_000)]
    records.append({"title": 1907})
    assert rows(only_json(records, inbox, raw), raw)[-1] == ("1907",)


def test_nested_values_are_read_as_text() -> None:
    kind = 'STRUCT(a BIGINT, "b, (c" STRUCT(d DATE, e BIGINT[]), f JSON)'
    assert json_types.as_text(kind) == (
        'STRUCT(a VARCHAR, "b, (c" STRUCT(d VARCHAR, e JSON), f VARCHAR)'
    )
    assert json_types.as_text("STRUCT(d DATE, u UUID)[]") == "JSON"
    assert json_types.as_text("TIMESTAMP") == "VARCHAR"


def test_numbers_in_lists_keep_their_digits(inbox: Path, raw: Path) -> None:
    values = [9007199254740993, 1.5, 12345678901234567890123]
    table = only_json([{"id": 1, "values": values, "lines": [{"q": 1.5}, {"q": 2}]}], inbox, raw)
    assert rows(table, raw) == [
        ("1", "[9007199254740993,1.5,12345678901234567890123]", '[{"q":1.5},{"q":2}]')
    ]


def test_keys_that_differ_in_capitals_are_rejected(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.json": '[{"id": 1, "Name": "a", "name": "b"}]'})
    with pytest.raises(DataopsError, match="keys that differ only in capitals") as raised:
        land(inbox, raw)
    assert "name" in raised.value.message
    make.put(inbox, {"a.json": '[{"id": 1, "line": "a", "line_1": "b"}]'})
    assert rows(land(inbox, raw)[0], raw) == [("1", "a", "b")]


FEATURES = [
    {"type": "Feature", "id": at, "properties": {"name": f"P{at}"},
     "geometry": {"type": "Point", "coordinates": [at, 1.5]}}
    for at in range(3)
]  # fmt: skip


@pytest.mark.parametrize("name", ["places.geojsonl", "places.geojsons", "places.geojson-seq"])
def test_a_sequence_of_features_has_one_row_a_feature(name: str, inbox: Path, raw: Path) -> None:
    feature = {"type": "Feature", "geometry": None}
    records = (json.dumps({**feature, "properties": {"id": n}}) for n in range(3))
    table = only_json("".join(f"\x1e{record}\n" for record in records), inbox, raw, name)
    assert table.name == "places"
    assert len(rows(table, raw)) == 3


def test_a_text_sequence_has_one_row_a_text(inbox: Path, raw: Path) -> None:
    table = only_json('\x1e{"id": 1,\n"v": 2}\n\x1e{"id": 2, "v": 3}\n', inbox, raw)
    assert rows(table, raw) == [("1", "2"), ("2", "3")]


def test_geojson_has_one_row_a_feature(inbox: Path, raw: Path) -> None:
    content = {"type": "FeatureCollection", "crs": {"name": "x"}, "features": FEATURES}
    table = only_json(content, inbox, raw, "places.geojson")
    assert rows(table, raw)[2] == ("P2", "2", {"type": "Point", "coordinates": "[2,1.5]"})
    assert "features of GeoJSON" in table.notes[0]


def test_topojson_has_one_row_an_object(inbox: Path, raw: Path) -> None:
    shape = {"type": "Polygon", "arcs": [[0]]}
    states = [{**shape, "id": at, "properties": {"label": f"s{at}"}} for at in range(3)]
    layers = {
        "states": {"type": "GeometryCollection", "geometries": states},
        "land": shape,
    }
    document = {"type": "Topology", "arcs": [[[1, 2], [3, 4]]], "objects": layers}
    table = only_json(document, inbox, raw, "us.json")
    assert rows(table, raw)[0] == ("0", "Polygon", "s0")
    assert any("objects of TopoJSON, without their shapes" in note for note in table.notes)
    layers["towns"] = {"type": "GeometryCollection", "geometries": [{"id": 7, "type": "Point"}]}
    make.put(inbox, {"eu.json": json.dumps(document)})
    assert [t.name for t in land(inbox / "eu.json", raw)] == ["eu_states", "eu_towns"]


@pytest.mark.parametrize(
    ("content", "count", "note"),
    [
        ({"data": [{"id": 1}, {"id": 2}]}, 2, "taken out of data"),
        ({"count": 2, "next": None, "results": [{"id": 1}, {"id": 2}]}, 2, "count, next"),
        ({"total": 1, "items": [{"id": 1}]}, 1, "taken out of items"),
        ({"shop": "x", "orders": [{"id": 1}, {"id": 2}]}, 2, "left out beside them: shop"),
        ({"status": "ok", "response": {"page": 1, "rows": [{"id": 1}]}}, 1, "response.rows"),
        ({"d": {"results": [{"id": 1}, {"id": 2}]}}, 2, "taken out of d.results"),
        (
            {"data": {"orders": {"edges": [{"node": {"id": 1}, "cursor": "a"}], "pageInfo": {}}}},
            1,
            "data.orders.edges.node, left out beside them: pageInfo",
        ),
        ({"data": [{"id": 1}, {"id": 2}], "errors": []}, 2, "left out beside them: errors"),
        ({"id": [1, 2], "v": [3, 4]}, 2, "written by column"),
        ({"id": {"0": 1, "1": 2}, "v": {"0": 3, "1": 4}}, 2, "written by column"),
        ({"columns": ["id", "v"], "data": [[1, 2], [3, 4]]}, 2, "named by columns"),
        (
            {"columns": ["id", "v"], "index": ["a", "b"], "data": [[1, 2], [3, 4]]},
            2,
            "left out beside them: index",
        ),
        ([["id", "v"], [1, 2], [3, 4]], 2, "named by the first row"),
        ({f"k{n}": {"v": n} for n in range(3)}, 3, "records by key"),
        ("\n".join(map(json.dumps, FEATURES)), 3, "features of GeoJSON"),
    ],
)
def test_an_envelope_is_unwrapped(
    content: object, count: int, note: str, inbox: Path, raw: Path
) -> None:
    table = only_json(content, inbox, raw)
    assert len(rows(table, raw)) == count
    assert note in " ".join(table.notes)


def test_each_list_of_a_document_is_a_table(tmp_path: Path, raw: Path) -> None:
    content = {"orders": [{"id": 1}, {"id": 2}], "customers": [{"id": 1}]}
    tables = land(make.put(tmp_path / "in1", {"shop_1.json": json.dumps(content)}), raw)
    assert [(t.name, len(rows(t, raw))) for t in tables] == [("customers", 1), ("orders", 2)]
    content = {"orders": [{"id": 3}], "customers": []}
    tables = land(make.put(tmp_path / "in2", {"shop_2.json": json.dumps(content)}), raw)
    assert [(t.name, len(rows(t, raw))) for t in tables] == [("customers", 1), ("orders", 3)]


def test_numbers_in_json_keep_all_their_digits(inbox: Path, raw: Path) -> None:
    numbers = ["0.1234567890123456789", "12345678901234567890.25", "1.5"]
    text = f'{{"0.12345678901234567890": "a: 0.12345678901234567890", "x": {numbers[0]}}}'
    lines = [text, *(f'{{"x":{number}}}' for number in numbers[1:])]
    table = only_json("[" + ",".join(lines) + "]", inbox, raw)
    assert [row[1] for row in rows(table, raw)] == numbers
    assert rows(table, raw)[0][0] == "a: 0.12345678901234567890"
    assert "2 numbers with more than 17 digits kept as text" in table.notes[0]


@pytest.mark.parametrize(
    "record",
    [{"id": 7, "items": [{"sku": "a"}]}, {"a": 1, "b": 2}, {"customer": "x", "lines": [{"n": 1}]}],
)
def test_a_record_with_a_list_is_no_envelope(record: object, inbox: Path, raw: Path) -> None:
    assert len(rows(only_json(record, inbox, raw, "one.json"), raw)) == 1


def test_lines_of_objects_are_no_envelope(inbox: Path, raw: Path) -> None:
    content = '{"data": [{"id": 1}]}\n{"data": [{"id": 2}]}\n'
    assert len(rows(only_json(content, inbox, raw), raw)) == 2


def test_an_empty_envelope_is_an_empty_delivery(inbox: Path, raw: Path) -> None:
    with pytest.raises(DataopsError, match="This delivery is empty"):
        only_json({"count": 0, "results": []}, inbox, raw)
