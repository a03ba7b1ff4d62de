"""`dataops set-aside`: a file in raw that is wrong is no longer read; another may replace it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from first_light.commands.sample import load
from first_light.dbt.source_filter import with_filter
from first_light.dbt.source_plan import PlannedTable, read_plan, tables_of
from first_light.history.raw_location import RawFolder, raw_place
from first_light.ingest import land
from first_light.project import set_aside as listed
from first_light.project.product import Product, now
from first_light.project.set_aside import SetAside
from first_light.sampling.cut import cut
from first_light.utils.errors import DataopsError
from first_light.warehouse.server import is_server


@dataclass(frozen=True)
class Done:
    """What `set-aside` did.

    Attributes:
        entry: the new entry of the list.
        edited: the files of the repository that changed.
        notes: what is left to do; sentences.
    """

    entry: SetAside
    edited: tuple[str, ...]
    notes: tuple[str, ...]


def set_aside(
    product: Product,
    file: str,
    because: str,
    replacement: str | None,
    progress: Callable[[str], None],
) -> Done:
    """Record that a file in raw is not read, and add the file that replaces it.

    Args:
        product: the product.
        file: its path below raw, such as takings/takings_2024-01.csv.
        because: the reason.
        replacement: a file to add to raw in its place, or the path below raw of one that is there.
        progress: shows what is being done right now.

    Raises:
        DataopsError: the file is not in raw or is set aside already, no source reads it, it is the
            only file of its table, or the replacement cannot be read. The repository is unchanged.
    """
    place = raw_place(product)
    in_folder = isinstance(place, RawFolder)
    progress("listing raw")
    names = frozenset(name.name for name in place.files(product.target / "raw-seen.json"))
    if in_folder and file not in names:  # as a shell completes it
        file = file.removeprefix(f"{place.spelled}/")
    entries = listed.read(product.root)
    plan = read_plan(product.root)
    readers = _checked(file, because, names, entries, plan)
    entry = SetAside(file, " ".join(because.split()), now().date().isoformat())
    if replacement and not (replacement in names and not Path(replacement).is_file()):
        if not in_folder:
            raise DataopsError(
                "A file cannot be added to a bucket from here.",
                where=replacement,
                fix="upload it beside the wrong file under a new name, then: uv run dataops "
                f'set-aside {file} --replace-with {entry.table}/NAME --because "…"',
            )
        progress("adding the replacement")
        replacement = _landed(product, Path(replacement), [*entries, entry])
    entry = SetAside(entry.file, entry.because, entry.date, replacement or "")
    remaining = names - {each.file for each in (*entries, entry)} | {entry.replaced_by}
    if not any(name.startswith(f"{entry.table}/") for name in remaining):
        raise DataopsError(
            f"{file} is the only file of its table, so its source would have no columns.",
            where=listed.FILE,
            fix="name the file that replaces it: --replace-with PATH",
        )
    before = {name: (product.root / name).read_text(encoding="utf-8") for name in _files(readers)}
    edited = _recorded(product, entry, readers, before)
    notes = []
    if in_folder:
        progress("cutting the sample")
        try:
            cut(product.root, product.raw, product.sample, only={table.name for table in readers})
        except BaseException:
            for name, text in before.items():
                (product.root / name).write_text(text, encoding="utf-8")
            raise
        edited = (*edited, f"sample/{entry.table}/")
    else:
        notes.append("The sample may hold rows of the file: rebuild it where raw is a folder.")
    if is_server(product):
        load(product, progress)
        notes.append(
            "Rows of the file that are loaded into the schema raw are still read: leave them out "
            f"in stg_{readers[0].name} (uv run dataops docs deliveries), or let the loader do it."
        )
    return Done(entry, edited, tuple(notes))


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
    product: Product, entry: SetAside, readers: list[PlannedTable], before: Mapping[str, str]
) -> tuple[str, ...]:
    """Write the entry and the filter of the sources; the files that changed."""
    texts = dict(before)
    texts[listed.FILE] = listed.with_entry(texts[listed.FILE], entry)
    for table in readers:
        texts[table.where] = with_filter(texts[table.where], table, entry.table)
    edited = [name for name, text in texts.items() if text != before[name]]
    for name in edited:
        (product.root / name).write_text(texts[name], encoding="utf-8")
    return tuple(edited)
