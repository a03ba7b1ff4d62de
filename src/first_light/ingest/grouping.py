"""Which delivered files belong to which table, and what the tables are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from first_light.ingest import naming
from first_light.ingest.formats import Kind
from first_light.ingest.prepare import Piece
from first_light.project.source_table import SOURCE, system_of, table_name, without_system
from first_light.utils.errors import DataopsError
from first_light.utils.name_lists import listed


def pieces_by_table(
    pieces: Sequence[Piece],
    raw: Path,
    reserved: frozenset[str],
    columns_of: Callable[[str], Sequence[str]],
    system: str = "",
) -> dict[str, list[Piece]]:
    """Which pieces are which table.

    Args:
        pieces: the pieces of one delivery.
        raw: the root of raw.
        reserved: words that are no names of tables.
        columns_of: gives the columns of a table that raw has.
        system: where they come from; empty where that was not named.

    Raises:
        DataopsError: what cannot be a table, or tables of systems without the name of one.
    """
    folders = {folder.name for folder in raw.iterdir()} if raw.is_dir() else set()
    known = {without_system(name) for name in folders if system_of(name) == system}
    prefix = table_name(system or SOURCE, "")
    by_base: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_base.setdefault(_base(piece, reserved), []).append(piece)
    tables: dict[str, list[Piece]] = {}
    for base, group in by_base.items():
        _raise_if_header_lacks(base, group)
        if _alike(group):
            for piece in group:
                full = naming.identifier(piece.label, reserved)
                tables.setdefault(full if full in known else base, []).append(piece)
        else:
            for piece in group:
                full = naming.identifier(piece.label, reserved) or base
                tables.setdefault(full, []).append(piece)
    tables = _monthly(_numbered(tables, known, reserved), known, reserved)
    tables = _without_prefix(tables, known, reserved)
    tables = _continued(tables, known, reserved, lambda name: columns_of(f"{prefix}{name}"))
    for name, group in tables.items():
        if not system and name not in known:
            _raise_if_of_systems(name, group, folders)
        check_group(f"{prefix}{name}", group)
    return {f"{prefix}{name}": group for name, group in tables.items()}


def _raise_if_of_systems(name: str, group: Sequence[Piece], folders: set[str]) -> None:
    """Rejects more files of a table that raw has of named systems, where none was named."""
    systems = sorted(system_of(folder) for folder in folders if without_system(folder) == name)
    if systems:
        place = group[0].member.place
        raise DataopsError(
            f"{name} is a table of {listed(systems)}, and the system of this file was not named.",
            place,
            f"uv run dataops add {systems[0]}=PATH" + (", or another system" * (len(systems) > 1)),
        )


def _base(piece: Piece, reserved: frozenset[str]) -> str:
    """The name of a piece's table: its label without a date, or the folder it lay in."""
    if name := naming.identifier(_plain(piece), reserved):
        return name
    raise DataopsError(
        "No table name can be derived from this file name.",
        piece.member.place,
        "give the file a name with Latin letters, for example orders.csv",
    )


def _plain(piece: Piece) -> str:
    """The label of a piece without dates; its holder's, where the label only says which piece."""
    plain = ""
    for label in (piece.label, piece.holder):
        plain = naming.without_date(label)
        # orders_2024-01-01_2 is the second delivery of that day
        numberless = naming.without_serial(label)
        if plain == label.strip() and naming.without_date(numberless) != numberless:
            plain = naming.without_date(numberless)
        if plain and not naming.is_piece(plain):
            return plain
    return plain


def _numbered(
    tables: dict[str, list[Piece]], known: set[str], reserved: frozenset[str]
) -> dict[str, list[Piece]]:
    """Joins orders_1, orders_2, … to one table, where they have the same columns."""
    by_stem: dict[str, list[str]] = {}
    for name, group in tables.items():
        stem = naming.identifier(naming.without_serial(_plain(group[0])), reserved)
        if name not in known and stem and stem != name and len(group) == 1:
            by_stem.setdefault(stem, []).append(name)
    for stem, names in by_stem.items():
        group = [piece for name in names for piece in tables[name]] + tables.get(stem, [])
        if (len(group) > 1 or stem in known) and _same(group):
            for name in (*names, stem):
                tables.pop(name, None)
            tables[stem] = group
    return tables


def _without_prefix(
    tables: dict[str, list[Piece]], known: set[str], reserved: frozenset[str]
) -> dict[str, list[Piece]]:
    """Calls raw_orders plain orders, where that name is free: what it is called for is no name."""
    renamed = {}
    for name, group in tables.items():
        in_schema = all(piece.label.lower().startswith("public.") for piece in group)
        bare = naming.identifier(naming.without_layer(name, in_schema), reserved)
        is_free = bare and bare not in tables and name not in known
        renamed[bare if is_free else name] = group
    return renamed


