"""What a text file or a sheet holds beside records: headers of two rows, totals, error cells."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import duckdb
import openpyxl  # type: ignore[import-untyped]
import pytest

import landing_files as make
from first_light.ingest import land, no_records
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError


def land_file(content: str | bytes, folder: Path, raw: Path, name: str = "t.csv") -> SourceTable:
    make.put(folder, {name: content})
    (table,) = land(folder / name, raw)
    return table


def read(table: SourceTable, raw: Path) -> tuple[list[str], list[tuple[object, ...]]]:
    relation = duckdb.sql(f"from {table.relation(raw)}")
    return relation.columns, relation.fetchall()


def workbook(path: Path, rows: list[list[object]], merged: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


# --- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("Product,,Sales,\nid,name,q1,q2\n1,a,10,20\n",
         "Product id,Product name,Sales q1,Sales q2"),
        (",2023,,2024,\nregion,n,m,n,m\nx,1,2,3,4\ny,1,2,3,4\n",
         "region,n 2023,m 2023,n 2024,m 2024"),
        ("Export of today\n,A,,B,\nid,n,m,n,m\n1,1,2,3,4\n2,1,2,3,4\n", "id,A n,A m,B n,B m"),
    ],
)  # fmt: skip
def test_a_row_of_groups_makes_one_header(
    content: str, columns: str, tmp_path: Path, raw: Path
) -> None:
    table = land_file(content, tmp_path, raw)
    names, rows = read(table, raw)
    assert names == columns.split(",")
    assert len(rows) == len(content.strip().splitlines()) - content.count("Export") - 2
    assert any("two header rows made one" in note for note in table.notes)


@pytest.mark.parametrize(
    "content",
    [",a,b\n0,1,2\n1,3,4\n", "id,,name\nx,y,z\nu,v,w\n", "a,b\nid,name\n1,x\n"],
)
def test_other_headers_stay_as_they_are(content: str, tmp_path: Path, raw: Path) -> None:
    table = land_file(content, tmp_path, raw)
    assert len(read(table, raw)[1]) == 2
    assert not any("two header rows" in note for note in table.notes)


def test_a_delimiter_at_the_end_of_the_header_only(tmp_path: Path, raw: Path) -> None:
    content = "Series:  X1\n\nTitle\n\nid,year,value,\nX1,1959,5.0\nX1,1960,6.1\nX1,1961,7.2\n"
    table = land_file(content, tmp_path, raw)
    assert read(table, raw) == (
        ["id", "year", "value"],
        [("X1", "1959", "5.0"), ("X1", "1960", "6.1"), ("X1", "1961", "7.2")],
    )
    assert any("left out" in note for note in table.notes)


def test_merged_cells_above_the_header(tmp_path: Path, raw: Path) -> None:
    rows: list[list[object]] = [["Region", 2023, None, 2024, None]]
    rows += [[None, "sales", "qty", "sales", "qty"], *(["R", 1.5, 2, 3.5, n] for n in range(5))]
    path = workbook(tmp_path / "o.xlsx", rows, ("A1:A2", "B1:C1", "D1:E1"))
    (table,) = land(path, raw)
    assert read(table, raw)[0] == ["Region", "sales 2023", "qty 2023", "sales 2024", "qty 2024"]
    assert "o.csv: two header rows made one." in table.notes


# --- one column that is several -------------------------------------------------------------------


def test_a_delimiter_of_two_signs_is_rejected(tmp_path: Path, raw: Path) -> None:
    with pytest.raises(DataopsError) as caught:
        land_file("a||b||c\n1||x||2\n2||y||3\n3||z||4\n", tmp_path, raw)
    assert "The delimiter of this file is ||" in caught.value.message


def test_labels_above_the_header_are_left_out(tmp_path: Path, raw: Path) -> None:
    content = "Report:;Sales\nPeriod:;January\n\nday;amount\n2024-01-01;1,5\n2024-01-02;2,5\n"
    table = land_file(content, tmp_path, raw)
    assert read(table, raw) == (["day", "amount"], [("2024-01-01", "1,5"), ("2024-01-02", "2,5")])
    assert any("lines above the header left out" in note for note in table.notes)


def test_words_that_were_decoded_wrongly_are_told(tmp_path: Path, raw: Path) -> None:
    garbled = "Müller".encode().decode("cp1252")
    table = land_file(f"id,name\n1,{garbled}\n2,b\n", tmp_path, raw)
    assert any(f"words such as {garbled} were decoded wrongly" in note for note in table.notes)
    plain = land_file("id,name\n1,São Paulo\n2,PÃO\n", tmp_path, raw, "u.csv")
    assert not any("decoded" in note for note in plain.notes)


@pytest.mark.parametrize(
    ("content", "fitting"),
    [
        ("OBS GPA TUCE\n1 2.1 20\n2 2.2 20\n3 2.3 21\n", "a space"),
        ("OBS   GPA  TUCE\n  1 2.1   20\n 2  2.2 20\n", "a space"),
        ("id~name\n1~a b\n2~c\n", "~"),
        ("id^n\n1^2\n3^4\n", "^"),
        ("id\x01n\n1\x012\n3\x014\n", "\\x01"),
        ("user::film\n1::2\n3::4\n", "::"),
        ("1::2\n3::4\n5::6\n", "::"),
        ("first~last\nAnn~Lee\nBob~Ray\n", "~"),
    ],
)
def test_one_column_that_splits_alike_is_rejected(
    content: str, fitting: str, tmp_path: Path, raw: Path
) -> None:
    with pytest.raises(DataopsError) as caught:
        land_file(content, tmp_path, raw)
    assert f"splits alike at {fitting}" in caught.value.message
    assert not raw.exists()


@pytest.mark.parametrize(
    "content",
    ["name\nAnn Lee\nBob Ray\n", "full name\nAnn Lee\nBob Ray\n", "at\n2024-01-01 10:00\n",
     "order date\n2024-01-01 10:00\n2024-01-02 10:00\n", "text\na b c\nd e f\n"],
)  # fmt: skip
def test_one_column_of_words_is_read(content: str, tmp_path: Path, raw: Path) -> None:
    assert len(read(land_file(content, tmp_path, raw), raw)[0]) == 1


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_quotes_around_whole_lines_are_taken_off(delimiter: str, tmp_path: Path, raw: Path) -> None:
    lines = ["id,name,v", "1,Ann,2", '2,""Bob; B"",3', "3,Cy,4"]
    content = "".join(f'"{line.replace(",", delimiter)}"\n' for line in lines)
    table = land_file(content.replace("Bob; B", "Bob"), tmp_path, raw)
    assert read(table, raw) == (
        ["id", "name", "v"],
        [("1", "Ann", "2"), ("2", "Bob", "3"), ("3", "Cy", "4")],
    )
    assert "in quotes as a whole" in table.notes[0]


# --- lines that are no rows -----------------------------------------------------------------------


def test_a_first_line_of_values_is_a_row(tmp_path: Path, raw: Path) -> None:
    table = land_file("Ann,Bonn,yes\nBob,Bonn,no\nCy,Ulm,yes\nDi,Bonn,yes\n", tmp_path, raw)
    names, rows = read(table, raw)
    assert (names, len(rows)) == (["column1", "column2", "column3"], 4)


def test_a_header_that_is_repeated_is_a_header(tmp_path: Path, raw: Path) -> None:
    block = "name,city\nAnn,Bonn\nBob,Bonn\n"
    assert read(land_file(block * 3, tmp_path, raw), raw)[0] == ["name", "city"]


UNITS: list[list[object]] = [["time", "temp", "note"], ["s", "\u00b0C", None]]
UNITS += [[n, n / 2, "x"] for n in range(5)]


def test_a_row_of_units_is_left_out_and_told(tmp_path: Path, raw: Path) -> None:
    content = "".join(",".join("" if c is None else str(c) for c in row) + "\n" for row in UNITS)
    book = workbook(tmp_path / "o.xlsx", UNITS)
    for table in (land_file(content, tmp_path, raw), land(book, raw)[0]):
        names, rows = read(table, raw)
        assert (names, len(rows)) == (["time", "temp", "note"], 5)
        assert any("names units or says more about it: s, \u00b0C" in n for n in table.notes)


def test_a_line_of_dashes_below_the_header_is_left_out(tmp_path: Path, raw: Path) -> None:
    table = land_file("region,sales\n------,-----\nr1,7\nr2,8\nr3,9\n", tmp_path, raw)
    assert read(table, raw)[1] == [("r1", "7"), ("r2", "8"), ("r3", "9")]
    assert any("a line of dashes" in note for note in table.notes)


@pytest.mark.parametrize("row", ["NA,n/a,x", "7,y,x", ",,", "--,-,-"])
def test_a_first_row_of_other_values_is_kept(row: str, tmp_path: Path, raw: Path) -> None:
    content = f"a,b,c\n{row}\n" + "".join(f"{n},{n}.5,x\n" for n in range(5))
    assert len(read(land_file(content, tmp_path, raw), raw)[1]) == 6


@pytest.mark.parametrize(
    ("footer", "told"),
    [
        ("\nSource: the office of statistics\nPrinted on Monday\n", "2 lines below the last row"),
        ("(3 rows affected)\n", "1 line below the last row left out: (3 rows affected)"),
    ],
)
@pytest.mark.parametrize("gzipped", [False, True])
def test_a_footer_is_left_out_and_told(
    footer: str, told: str, gzipped: bool, tmp_path: Path, raw: Path
) -> None:
    content = f"id,name,v\n1,a,2\n2,b,3\n3,c,4\n{footer}".encode()
    path = tmp_path / ("o.csv.gz" if gzipped else "o.csv")
    path.write_bytes(gzip.compress(content) if gzipped else content)
    (table,) = land(path, raw)
    assert [row[0] for row in read(table, raw)[1]] == ["1", "2", "3"]
    assert any(told in note for note in table.notes)


def test_a_footer_below_two_columns_is_left_out(tmp_path: Path, raw: Path) -> None:
    content = "id,v\n1,2\n3,4\n\nSource: the office of statistics\n"
    assert read(land_file(content, tmp_path, raw), raw)[1] == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize("end", ["3\n", "\n3,c\n", "name of three words\n"])
def test_a_row_that_is_cut_off_is_no_footer(end: str, tmp_path: Path, raw: Path) -> None:
    with pytest.raises(DataopsError, match="but the header has 3"):
        land_file(f"id,name,v\n1,a,2\n2,b,3\n{end}", tmp_path, raw)


def test_merged_cells_below_the_header_hold_their_value(tmp_path: Path, raw: Path) -> None:
    rows: list[list[object]] = [["region", "shop", "n"]]
    rows += [[f"R{n // 2}" if n % 2 == 0 else None, f"s{n}", n] for n in range(4)]
    (table,) = land(workbook(tmp_path / "o.xlsx", rows, ("A2:A3", "A4:A5")), raw)
    assert [row[0] for row in read(table, raw)[1]] == ["R0", "R0", "R1", "R1"]
    assert "o.csv: 2 empty cells merged with a cell above filled with its value." in table.notes


def test_numbers_of_which_a_spreadsheet_keeps_a_part_are_told(tmp_path: Path, raw: Path) -> None:
    rows: list[list[object]] = [["id", "card"], [1, 1234567890123456000.0]]
    rows.append([2, 1234567890123457000.0])
    (table,) = land(workbook(tmp_path / "o.xlsx", rows), raw)
    assert read(table, raw)[1][0] == ("1", "1234567890123456000")
    assert any("2 numbers with more than 15 digits" in note for note in table.notes)


# --- totals and cells without a value -------------------------------------------------------------


@pytest.mark.parametrize("label", ["Total", "Totals:", "Grand total", "Summe", "Gesamt", "Totaal"])
def test_a_total_at_the_end_is_told(label: str, tmp_path: Path, raw: Path) -> None:
    table = land_file(f"id,day,n\n1,2024-01-01,2\n2,2024-01-02,3\n{label},,5\n", tmp_path, raw)
    assert len(read(table, raw)[1]) == 3
    assert f"looks like a total ({label})" in table.notes[0]


def test_a_total_in_a_sheet_is_told(tmp_path: Path, raw: Path) -> None:
    path = workbook(tmp_path / "o.xlsx", [["region", "n"], ["north", 1], ["Total", 1]])
    assert any("looks like a total (Total)" in note for note in land(path, raw)[0].notes)


def test_words_that_only_begin_like_a_total() -> None:
    assert not no_records.is_total(["Totally", "1"])
    assert not no_records.is_total(["1", "x", "Total"])
    assert not no_records.is_total(["Total"])


def test_cells_without_a_value_are_counted(tmp_path: Path, raw: Path) -> None:
    path = workbook(tmp_path / "o.xlsx", [["id", "n"], [0, 0], [1, 1], [2, 2], [3, 3]])
    with zipfile.ZipFile(path) as archive:
        members = {item: archive.read(item) for item in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"].decode()
    for cell, content in (
        ("B2", '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
        ("B3", '<c r="B3" t="e"><v>#N/A</v></c>'),
        ("B4", '<c r="B4"><f>A4*2</f><v></v></c>'),
    ):
        begin = sheet.index(f'<c r="{cell}"')
        end = sheet.index("</c>", begin) + len("</c>")
        sheet = sheet[:begin] + content + sheet[end:]
    members["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    notes = " ".join(land(path, raw)[0].notes)
    assert "2 cells with an error, read as empty: B2 #DIV/0!, B3 #N/A" in notes
    assert "1 cell with a formula that was never computed, read as empty: B4" in notes


def test_zeros_that_only_the_cell_format_shows_are_told(tmp_path: Path, raw: Path) -> None:
    book = openpyxl.Workbook()
    for row in [["code", "n"], [7, 1], [12, 2]]:
        book.active.append(row)
    for cell, code in (("A2", "00000"), ("A3", '"K-"000-00'), ("B2", "0.00"), ("B3", "#,##0.00")):
        book.active[cell].number_format = code
    book.save(tmp_path / "o.xlsx")
    notes = " ".join(land(tmp_path / "o.xlsx", raw)[0].notes)
    assert "2 cells with leading zeros that only the cell format shows" in notes
    assert "A2, A3" in notes


# --- encodings ------------------------------------------------------------------------------------


def test_lines_of_two_encodings_are_told_apart(tmp_path: Path, raw: Path) -> None:
    content = "id,name\n1,café\n".encode() + "2,naïve\n3,résumé\n".encode("latin-1")
    with pytest.raises(DataopsError, match="encodings are mixed") as caught:
        land_file(content, tmp_path, raw)
    assert caught.value.where.endswith("line 3")


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp850"])
def test_no_encoding_is_proposed_that_only_happens_to_decode(
    encoding: str, tmp_path: Path, raw: Path
) -> None:
    text = "id,n\n1,Müller\n" if encoding == "cp850" else "id,n\n1,Привет мир\n"
    with pytest.raises(DataopsError, match="not UTF-8") as caught:
        land_file(text.encode(encoding), tmp_path, raw)
    assert f"-f {encoding.upper()}" in caught.value.fix or "-f ENCODING" in caught.value.fix


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp850", "CP850"), ("mac-roman", "MACINTOSH"), ("cp1250", "CP1250")]
)
def test_the_encoding_that_reads_as_words_is_proposed(
    encoding: str, name: str, tmp_path: Path, raw: Path
) -> None:
    """Of DOS, `Köln` read as cp1250 has a quotation mark in it."""
    words = "Łódź, Wałęsa, Gdańsk, święto" if encoding == "cp1250" else "Köln, Straße, Äcker"
    text = "id;city\n" + f"1;{words} und mehr\n" * 30
    with pytest.raises(DataopsError, match="not UTF-8") as caught:
        land_file(text.encode(encoding), tmp_path, raw)
    assert f"-f {name} " in caught.value.fix


# --- beyond the first mebibyte --------------------------------------------------------------------

_ROWS = 60_000  # more than a mebibyte


def long_table(below: str) -> str:
    """A preamble, a header, many rows, then what is below them."""
    rows = "".join(f"{n},city {n},2025-01-{n % 28 + 1:02}\n" for n in range(_ROWS))
    return f"Report of sales\n\nid,city,day\n{rows}{below}{rows}"


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_second_table_far_below_is_refused_with_its_line(
    name: str, tmp_path: Path, raw: Path
) -> None:
    content = long_table("\nregion,head,goal\nnorth,Ann,7\n").encode()
    with pytest.raises(DataopsError) as error:
        land_file(gzip.compress(content) if name.endswith("gz") else content, tmp_path, raw, name)
    line = _ROWS + 5
    assert f"two tables: line {line} is a header of its own (region, head, goal)" in str(error)
    assert content.decode().splitlines()[line - 1] == "region,head,goal"


@pytest.mark.parametrize(
    "below",
    [
        "\n",
        "\nn/a,Rome,\n",
        '77,"Ghent\n\nregion,head\n\nB",2025-01-01\n',
        "".join(f"{n},town {n},2025-02-01\n\n" for n in range(500)),
    ],
)
def test_blank_lines_far_below_are_no_second_table(below: str, tmp_path: Path, raw: Path) -> None:
    table = land_file(long_table(below), tmp_path, raw)
    assert len(read(table, raw)[1]) >= 2 * _ROWS


@pytest.mark.parametrize("sign", ["@", "!", "/", "\u3001", "*", "   "])
def test_any_sign_that_splits_all_lines_alike_is_named(
    sign: str, tmp_path: Path, raw: Path
) -> None:
    lines = [
        ["id", "name", "day"],
        *([str(n), f"name {n}", f"2024-01-{n:02}"] for n in range(1, 9)),
    ]
    with pytest.raises(DataopsError, match="splits alike at"):
        land_file("\n".join(sign.join(cells) for cells in lines), tmp_path, raw)


def test_a_path_or_a_code_is_one_column(tmp_path: Path, raw: Path) -> None:
    for name, content in {
        "a.csv": "path/to/file\na/b/c\nd/e/f\n",
        "b.csv": "order_item_id\n1_2_3\n4_5_6\n",
        "c.csv": "date\n2024/01/02\n2024/01/03\n",
    }.items():
        assert len(read(land_file(content, tmp_path, raw, name), raw)[0]) == 1


def test_quotes_of_one_sign_around_all_cells_are_taken_off(tmp_path: Path, raw: Path) -> None:
    table = land_file("'id','name'\n'1','Ann'\n'2','Bob'\n", tmp_path, raw)
    assert read(table, raw) == (["id", "name"], [("1", "Ann"), ("2", "Bob")])


def test_two_tables_on_one_sheet_are_rejected(tmp_path: Path, raw: Path) -> None:
    numbers: list[list[object]] = [[n, f"n{n}"] for n in range(5)]
    path = tmp_path / "o.xlsx"
    workbook(path, [["id", "name"], *numbers, [], ["sku", "price"], ["a", 1.5]])
    with pytest.raises(DataopsError, match="row 8 is a header of its own"):
        land(path, raw)


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("\u53f0\u5317 \u4e2d\u6587", "big5", "-f ENCODING"),
        ("Müller é", "mac_roman", "-f MACINTOSH"),
    ],
)
def test_bytes_that_only_happen_to_be_western_are_rejected(
    text: str, encoding: str, said: str, tmp_path: Path, raw: Path
) -> None:
    content = "id;name\n" + "".join(f"{n};{text} {n}\n" for n in range(30))
    (tmp_path / "t.csv").write_bytes(content.encode(encoding))
    with pytest.raises(DataopsError, match="encoding cannot be determined") as caught:
        land(tmp_path / "t.csv", raw)
    assert said in caught.value.fix


def test_a_euro_sign_tells_which_western_encoding_it_is(tmp_path: Path, raw: Path) -> None:
    (tmp_path / "t.csv").write_bytes("id;price\n1;5 €\n2;7 €\n".encode("iso8859-15"))
    (table,) = land(tmp_path / "t.csv", raw)
    assert read(table, raw)[1] == [("1", "5 €"), ("2", "7 €")]


def test_three_header_rows_make_one(tmp_path: Path, raw: Path) -> None:
    rows: list[list[object]] = [
        ["", "2023", "", "2024", ""], ["", "Ist", "Plan", "Ist", "Plan"], ["Region", *["EUR"] * 4]
    ]  # fmt: skip
    rows += [[f"R{n}", n, n + 1, n + 2, n + 3] for n in range(9)]
    names = ["Region", *(f"{word} EUR {year}" for year in (2023, 2024) for word in ("Ist", "Plan"))]
    text = "\n".join(";".join(map(str, row)) for row in rows)
    table = land_file(text, tmp_path, raw)
    assert (read(table, raw)[0], len(read(table, raw)[1])) == (names, 9)
    (sheet,) = land(workbook(tmp_path / "s.xlsx", rows), raw)
    assert (read(sheet, raw)[0], len(read(sheet, raw)[1])) == (names, 9)
    assert any("three header rows made one" in note for note in sheet.notes)


def test_two_tables_side_by_side_are_told(tmp_path: Path, raw: Path) -> None:
    rows: list[list[object]] = [["id", "name", None, "sku", "price"]]
    rows += [[n, f"n{n}", None, f"s{n}", n * 1.5] for n in range(1, 9)]
    (table,) = land(workbook(tmp_path / "s.xlsx", rows), raw)
    assert any("may part two tables" in note for note in table.notes)
