"""Landing: real, dirty files go in; raw holds what reads, or is as it was."""

from __future__ import annotations

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl  # type: ignore[import-untyped]
import pytest

import landing_files as make
from first_light.ingest import land, naming, table_in, tables_in
from first_light.ingest import move as moving
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError

Rows = list[tuple[object, ...]]


def read(table: SourceTable, root: Path) -> tuple[list[str], Rows]:
    relation = duckdb.sql(f"from {table.relation(root)}")
    return relation.columns, relation.fetchall()


def one(content: str | bytes, inbox: Path, raw: Path, name: str = "orders.csv") -> SourceTable:
    """Lands one file and returns its one table."""
    make.put(inbox, {name: content})
    (table,) = land(inbox / name, raw)
    return table


def rejection(path: Path, raw: Path) -> DataopsError:
    """The rejection of `path`; raw is as it was before."""
    was_there, before = raw.exists(), make.tree(raw)
    with pytest.raises(DataopsError) as caught:
        land(path, raw)
    assert make.tree(raw) == before
    assert raw.exists() == was_there
    assert caught.value.where
    assert caught.value.fix
    assert ".landing-" not in str(caught.value)
    return caught.value


# --- what CSV files look like ---------------------------------------------------------------------

LATE = "id,note\n" + "1,x\n" * 60_000  # beyond any sniffer's sample


@pytest.mark.parametrize(
    ("content", "columns", "last"),
    [
        pytest.param(
            "id;amount\n1;1,5\n2;2.000,25\n", "id amount", ("2", "2.000,25"), id="semicolon"
        ),
        pytest.param("id\tname\n1\tA, B\n", "id name", ("1", "A, B"), id="tab"),
        pytest.param("id|name\n1|x\n", "id name", ("1", "x"), id="pipe"),
        pytest.param(b"\xef\xbb\xbfid,name\n1,x\n", "id name", ("1", "x"), id="bom"),
        pytest.param(
            "id,name\n1,Müller\n".encode("latin-1"), "id name", ("1", "Müller"), id="latin"
        ),
        pytest.param("id,t\n1,“5 €”\n".encode("cp1252"), "id t", ("1", "“5 €”"), id="cp1252"),
        pytest.param("id\tt\r\n1\tü\r\n".encode("utf-16"), "id t", ("1", "ü"), id="utf-16"),
        pytest.param("id,t\n1,u\n".encode("utf-16-be"), "id t", ("1", "u"), id="utf-16-no-bom"),
        pytest.param(LATE + '2,"a\nb, c"\n', "id note", ("2", "a\nb, c"), id="late-quoted-newline"),
        pytest.param(LATE.encode() + b"2,\xfc\n", "id note", ("2", "ü"), id="late-latin"),
        pytest.param("a,a,,A\n1,2,3,4\n", "a a_1 column2 A_2", ("1", "2", "3", "4"), id="headers"),
        pytest.param("select,group\n1,2\n", "select group", ("1", "2"), id="reserved-columns"),
        pytest.param("zip,n\n00123,1.000\n", "zip n", ("00123", "1.000"), id="leading-zeros"),
        pytest.param("n\n" + "9" * 60 + "\n", "n", ("9" * 60,), id="huge-integer-one-column"),
        pytest.param("text\nhello, you\nbye\n", "text", ("bye",), id="one-column-with-commas"),
        pytest.param("1,bob\n2,ann\n", "column1 column2", ("2", "ann"), id="no-header"),
        pytest.param(
            "who,1960,1961\nA,1,2\n", "who 1960 1961", ("A", "1", "2"), id="years-as-header"
        ),
        pytest.param("My report\n\nid,n\n1,2\n", "id n", ("1", "2"), id="preamble"),
        pytest.param(
            "Report,,\n,,\na,b,c\n1,2,3\n", "a b c", ("1", "2", "3"), id="padded-preamble"
        ),
        pytest.param("sep=;\r\na;b\r\n1;2\r\n", "a b", ("1", "2"), id="sep-hint"),
        pytest.param("a,b\n#1,2\n", "a b", ("#1", "2"), id="hash-is-no-comment"),
        pytest.param(b"a,b\r\n1,2\n3,4\r\n", "a b", ("3", "4"), id="mixed-line-ends"),
        pytest.param(b'a,b\r\n1,"x\ny"\r\n', "a b", ("1", "x\ny"), id="lf-in-quotes-in-crlf"),
        pytest.param(b"a,b\r1,2\r", "a b", ("1", "2"), id="cr-only"),
        pytest.param('a,b\n1,"x \\"y\\", z"\n', "a b", ("1", 'x "y", z'), id="backslash-escape"),
        pytest.param("a,b\n1,'x, y'\n", "a b", ("1", "x, y"), id="single-quotes"),
        pytest.param('a,b\n1,5" pipe\n2,"\n', "a b", ("2", '"'), id="stray-quote"),
        pytest.param("a,b\n1,\n2,N/A\n", "a b", ("2", None), id="null-words"),
    ],
)
def test_a_dirty_file_reads_from_raw_and_from_a_sample(
    content: str | bytes,
    columns: str,
    last: tuple[str, ...],
    inbox: Path,
    raw: Path,
    tmp_path: Path,
) -> None:
    table = one(content, inbox, raw)
    names, rows = read(table, raw)
    assert (names, rows[-1]) == (columns.split(), last)
    # The same call reads what DuckDB writes as the sample, and again gives the same.
    (tmp_path / "sample" / "orders").mkdir(parents=True)
    duckdb.sql(
        f"copy (from {table.relation(raw)}) to "
        f"'{tmp_path}/sample/orders/orders.csv' ({make.sample_options(table.read)})"
    )
    assert read(table, tmp_path / "sample") == (names, rows)
    # What is found out from raw alone is what landing said.
    assert [result.read for result in tables_in(raw)] == [table.read]


