"""Write the public models of the current release into files: all of them, or none."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from first_light.dbt.folders import inside
from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.export.columns import (
    EXCEL_TEXT,
    Column,
    Written,
    excel_measures,
    for_excel,
    for_parquet,
    formula_counts,
    formula_notes,
    sheet_name,
)
from first_light.export.excel import raise_if_too_large, write_workbook
from first_light.export.result import Export, Exported
from first_light.project.product import Product
from first_light.store.locate import open_store
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import literal, quoted
from first_light.utils.whole_files import write_whole
from first_light.warehouse.base import Relation, open_warehouse
from first_light.warehouse.sandbox import Sandbox
from first_light.warehouse.scratch import Connection, EngineError, connect

FORMATS = ("csv", "parquet", "xlsx")
LISTING = "export.json"
"""The file that says which release the others are of; it is written last."""
_BATCH = 10_000  # rows


def export(
    product: Product,
    form: str,
    to: Path,
    names: Sequence[str],
    progress: Callable[[str], None],
) -> Export:
    """Export public models of the current release, as readers see them.

    Args:
        product: the product.
        form: csv, parquet or xlsx.
        to: the folder of the files.
        names: only these models; empty for all public ones.
        progress: shows what is being done.

    Raises:
        DataopsError: there is no release, a model is not public, or a format cannot hold it; no
            file was changed.
    """
    store = open_store(product)
    store.check()
    run = store.current()
    if run is None:
        raise DataopsError(
            "There is no release yet.", where=str(store.root), fix="uv run dataops release"
        )
    store.fetch_release(run)
    nodes = _chosen(read_manifest(store.releases / run / "manifest.json"), names)
    relations = {Relation(node.schema, _name(node)): _name(node) for node in nodes}
    to = to.resolve()
    with _writing(to):
        to.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".export-", dir=to))
        try:
            progress("reading")
            readable = open_warehouse(product, store).readable(run, list(relations), draft)
            with _open(product, readable.file, draft) as connection:
                exported = []
                for relation, place in readable.places.items():
                    name = relations[relation]
                    progress(name)
                    written = _Model(connection, name, place).write(form, draft)
                    # In a CSV file everything is text.
                    notes = () if form == "csv" else readable.notes.get(relation, ())
                    exported.append(replace(written, notes=(*notes, *written.notes)))
            left_out = tuple(name for r, name in relations.items() if r not in readable.places)
            result = Export(run, str(to), tuple(exported), left_out)
            _replace(draft, to, result)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return result


def _listing(result: Export) -> str:
    """The listing beside the files."""
    return json.dumps(asdict(result), indent=2, ensure_ascii=False)


def _name(node: Node) -> str:
    """The name of its relation, which tells the versions of a model apart."""
    return node.alias or node.name


def _chosen(manifest: Manifest, names: Sequence[str]) -> list[Node]:
    public = {
        _name(node): node
        for node in sorted(manifest.of("model"), key=_name)
        if node.access == "public" and node.materialized != "ephemeral"
    }
    if unknown := [name for name in names if name not in public]:
        raise DataopsError(
            f"The current release has no public model {', '.join(unknown)}.",
            where=f"public are {', '.join(public) or 'none'}",
            fix="set `config: {access: public}` at the model and release it",
        )
    if not public:
        raise DataopsError(
            "The current release has no public models.",
            fix="set `config: {access: public}` at a model and release it",
        )
    return [public[name] for name in dict.fromkeys(names)] or list(public.values())


@contextlib.contextmanager
def _open(product: Product, file: Path, draft: Path) -> Iterator[Connection]:
    """The file, from where nothing is reached but raw, the sample and the draft."""
    with connect(os.fspath(file), read_only=True) as connection:
        connection.execute(
            f"set TimeZone = 'UTC'; set file_search_path = {literal(str(product.root))}"
        )
        Sandbox((product.raw, product.sample, draft), (file,)).close(connection)
        with inside(product.root):
            yield connection


@dataclass(frozen=True)
class _Model:
    connection: Connection
    name: str
    place: Relation

    def write(self, form: str, folder: Path) -> Exported:
        file = folder / f"{self.name}.{form}"
        try:
            columns = [
                Column(str(name), str(kind)) for name, kind, *_ in self._rows(f"describe {self}")
            ]
            ((rows,),) = self._rows(f"select count(*) from {self}")
            write = {"csv": self._csv, "parquet": self._parquet, "xlsx": self._xlsx}[form]
            notes = write(file, columns, rows)
        except EngineError as error:
            lines = str(error).strip().splitlines()
            raise DataopsError(f"{self.name} could not be exported.", where=lines[0]) from error
        return Exported(self.name, file.name, rows, notes)

    def __str__(self) -> str:
        return f"{quoted(self.place.schema)}.{quoted(self.place.name)}"

    def _rows(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()

    def _counts(self, expressions: dict[str, str]) -> dict[str, int]:
        if not expressions:
            return {}
        (row,) = self._rows(f"select {', '.join(expressions.values())} from {self}")
        return dict(zip(expressions, row))

    def _csv(self, file: Path, columns: Sequence[Column], rows: int) -> tuple[str, ...]:
        self.connection.execute(f"copy {self} to {literal(str(file))} (format csv, header)")
        return formula_notes(self._counts(formula_counts(columns)))

    def _parquet(self, file: Path, columns: Sequence[Column], rows: int) -> tuple[str, ...]:
        written = [for_parquet(column) for column in columns]
        query, source = _select(written, str(self)), literal(str(file))
        self.connection.execute(f"copy ({query}) to {source} (format parquet)")
        back = f"select * from read_parquet({source})"
        for whole, rest in ((query, back), (back, query)):
            ((lost,),) = self._rows(f"select count(*) from ({whole} except all {rest})")
            if lost:
                raise DataopsError(
                    f"{self.name} is not the same in Parquet: {lost} rows differ.",
                    fix="export it as CSV: uv run dataops export --format csv",
                )
        return _notes(written)

    def _xlsx(self, file: Path, columns: Sequence[Column], rows: int) -> tuple[str, ...]:
        raise_if_too_large(self.name, rows, len(columns))
        counts = self._counts(excel_measures(columns))
        written = [for_excel(column, counts[column.name]) for column in columns]
        for column, as_written in zip(columns, written):
            if as_written.form == "text" and column.kind == "VARCHAR" and counts[column.name]:
                raise DataopsError(
                    f"A text of {self.name}.{column.name} does not fit into a cell of Excel.",
                    where=f"{counts[column.name]} texts are longer than {EXCEL_TEXT} characters",
                    fix="export it as Parquet: uv run dataops export --format parquet",
                )
        cursor = self.connection.execute(_select(written, str(self)))
        write_workbook(file, self.name, written, iter(lambda: cursor.fetchmany(_BATCH), []))
        short = sheet_name(self.name)
        named = () if short == self.name else (f"the sheet is named {short}",)
        return (*_notes(written), *named)


def _select(columns: Sequence[Written], place: str) -> str:
    listed = ", ".join(f"{column.sql} as {quoted(column.name)}" for column in columns)
    return f"select {listed} from {place}"


def _notes(columns: Sequence[Written]) -> tuple[str, ...]:
    return tuple(column.note for column in columns if column.note)


def _replace(draft: Path, to: Path, result: Export) -> None:
    """Move the complete files into the folder; the listing goes first and comes back last.

    Files of the export before that are no longer among them are deleted.
    """
    names = {exported.file for exported in result.files}
    old = _listed(to / LISTING)
    (to / LISTING).unlink(missing_ok=True)
    for name in sorted(old - names):
        (to / name).unlink(missing_ok=True)
    for name in sorted(names):
        os.replace(draft / name, to / name)
    write_whole(to / LISTING, _listing(result).encode() + b"\n")


def _listed(listing: Path) -> set[str]:
    """The files of an export, without anything that is not directly in its folder."""
    try:
        files = json.loads(listing.read_text(encoding="utf-8"))["files"]
        names = {str(entry["file"]) for entry in files}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if Path(name).name == name and name.endswith(FORMATS)}


@contextlib.contextmanager
def _writing(to: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataopsError(
            "The export could not be written.",
            where=f"{error.filename or to}: {error.strerror or error}",
            fix="choose another folder: uv run dataops export --format csv --to FOLDER",
        ) from error