def _monthly(
    tables: dict[str, list[Piece]], known: set[str], reserved: frozenset[str]
) -> dict[str, list[Piece]]:
    """Joins orders_jan, orders_feb, …, orders_q1, to one table, where columns are equal."""
    by_stem: dict[str, dict[str, str]] = {}
    for name, group in tables.items():
        rest, period = naming.without_period(_plain(group[0]))
        stem = naming.identifier(rest or group[0].holder, reserved)
        if period and name not in known and stem and stem != name:
            by_stem.setdefault(stem, {})[name] = period
    for stem, periods in by_stem.items():
        group = [piece for name in periods for piece in tables[name]] + tables.get(stem, [])
        if (len(set(periods.values())) > 1 or stem in known) and _same(group):
            for name in (*periods, stem):
                tables.pop(name, None)
            tables[stem] = group
    return tables


def _continued(
    tables: dict[str, list[Piece]],
    known: set[str],
    reserved: frozenset[str],
    columns_of: Callable[[str], Sequence[str]],
) -> dict[str, list[Piece]]:
    """Puts orders_feb into the table orders_jan that raw has, where it has the same columns.

    An earlier delivery of one file could not say that its month or number is none of the name, and
    words were once parted in another way: mwst may be mw_st in raw.
    """
    stems: dict[str, list[str]] = {}
    for name in sorted(known):
        for stem in _stems(name, reserved):
            stems.setdefault(stem, []).append(name)
    continued: dict[str, list[Piece]] = {}
    for name, group in tables.items():
        earlier = {
            table
            for stem in _stems(_plain(group[0]), reserved)
            for table in stems.get(stem, ())
            if name not in known and _has_columns(group, columns_of(table))
        }
        if len(earlier) == 1:
            name = earlier.pop()
            why = f"a part of the table {name}, which has the same columns"
            group = [replace(piece, notes=(*piece.notes, why)) for piece in group]
        continued.setdefault(name, []).extend(group)
    return continued


def _stems(plain: str, reserved: frozenset[str]) -> set[str]:
    """What is left of a name without its month or its number, marked by which of them it had."""
    rest, period = naming.without_period(plain)
    numberless = naming.without_serial(plain)
    stems = {f"letters {naming.identifier(plain, reserved).replace('_', '')}"}
    if period and rest:
        stems.add(f"period {naming.identifier(rest, reserved)}")
    if numberless and numberless != plain.strip():
        stems.add(f"number {naming.identifier(numberless, reserved)}")
    return stems


def _has_columns(group: Sequence[Piece], columns: Sequence[str]) -> bool:
    expected = {name.lower() for name in columns}
    filled = [piece for piece in group if not piece.member.empty]
    return bool(filled) and all(
        {name.lower() for name in piece.columns} == expected for piece in filled
    )


def check_group(name: str, group: Sequence[Piece]) -> None:
    kinds = {piece.kind: piece for piece in group}
    if len(kinds) > 1:
        raise DataopsError(
            f"These files would be one table, {name}, but have different formats.",
            listed([piece.member.place for piece in kinds.values()]),
            "leave one out, or rename it",
        )
    _raise_if_header_lacks(name, group)
    if not _alike(group):
        raise DataopsError(
            f"These files would be one table, {name}, but have different columns.",
            listed([piece.member.place for piece in group]),
            "rename one of them; or, if two systems have such a table, add each of them as "
            "SYSTEM=PATH",
        )
    _check_delims(name, group)


def _raise_if_header_lacks(name: str, group: Sequence[Piece]) -> None:
    """Rejects a file whose columns have no names, while another one of its table names as many."""
    bare = next((piece for piece in group if _is_bare(piece)), None)
    if bare is None:
        return
    for piece in group:
        if not _is_bare(piece) and len(piece.columns) == len(bare.columns):
            header = (bare.delims[0] if bare.delims else ",").join(piece.columns)
            fix = f"put it above the first line of {bare.file}, then repeat the command: {header}"
            if bare.member.place.endswith(" in raw"):  # whose files are never changed
                fix = f"take the header line out of {piece.file}, then repeat the command"
            raise DataopsError(
                f"{bare.file} has no header line, unlike {piece.file} of the same table {name}.",
                bare.member.place,
                fix,
            )


def _is_bare(piece: Piece) -> bool:
    """Whether a file has the header that is written where it has none."""
    names = tuple(f"column{at}" for at in range(1, len(piece.columns) + 1))
    return bool(names) and piece.kind is Kind.CSV and piece.columns == names


def _check_delims(name: str, group: Sequence[Piece]) -> None:
    delims = {piece.delims[0]: piece for piece in group if len(piece.delims) == 1}
    if len(delims) > 1:
        spelled = " and ".join(f"'{'tab' if delim == chr(9) else delim}'" for delim in delims)
        raise DataopsError(
            f"These files would be one table, {name}, but have the delimiters {spelled}.",
            listed([piece.member.place for piece in delims.values()]),
            "export them with the same delimiter, or rename one of them",
        )


def _alike(group: Sequence[Piece]) -> bool:
    """Whether each piece shares at least half of its columns with the first one."""
    filled = [piece for piece in group if not piece.member.empty]
    first = {name.lower() for name in filled[0].columns} if filled else set()
    for piece in filled[1:]:
        other = {name.lower() for name in piece.columns}
        if 2 * len(first & other) < max(len(first), len(other)):
            return False
    return True


def _same(group: Sequence[Piece]) -> bool:
    filled = [piece for piece in group if not piece.member.empty]
    return len({frozenset(name.lower() for name in piece.columns) for piece in filled}) <= 1