def test_a_clean_file_lands_byte_for_byte(inbox: Path, raw: Path) -> None:
    content = b'\xef\xbb\xbfid;name\r\n1;"a\r\nb"\r\n'
    table = one(content, inbox, raw)
    assert (raw / "orders/orders.csv").read_bytes() == content
    assert table.files == (raw / "orders/orders.csv",)
    assert table.notes == ()


def test_a_conversion_is_said(inbox: Path, raw: Path) -> None:
    assert "converted from cp1252 to UTF-8" in one(b"a,b\n1,\xfc\n", inbox, raw).notes[0]
    assert "no header line" in one("1,2\n3,4\n", inbox, raw, "plain.csv").notes[0]
    assert (
        "1 line above the header left out" in one("Title\na,b\n1,2\n", inbox, raw, "t.csv").notes[0]
    )


def test_header_only_is_a_table_without_rows(inbox: Path, raw: Path) -> None:
    table = one("a,b\n", inbox, raw)
    assert read(table, raw) == (["a", "b"], [])
    assert table.notes == ("The table has no rows.",)


@pytest.mark.slow
def test_500_columns(inbox: Path, raw: Path) -> None:
    wide = ",".join(f"c{n}" for n in range(500)) + "\n" + (",".join(["NA"] * 500) + "\n") * 300
    assert len(read(one(wide, inbox, raw), raw)[0]) == 500


def test_null_words_are_null_only_where_they_are_safe(inbox: Path, raw: Path) -> None:
    measures = "id,n,day,tail\n1,NA,NA,N/A\n2,5,2024-01-01,NA\n3,6,-,N123\n"
    table = one(measures, inbox, raw, "measures.csv")
    # NA and - are null by column, in staging: a later file may have them as values of a text.
    assert "nullstr=['', 'N/A']" in table.read
    countries = "code,n\nNA,NA\nDE,1\nFR,NULL\n"  # Namibia
    table = one(countries, inbox, raw, "countries.csv")
    assert "nullstr=['', 'NULL']" in table.read
    assert "NA stays as it is in raw: it may be a value of code." in table.notes
    table = one("id,NA\n1,2\n2,NA\n", inbox, raw, "header.csv")
    assert read(table, raw) == (["id", "NA"], [("1", "2"), ("2", "NA")])


