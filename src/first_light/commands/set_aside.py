"""`dataops set-aside`: files in raw that are wrong are no longer read; another may replace one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from first_light.commands.sample import load
from first_light.dbt.driver import reads_files
from first_light.dbt.source_filter import with_filter
from first_light.dbt.source_plan import PlannedTable, read_plan, tables_of
from first_light.history.raw_location import RawFolder, raw_place
from first_light.ingest import land
from first_light.project import set_aside as listed
from first_light.project.layers import staging_model
from first_light.project.product import Product, now
from first_light.project.set_aside import SetAside
from first_light.sampling.cut import cut
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_together
from first_light.warehouse.kinds import is_server, warehouse_type


@dataclass(frozen=True)
class Done:
    """What `set-aside` did.

    Attributes:
        entries: the new entries of the list.
        edited: the files of the repository that changed.
        notes: what is left to do; sentences.
    """

    entries: tuple[SetAside, ...]
    edited: tuple[str, ...]
    notes: tuple[str, ...]


def set_aside(
    product: Product,
    files: Sequence[str],
    because: str,
    replacement: str | None,
    progress: Callable[[str], None],
) -> Done:
    """Record that files in raw are not read, and add the file that replaces one.

    Args:
        product: the product.
        files: their paths below raw, such as takings/takings_2024-01.csv.
        because: the reason.
        replacement: a file to add to raw in the place of the only file, or the path below raw of
            one that is there.
        progress: shows what is being done right now.

    Raises:
        DataopsError: a file is not in raw or is set aside already, no source reads it, a table
            would have no file, or the replacement cannot be read. The repository is unchanged.
    """
    if replacement and len(files) > 1:
        raise DataopsError(
            "One file replaces one file.",
            where=", ".join(files),
            fix="run the command for each file that is replaced",
        )
    place = raw_place(product)
    in_folder = isinstance(place, RawFolder)
    progress("listing raw")
    names = frozenset(name.name for name in place.files(product.target / "raw-seen.json"))
    if in_folder:  # as a shell completes them
        files = [f if f in names else f.removeprefix(f"{place.spelled}/") for f in files]
    listed_entries = listed.read(product.root)
    plan = read_plan(product.root)
    reason, today = " ".join(because.split()), now().date().isoformat()
    entries: list[SetAside] = []
    readers: dict[str, list[PlannedTable]] = {}
    for file in dict.fromkeys(files):
        checked = _checked(file, because, names, listed_entries, plan)
        entries.append(SetAside(file, reason, today))
        readers[entries[-1].table] = checked
    if replacement and not (replacement in names and not Path(replacement).is_file()):
        if not in_folder:
            raise DataopsError(
                "A file cannot be added to a bucket from here.",
                where=replacement,
                fix="upload it beside the wrong file under a new name, then: uv run dataops "
                f'set-aside {files[0]} --replace-with {entries[0].table}/NAME --because "…"',
            )
        progress("adding the replacement")
        replacement = _landed(product, Path(replacement), [*listed_entries, *entries])
    if replacement:
        entries = [replace(entries[0], replaced_by=replacement)]
    _raise_if_only(entries, names - {each.file for each in (*listed_entries, *entries)})
    tables = [table for group in readers.values() for table in group]
    before = {name: (product.root / name).read_text(encoding="utf-8") for name in _files(tables)}
    edited = _recorded(product, entries, readers, before)
    notes = []
    if in_folder:
        progress("cutting the sample")
        try:
            cut(product.root, product.raw, product.sample, only={table.name for table in tables})
        except BaseException:
            write_together(product.root, {name: text.encode() for name, text in before.items()})
            raise
        edited = (*edited, *(f"sample/{folder}/" for folder in readers))
    else:
        notes.append("The sample may hold rows of the files: rebuild it where raw is a folder.")
    if is_server(product):
        load(product, progress)
    if not reads_files(warehouse_type(product)):
        models = ", ".join(staging_model(table.name) for table in tables)
        notes.append(
            "Rows of the files that are loaded into the tables of raw are still read: leave them "
            f"out in {models} (uv run dataops docs deliveries), or let the loader do it."
        )
    return Done(tuple(entries), edited, tuple(notes))


def _raise_if_only(entries: Sequence[SetAside], kept: Collection[str]) -> None:
    """Check that each table of the new entries still has a file.

    Raises:
        DataopsError: one has none.
    """
    for entry in entries:
        remaining = {*kept, entry.replaced_by}
        if any(name.startswith(f"{entry.table}/") for name in remaining):
            continue
        only = [each.file for each in entries if each.table == entry.table]
        raise DataopsError(
            f"{only[0]} is the only file of its table, so its source would have no columns."
            if len(only) == 1
            else f"{entry.table} has no other files, so its source would have no columns.",
            where=listed.FILE,
            fix="name the file that replaces it: --replace-with PATH",
        )


def _checked(
    file: str,
    because: str,
    names: frozenset[str],
    entries: tuple[SetAside, ...],
    plan: tuple[PlannedTable, ...],
) -> list[PlannedTable]:
    """The source tables that read a file, which can be set aside.

    Raises:
        DataopsError: it cannot.
    """
    if not because.strip():
        raise DataopsError("A file is set aside for a reason.", file, 'add --because "…"')
    if file not in names:
        similar = sorted(name for name in names if name.endswith(f"/{Path(file).name}"))
        raise DataopsError(
            "There is no such file in raw.",
            where=file,
            fix=f"name it by its path below raw: {similar[0]}"
            if similar
            else "name it by its path below raw, such as orders/orders_1.csv",
        )
    for entry in entries:
        if file == entry.file:
            raise DataopsError(
                f"{entry.file} is set aside already: {entry.because}",
                where=listed.FILE,
                fix="edit its entry, or remove it to read the file again",
            )
    folder = file.partition("/")[0]
    readers = tables_of(plan, folder)
    if not readers or not listed.can_be_named(file):
        raise DataopsError(
            "No source reads this file in a way that a single file can be left out of.",
            where=file,
            fix="change external_location of its source by hand",
        )
    return readers


def _landed(product: Product, path: Path, entries: list[SetAside]) -> str:
    """Add the replacement to raw; its path there.

    Raises:
        DataopsError: it is not one file, or its bytes are in raw already.
    """
    left_out = [entry.file for entry in entries]
    (table, *_) = land(path, product.raw, set_aside=left_out, replaces=left_out[-1])
    if len(table.added) != 1:
        raise DataopsError(
            "The replacement is not one new file.",
            where=str(path),
            fix="name one file that is not in raw yet",
        )
    return table.added[0].relative_to(product.raw).as_posix()


def _files(readers: list[PlannedTable]) -> list[str]:
    """The files of the repository that an entry changes."""
    return list(dict.fromkeys([listed.FILE, *(table.where for table in readers)]))


def _recorded(
    product: Product,
    entries: Sequence[SetAside],
    readers: Mapping[str, list[PlannedTable]],
    before: Mapping[str, str],
) -> tuple[str, ...]:
    """Write the entries and the filter of the sources; the files that changed."""
    texts = dict(before)
    for entry in entries:
        texts[listed.FILE] = listed.with_entry(texts[listed.FILE], entry)
    for folder, tables in readers.items():
        for table in tables:
            texts[table.where] = with_filter(texts[table.where], table, folder)
    edited = [name for name, text in texts.items() if text != before[name]]
    write_together(product.root, {name: texts[name].encode() for name in edited})
    return tuple(edited)