# --- rejected: what, where, fix -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "where", "what"),
    [
        ("a.csv", "a,b,c\n1,2,3\n1,2\n", "line 3", "has 2 cells, but the header has 3"),
        ("a.csv", "a,b,c\n" + "1,2,3\n" * 50_000 + "1,2,3,4\n", "line 50002", "has 4"),
        ("a.csv", "a,b\n1,2,3\n4,5,6\n", "line 2", "has 3 cells, but the header has 2"),
        ("a.csv", 'a,b,c\n1,"x\ny\nz",3\n1,2\n', "line 5", "The line has 2"),
        ("a.csv", "Title\n\na,b\n1,2\n3,4\n5\n", "line 6", "The line has 1"),
        ("a.csv", 'a,b\n1,"y"\n2,"x\n3,4\n', "line 3", "never closed"),
        ("a.csv", LATE + '2,"x"y"\n3,"z"\n', "line 60002", "closing quote"),
        ("a.csv", "a,b\n1," + "x" * 3_000_000 + "\n", "line 2", "longer than 2 MB"),
        ("a.csv", b"a,b\n1,x\x00y\n", "line 2", "NUL"),
        ("a.csv", "id,n\n1,é\n2,ü\n".encode() + b"3,\xfc\n", "line 4", "encodings are mixed"),
        (
            "a.csv",
            "id,n\n1,Привет мир\n".encode("cp1251"),
            "line 2",
            "encoding cannot be determined",
        ),
        (
            "a.csv",
            "id,n\n1,Łódź Wałęsa\n".encode("cp1250"),
            "line 2",
            "encoding cannot be determined",
        ),
        ("a.csv", "id,n\n1,Müller\n".encode("cp850"), "line 2", "encoding cannot be determined"),
        ("a.csv", "id,n\n1,u\n".encode("utf-16")[:-1], "a.csv", "truncated"),
        ("a.csv", "", "a.csv", "is empty"),
        ("a.csv", " \n\n", "a.csv", "is empty"),
        ("a.csv", '{"a":1,"b":2}\n', "a.csv", "contains JSON"),
        ("a.xls", "<html><table></table></html>", "a.xls", "web page"),
        ("a.json", '[{"a":1},\n{"a":2},', "a.json", "truncated"),
        ("a.json", '{"a":1}\n{"a"::2}\n{"a":3}\n', "line 2", "Malformed JSON"),
        ("a.json", "[1, 2]", "a.json", "not a list of objects"),
        ("a.json", "a,b\n", "a.json", "not JSON"),
        (
            "a.csv.gz",
            gzip.compress(os.urandom(9000).hex().encode())[:4000],
            "a.csv.gz",
            "truncated",
        ),
        ("a.zip", make.zipped({"a.csv": "a,b\n" * 999})[:60], "a.zip", "damaged"),
        ("a.zip", make.zipped({"b.zip": make.zipped({"a.csv": "a"})}), "a.zip", "no data file"),
        ("a.zip", make.encrypted_zip(), "orders.csv", "encrypted"),
        ("a.parquet", b"PAR1 and nothing else PAR1", "a.parquet", "Parquet"),
        ("a.xlsx", b"PK\x03\x04 not really", "a.xlsx", "workbook"),
        ("a.xlsx", b"\x93\x00\x17 damaged \x00", "a.xlsx", "workbook"),
        ("a.pdf", b"%PDF", "a.pdf", "format is unknown"),
        ("—!.csv", "a,b\n1,2\n", "—!.csv", "No table name"),
        (
            "a.csv",
            'id,city,sum\n1,"Ghent\n\nB",5\n2,Bern,6\n\nregion,head,goal\nnorth,Ann,7\n',
            "a.csv",
            "two tables: line 7 is a header of its own (region, head, goal)",
        ),
        ("a.csv", "id,sum\n1,5\n2,6\n,\nregion,head,goal\nnorth,Ann,7\n", "a.csv", "line 5 is"),
        ("day=1/a.csv", "a,b\n1,2\n", "day=1", "column value"),
    ],
)
def test_a_file_that_does_not_read_is_rejected_with_its_place(
    name: str, content: str | bytes, where: str, what: str, inbox: Path, raw: Path
) -> None:
    make.put(inbox, {name: content})
    error = rejection(inbox if "/" in name else inbox / name, raw)
    assert error.where.endswith(where)
    assert what in error.message


@pytest.mark.parametrize(
    "below",
    [
        "id,city,sum\n3,Rome,7\n",  # the same header: its rows are told apart in staging
        "4,Rome,8\n5,Oslo,9\n",
        "North,,\n4,Rome,8\n",
        "n/a,Rome,\n4,Rome,8\n",
        "end of report,,\n",
    ],
)
def test_lines_below_a_blank_one_are_no_second_table(below: str, inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.csv": f"id,city,sum\n1,Ghent,5\n2,Bern,6\n\n{below}"})
    assert [table.name for table in land(inbox, raw)] == ["a"]


def test_a_blank_line_between_all_rows(inbox: Path, raw: Path) -> None:
    """Each line below a blank one may be a header; the rows above it are counted once."""
    lines = (f"word {chr(97 + n % 26)},other {n % 5} {chr(97 + n % 7)}" for n in range(20_000))
    make.put(inbox, {"a.csv": "name,note\n" + "\n\n".join(lines) + "\n"})
    assert [table.name for table in land(inbox, raw)] == ["a"]


@pytest.mark.slow
def test_a_zip_bomb_is_rejected_at_once(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.zip": make.bomb()})
    started = time.monotonic()
    assert "200 times its size" in rejection(inbox / "a.zip", raw).message
    assert time.monotonic() - started < 5


def test_one_bad_file_of_many_lands_none(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.csv": "x,y\n1,2\n", "b.csv": "x,y\n1\n", "c.json": '{"a": 1}'})
    assert rejection(inbox, raw).where.endswith("b.csv, line 2")


def test_links_pipes_and_hidden_files(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.csv": "x,y\n1,2\n", ".hidden.csv": "broken\n1,2\n", "README.md": "hello"})
    (inbox / "linked.csv").symlink_to("a.csv")
    (inbox / "loop").symlink_to(".")
    os.mkfifo(inbox / "pipe.csv")
    tables = land(inbox, raw)
    assert [table.name for table in tables] == ["a", "linked"]
    assert not (raw / "linked/linked.csv").is_symlink()
    output = " ".join(tables[0].notes)
    for name in ("README.md", "loop", "pipe.csv"):
        assert f"{name} was skipped" in output
    (inbox / "gone.csv").symlink_to("nowhere.csv")
    assert "does not exist" in rejection(inbox, raw).message


def test_nothing_there(inbox: Path, raw: Path, tmp_path: Path) -> None:
    assert "no data file" in rejection(inbox, raw).message
    assert "no such file" in rejection(tmp_path / "nix", raw).message
    raw.mkdir(parents=True)
    assert "raw itself" in rejection(raw.parent, raw).message


def test_a_file_without_the_right_to_read_it(
    inbox: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.put(inbox, {"a.csv": "x,y\n1,2\n"})
    (inbox / "a.csv").chmod(0)
    if os.geteuid() == 0:  # root reads everything: play the rejection of the system
        opened = Path.open

        def denied(path: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
            if path.parent == inbox:
                raise PermissionError(13, "Permission denied", str(path))
            return opened(path, mode, *args, **more)

        monkeypatch.setattr(Path, "open", denied)
    assert "cannot be read: Permission denied" in rejection(inbox / "a.csv", raw).message


# --- containers and other formats -----------------------------------------------------------------


def test_zip_members_never_leave_raw(inbox: Path, raw: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    evil = {
        link: "/etc/passwd",
        "../../../evil.csv": "a,b\n1,2\n",
        "/tmp/../abs.csv": "c,d\n1,2\n",
        "..\\win.csv": "e\n1\n",
    }
    make.put(inbox, {"x.zip": make.zipped(evil)})
    outside = set(make.tree(tmp_path))
    assert [table.name for table in land(inbox / "x.zip", raw)] == ["abs", "evil", "win"]
    new = set(make.tree(tmp_path)) - outside
    assert new == {f"product/raw/{name}/{name}.csv" for name in ("abs", "evil", "win")}


def test_gzip_and_plain_files_are_one_table(inbox: Path, raw: Path) -> None:
    packed = gzip.compress(b"id,n\n1,2\n")
    make.put(inbox, {"orders_2024-01-01.csv.gz": packed, "orders_2024-01-02.csv": "id,n\n3,4\n"})
    (table,) = land(inbox, raw)
    assert "'{raw}/orders/*.csv*'" in table.read
    assert sorted(read(table, raw)[1]) == [("1", "2"), ("3", "4")]
    assert (raw / "orders/orders_2024-01-01.csv.gz").read_bytes() == packed


def test_gzip_in_zip_and_wrong_names(inbox: Path, raw: Path) -> None:
    packed = gzip.compress("id,n\n1,ü\n".encode("latin-1"))
    make.put(inbox, {"a.zip": make.zipped({"inner/orders.csv": packed}), "b.csv.gz": "x,y\n1,2\n"})
    tables = {table.name: table for table in land(inbox, raw)}
    assert read(tables["orders"], raw)[1] == [("1", "ü")]
    assert tables["orders"].files[0].name == "orders.csv.gz"
    assert tables["b"].files[0].name == "b.csv"


def test_a_workbook_is_a_table_a_sheet(inbox: Path, raw: Path) -> None:
    make.workbook(inbox / "shop.xlsx")
    customers, orders = land(inbox / "shop.xlsx", raw)
    assert read(customers, raw) == (["id", "name"], [("1", "Zoë")])
    assert read(orders, raw) == (
        ["id", "code", "amount", "paid"],
        [("1", "007", "1.5", "true"), ("2", "line\nbreak", "20", "false")],
    )
    assert any("1 row above the header left out" in note for note in orders.notes)
    assert any("Lookup was skipped: it is hidden" in note for note in customers.notes)
    assert land(inbox / "shop.xlsx", raw)[1] == orders, "converting again gives the same bytes"


def test_a_sheet_without_header_gets_one(inbox: Path, raw: Path) -> None:
    book = openpyxl.Workbook()
    for row in ([1, "bob"], [2, "ann"]):
        book.active.append(row)
    book.save(inbox / "people.xlsx")
    (table,) = land(inbox / "people.xlsx", raw)
    assert read(table, raw) == (["column1", "column2"], [("1", "bob"), ("2", "ann")])


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": 1, "at": {"x": [1, 2]}}, {"id": 2}]',
        '{"id": 1, "at": {"x": [1, 2]}}\n{"id": 2, "at": null}\n',
        b'\xef\xbb\xbf[{"id": 1, "at": {"x": [1, 2]}}, {"id": 2, "at": null}]',
        '[{"id": 1, "at": {"x": [1, 2]}}, {"id": 2}]'.encode("utf-16"),
    ],
    ids=["array", "ndjson", "bom", "utf-16"],
)
def test_json(content: str | bytes, inbox: Path, raw: Path, tmp_path: Path) -> None:
    table = one(content, inbox, raw, "orders.json")
    expected = (["id", "at"], [("1", {"x": "[1,2]"}), ("2", None)])
    assert read(table, raw) == expected
    (tmp_path / "sample/orders").mkdir(parents=True)
    duckdb.sql(
        f"copy (from {table.relation(raw)}) to '{tmp_path}/sample/orders/orders.json' "
        f"({make.sample_options(table.read)})"
    )
    assert read(table, tmp_path / "sample") == expected


def test_json_numbers(inbox: Path, raw: Path) -> None:
    rows = [{"big": 12345678901234567890, "mixed": 1.5}] * 30_000 + [{"big": 1, "mixed": 10**40}]
    table = one("\n".join(map(json.dumps, rows)), inbox, raw, "n.json")
    rows_read = read(table, raw)[1]
    assert rows_read[0] == ("12345678901234567890", "1.5")
    assert rows_read[-1] == ("1", str(10**40))
    assert table.notes == ()


def test_parquet(inbox: Path, raw: Path) -> None:
    for day, value in (("2024-01-01", "1"), ("2024-01-02", "2::hugeint")):
        duckdb.sql(f"copy (select {value} as id) to '{inbox}/orders_{day}.parquet'")
    (table,) = land(inbox, raw)
    assert table.read == "read_parquet('{raw}/orders/*.parquet', union_by_name=true)"
    assert sorted(read(table, raw)[1]) == [(1,), (2,)]


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "tables"),
    [
        (["orders_2024-01-01.csv", "orders_2024-01-02.csv"], {"orders": 2}),
        (
            ["orders/2024-01-01.csv", "orders/20240102.csv", "people.csv"],
            {"orders": 2, "people": 1},
        ),
        (["20240101T0930 Orders.csv", "orders-2024_01_02.csv"], {"orders": 2}),
        (["orders_31-12-2023.csv", "orders_Jan 2024.csv", "2024-W02 orders.csv"], {"orders": 3}),
        (["orders_2024-01-01_2024-01-31.csv", "orders-1704067200.csv"], {"orders": 2}),
        (
            ["01_people.csv", "covid_19.csv", "march.csv"],
            {"covid_19": 1, "march": 1, "t_01_people": 1},
        ),
        (["orders_1.csv", "orders_2.csv", "orders (3).csv"], {"orders": 3}),
        (["events/part-0001.csv", "events/part-0002.csv"], {"events": 2}),
        (["order.csv", "GROUP.csv", "3com.csv"], {"group_data": 1, "order_data": 1, "t_3com": 1}),
        (["Größe 🚀 Übersicht.csv", "SalesData.csv"], {"grosse_ubersicht": 1, "sales_data": 1}),
        (["or[1]d*.csv", "it's {x} 100%.csv"], {"it_s_x_100": 1, "or_1_d": 1}),
    ],
)
def test_names_of_tables(files: list[str], tables: dict[str, int], inbox: Path, raw: Path) -> None:
    for number, name in enumerate(files):
        make.put(inbox, {name: f"id,n\n{number},x\n"})
    landed = land(inbox, raw)
    assert {table.name: len(table.files) for table in landed} == tables
    assert sum(len(read(table, raw)[1]) for table in landed) == len(files)
    assert land(inbox, raw) == landed


def test_numbered_files_with_other_columns_are_other_tables(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"q_1.csv": "a,b\n1,2\n", "q_2.csv": "c,d\n1,2\n"})
    assert [table.name for table in land(inbox, raw)] == ["q_1", "q_2"]


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"Sales Data.csv": "a,b\n1,2\n", "sales-data.csv": "c,d\n1,2\n"}, "different columns"),
        ({"o.csv": "a,b\n1,2\n", "o.json": '{"a": 1, "b": 2}'}, "different formats"),
        ({"o_2024.csv": "a,b\n1,2\n", "o_2025.csv": "a;b\n1;2\n"}, "have the delimiters"),
        ({"eu/o.csv": "a,b\n1,2\n", "us/o.csv": "a,b\n3,4\n"}, "occurs twice"),
    ],
)
def test_names_that_collide(files: dict[str, str], what: str, inbox: Path, raw: Path) -> None:
    assert what in rejection(make.put(inbox, files), raw).message


def test_a_long_name_fits() -> None:
    assert len(naming.file_name("ü" * 300, "csv", True).encode()) < 255
    assert len(naming.identifier("x" * 300, frozenset())) == naming.LONGEST


# --- raw is only ever added to --------------------------------------------------------------------


def test_originals_are_only_read(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.csv": b"a,b\n1,\xfc\n", "b.zip": make.zipped({"b.csv": "x,y\n1,2\n"})})
    make.workbook(inbox / "c.xlsx")
    for file in inbox.iterdir():
        file.chmod(0o444)
    inbox.chmod(0o555)
    before = make.tree(inbox), make.stamps(inbox)
    tables = land(inbox, raw)
    inbox.chmod(0o755)
    assert (make.tree(inbox), before[1]) == (before[0], make.stamps(inbox))
    assert all(os.stat(file).st_nlink == 1 for table in tables for file in table.files)
    assert all(os.stat(file).st_mode & 0o200 for table in tables for file in table.files)


def test_raw_is_private_and_copies_have_no_more_rights_than_the_original(
    inbox: Path, raw: Path
) -> None:
    assert not raw.exists()
    make.put(
        inbox,
        {
            "a.csv": b"a,b\n1,2\n",
            "shared.csv": b"c,d\n1,2\n",
            "converted.csv": b"e,f\n1,\xfc\n",
            "z.zip": make.zipped({"z.csv": "x,y\n1,2\n"}),
        },
    )
    for file in inbox.iterdir():
        file.chmod(0o644 if file.name == "shared.csv" else 0o600)
    tables = land(inbox, raw)
    modes = {
        file.name: stat.S_IMODE(file.stat().st_mode) for table in tables for file in table.files
    }
    assert modes.pop("shared.csv") == 0o644
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE(raw.stat().st_mode) == 0o700


def test_a_team_that_opens_raw_keeps_it_open(inbox: Path, raw: Path) -> None:
    raw.mkdir(parents=True)
    raw.chmod(0o755)
    make.put(inbox, {"a.csv": b"a,b\n1,2\n"})
    land(inbox, raw)
    assert stat.S_IMODE(raw.stat().st_mode) == 0o755


def test_landing_again_changes_nothing(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.csv": b"a,b\n1,\xfc\n", "b.json": '[{"a": 1}]', "c.csv": "x,y\n1,2\n"})
    first = land(inbox, raw)
    before = make.tree(raw), make.stamps(raw)
    assert land(inbox, raw) == first
    assert (make.tree(raw), make.stamps(raw)) == before


def test_same_name_other_bytes_is_rejected(inbox: Path, raw: Path) -> None:
    one("a,b\n1,2\n", inbox, raw)
    make.put(inbox, {"orders.csv": "a,b\n1,3\n", "new.csv": "x,y\n1,2\n"})
    error = rejection(inbox, raw)
    assert "raw files are never changed" in error.message
    assert "dataops set-aside orders/orders.csv --replace-with" in error.fix
    (inbox / "orders.csv").rename(inbox / "orders_2.csv")
    assert [table.name for table in land(inbox, raw)] == ["new", "orders"]
    assert len(table_in(raw, "orders").files) == 2


def test_daily_files_join_their_table(inbox: Path, raw: Path) -> None:
    first = one("id,n\n1,2\n", inbox, raw, "orders_2024-01-01.csv")
    second = one("id,n,new\n3,4,5\n", inbox, raw, "orders_2024-01-02.csv")
    assert second.read == first.read
    assert len(second.files) == 2
    assert read(second, raw) == (["id", "n", "new"], [("1", "2", None), ("3", "4", "5")])
    make.put(inbox, {"orders_2024-01-03.csv": "id;n\n1;2\n", "orders_2024-01-04.csv": "p,q\n1,2\n"})
    assert "delimiters" in rejection(inbox / "orders_2024-01-03.csv", raw).message
    assert "different columns" in rejection(inbox / "orders_2024-01-04.csv", raw).message


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_exception_while_moving_takes_everything_back(
    after: int, inbox: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.put(inbox, {"a.csv": "x,y\n1,2\n", "b.csv": "x,y\n1,2\n", "c.csv": "x,y\n1,2\n"})
    moved = moving._move
    calls: list[Path] = []

    def interrupted(source: Path, target: Path) -> None:
        if len(calls) == after:
            raise KeyboardInterrupt
        calls.append(target)
        moved(source, target)

    monkeypatch.setattr(moving, "_move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        land(inbox, raw)
    assert not raw.exists()
    monkeypatch.undo()
    assert len(land(inbox, raw)) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from first_light.ingest import land, move as moving, land as _
from first_light.ingest import reading

where, inbox, raw = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
def die(*args): os.kill(os.getpid(), signal.SIGKILL)
if where == "reading":
    reading.read = die
elif where == "moving":
    moved, count = moving._move, []
    def move(source, target):
        if len(count) == 2: die()
        count.append(1)
        moved(source, target)
    moving._move = move
land(inbox, raw)
"""


@pytest.mark.parametrize("where", ["reading", "moving"])
def test_a_kill_leaves_whole_files_only_and_the_next_landing_tidies_up(
    where: str, inbox: Path, raw: Path
) -> None:
    make.put(inbox, {f"{name}.csv": "x,y\n1,2\n" for name in "abcd"})
    killed = subprocess.run([sys.executable, "-c", KILLED, where, inbox, raw], check=False)
    assert killed.returncode == -signal.SIGKILL
    complete = make.tree(inbox)
    landed = {name: mark for name, mark in make.tree(raw).items() if not name.startswith(".")}
    assert len(landed) == (2 if where == "moving" else 0)
    assert all(mark in complete.values() for mark in landed.values())
    assert len(tables_in(raw)) == len(landed), "a half-finished landing can be read around"
    # The list of moves was written: the next landing finishes them, whatever it lands itself.
    make.put(inbox, {"later.csv": "x,y\n1,2\n"})
    land(inbox / "later.csv", raw)
    names = {"a/a.csv", "b/b.csv", "c/c.csv", "d/d.csv"} if where == "moving" else set()
    assert set(make.tree(raw)) == names | {"later/later.csv"}


def test_a_landing_under_way_is_left_alone(inbox: Path, raw: Path) -> None:
    make.put(inbox, {"a.csv": "x,y\n1,2\n"})
    with moving.Staging(raw) as other:
        land(inbox, raw)
        assert (other.folder / "lock").exists()
        staged = other.folder / "late.csv"
        staged.write_text("other")
        with pytest.raises(DataopsError, match="at the same time"):
            other.place([(staged, raw / "a/a.csv")])
    assert (raw / "a/a.csv").read_text() == "x,y\n1,2\n"


# --- size -----------------------------------------------------------------------------------------

MEASURED = """
import sys
from pathlib import Path
from first_light.ingest import land
(table,) = land(Path(sys.argv[1]), Path(sys.argv[2]))
# Not getrusage: that peak begins with what the parent process had when it forked.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "latin", "gz", "json"])
def test_memory_stays_bounded(kind: str, inbox: Path, raw: Path) -> None:
    """300 MB land in far less than 300 MB of memory, whatever has to be done to them."""
    name = {"csv": "big.csv", "latin": "big.csv", "gz": "big.csv.gz", "json": "big.json"}[kind]
    with (gzip.open if kind == "gz" else open)(inbox / name, "wb") as file:
        if kind != "json":
            file.write(b"id,name,amount,note\n")
        line = (
            '{"id": %d, "name": "x", "note": "abcdefghijklmnopq"}\n'
            if kind == "json"
            else ('%d,"Smith, J",NA,caf\xe9 abcdefghijklmnopqr\n')
        )
        block = "".join(line % n for n in range(20_000)).encode(
            "utf-8" if kind != "latin" else "cp1252"
        )
        for _ in range(300_000_000 // len(block)):
            file.write(block)
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, inbox / name, raw], check=True, capture_output=True
    )
    assert int(run.stdout) < 400


def test_one_run_names_every_file_that_cannot_be_read(tmp_path: Path, raw: Path) -> None:
    files = {
        "good.csv": "id,n\n1,2\n",
        "wide.csv": "id,n\n1,2\n3,4,5\n",
        "late_1.csv": "id,n\n" + "1,2\n" * 3000 + "1\n",
        "late_2.csv": "id,n\n1,2\n",
        "late_3.csv": "id,n\n" + "1,2\n" * 3000 + "1,2,3\n",
        "empty.csv": "",
        "cut.json": '[{"id": 1}, {"id": 2',
    }
    make.put(tmp_path / "in", files)
    with pytest.raises(DataopsError) as caught:
        land(tmp_path / "in", raw)
    assert caught.value.message == "5 of these files cannot be added, so none was."
    places = [line for line in caught.value.where.splitlines() if "/in/" in line]
    assert sorted(line.partition("/in/")[2].partition(": ")[0] for line in places) == [
        "cut.json", "empty.csv", "late_1.csv, line 3002", "late_3.csv, line 3002",
        "wide.csv, line 3",
    ]  # fmt: skip
    assert caught.value.where.count("\n    fix: ") == 5
    assert not raw.exists()
