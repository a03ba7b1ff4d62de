"""Values of personal columns in the files of a repository, as one step of `dataops check`."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from first_light.dbt.manifest import Manifest
from first_light.dbt.source_plan import PlannedTable, marked_columns, read_plan
from first_light.privacy import repository_values as search
from first_light.privacy.json_text import parse_json
from first_light.privacy.kinds import ADDRESS, EMAIL, PERSON
from first_light.privacy.repository_values import RealValue, RealValues
from first_light.privacy.scrub import texts
from first_light.project import managed
from first_light.project.example import example_tables
from first_light.project.managed_list import digest
from first_light.project.product import Product
from first_light.project.source_table import ROOT
from first_light.sampling import calls
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.utils.steps import FAILED, PASSED, SKIPPED, Step
from first_light.warehouse.scratch import Connection, EngineError, temporary

NAME: Final = "personal values in files"
REPLACEMENTS: Final = "target/personal/replacements.txt"

_MOST_BYTES = 1_000_000_000  # of one table in raw: reading it takes seconds
_LARGEST_FILE = 20_000_000
_SHOWN = 20
_STALE_SHARE = 0.2  # of a masked column, less is in raw by chance
_BY_CHANCE = 0.2  # of the lines of a file of the sample: fewer towns have the name of somebody
_MEMORY = "500MB"
_LOCKS = ("uv.lock", "package-lock.yml")
_OWNERS = ("CODEOWNERS", ".copier-answers.yml")
_INVENTED = "example/"  # makes raw of the example: its people are written there


@dataclass(frozen=True)
class _Place:
    """Where a value is: the file, the line from 1, and the value."""

    path: str
    line: int
    value: RealValue


@dataclass(frozen=True)
class _Read:
    """The values to look for, and what could not be read."""

    values: list[RealValue]
    notes: tuple[str, ...]


def step(product: Product, manifest: Manifest) -> Step:
    """Whether a file of the repository holds a value of a column that is marked as personal.

    The values are those of raw. Where raw is not here, as in a pipeline, only e-mail addresses in
    the sample that are no masks are known to be real.

    Args:
        product: the product.
        manifest: names the owners, whose addresses are in files on purpose.
    """
    begin = time.monotonic()
    try:
        tables = [table for table in read_plan(product.root) if table.personal]
    except DataopsError as error:  # a project whose sources are no files
        if marked := _marked(product):
            reason = f"{marked} columns are marked as personal, but were not read: {error.message}"
            return Step(NAME, SKIPPED, 0.0, reason)
        tables = []
    if not tables:
        return Step(NAME, SKIPPED, 0.0, "no column of a source is marked as personal")
    contents = dict(_contents(product))
    known_words = set().union(*(search.words_of(text) for text in contents.values()), {""})
    raw = _raw(product)
    with temporary("dataops-personal-", _MEMORY) as (connection, _):
        if raw is not None:
            read = _real_values(connection, tables, raw, product.sample, known_words)
        else:
            read = _Read(list(_unmasked(connection, tables, product.sample)), ())
    owners = _owners(product, manifest)
    values = [value for value in read.values if value.text.strip().lower() not in owners]
    places = _without_namesakes(list(_places(contents, RealValues(values))), contents)
    shutil.rmtree(product.root / Path(REPLACEMENTS).parent, ignore_errors=True)
    seconds = time.monotonic() - begin
    count = len(contents)
    summary = f"{count} files" + (", compared with raw" if raw else "; raw is not here")
    if not places:
        return Step(NAME, PASSED, seconds, "; ".join((summary, *read.notes)))
    details = _details(product, places)
    where = len({place.path for place in places})
    return Step(NAME, FAILED, seconds, f"{where} of {summary}", details, "uv run dataops check")


def _marked(product: Product) -> int:
    try:
        return len(marked_columns(product.root))
    except DataopsError:  # no YAML: dbt names the file
        return 0


def _raw(product: Product) -> Path | None:
    """The folder of raw; None where it is not here, as in a pipeline that checks a change."""
    try:
        raw = product.raw
    except DataopsError:  # a URL
        return None
    is_raw = raw.is_dir() and raw.resolve() != product.sample.resolve()
    return raw if is_raw and any(raw.iterdir()) else None


def _contents(product: Product) -> Iterator[tuple[str, str]]:
    """The text of every file that git has or would take, except what the template wrote."""
    written = managed.manifest(product.root) or {}
    invented = _INVENTED if example_tables(product) else "\0"
    listed = product.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in sorted(set(filter(None, listed.split("\0")))):
        path = product.root / name
        if Path(name).name in (*_LOCKS, *_OWNERS) or name.startswith(invented):
            continue
        if path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size <= _LARGEST_FILE:
            content = path.read_bytes()
            if b"\0" not in content and written.get(name) != digest(content):
                yield name, content.decode("utf-8", errors="replace")


def _real_values(
    connection: Connection,
    tables: Sequence[PlannedTable],
    raw: Path,
    sample: Path,
    known_words: Collection[str],
) -> _Read:
    """The values of raw that can be in the files; without masks that are in raw by chance."""
    values: list[RealValue] = []
    notes: list[str] = []
    for table in tables:
        try:
            call = calls.parse(connection, table)
            if _bytes(call.patterns, raw) > _MOST_BYTES:
                notes.append(f"{table.name} is too large to be compared")
                continue
            _load(connection, table, raw, "of_raw")
            _load(connection, table, sample, "of_sample")
            for column, kind in table.personal.items():
                masks = set(_values(connection, "of_sample", column))
                in_raw = {
                    value
                    for value in _values(connection, "of_raw", column)
                    if search.key_word(value) in known_words
                }
                by_chance = in_raw & masks
                if len(by_chance) >= max(_STALE_SHARE * len(masks), 1):
                    by_chance = set()
                values += _reached(in_raw - by_chance, table, column, kind)
        except (DataopsError, EngineError):
            notes.append(f"{table.name} could not be read")
    return _Read(values, tuple(notes))


def _unmasked(
    connection: Connection, tables: Sequence[PlannedTable], sample: Path
) -> Iterator[RealValue]:
    """E-mail addresses in the sample whose domain is not reserved: no mask has such a domain."""
    for table in tables:
        for column, kind in table.personal.items():
            if kind != EMAIL:
                continue
            try:
                _load(connection, table, sample, "of_sample")
                values = sorted(set(_values(connection, "of_sample", column)))
            except EngineError:
                continue
            domains = {value: value.rpartition("@")[2].lower().split(".") for value in values}
            real = [value for value in values if "example" not in domains[value][-2:]]
            yield from _reached((v for v in real if "@" in v), table, column, kind)


def _load(connection: Connection, table: PlannedTable, root: Path, name: str) -> None:
    """Read the personal columns of a table once."""
    columns = ", ".join(quoted(column) for column in table.personal)
    connection.execute(
        f"create or replace table {name} as select {columns} from {table.relation(root)}"
    )


def _values(connection: Connection, name: str, column: str) -> Iterator[str]:
    cursor = connection.execute(
        f"select distinct {quoted(column)} from {name} where {quoted(column)} is not null"
    )
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            yield from _parts(row[0])


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value[:1] in ("{", "[") and (parsed := parse_json(value)):
        value = parsed
    yield from texts(value)


def _reached(
    found: Iterable[str], table: PlannedTable, column: str, kind: str
) -> Iterator[RealValue]:
    for text in sorted(found):
        if (reach := search.reach(kind, text)) is not None:
            yield RealValue(text, f"{table.name}.{column}", kind, reach)


def _bytes(patterns: Iterable[str], raw: Path) -> int:
    files: set[Path] = set()
    for pattern in patterns:
        files.update(raw.glob(pattern.removeprefix(f"{ROOT}/")))
    return sum(file.stat().st_size for file in files if file.is_file())


def _owners(product: Product, manifest: Manifest) -> frozenset[str]:
    """Names and addresses that the team has written as its own, in lower case."""
    owners = [*manifest.groups.values(), *(node.owner for node in manifest.nodes.values())]
    given = [str(value) for owner in owners for value in owner.values()]
    given += [str(value) for value in product.answers.values()]
    return frozenset(text.strip().lower() for text in given)


def _places(contents: dict[str, str], values: RealValues) -> Iterator[_Place]:
    for path, text in contents.items():
        for number, line in enumerate(text.splitlines(), start=1):
            for value in values.find(line):
                yield _Place(path, number, value)


def _without_namesakes(places: Sequence[_Place], contents: dict[str, str]) -> list[_Place]:
    """Leave out single names and addresses in files of the sample, where few lines have one.

    Some towns and firms are called like somebody, and some firms are where somebody lives. A column
    of persons that nobody has marked has
    such a name in most lines. Settings of editors and pipelines hold words, but no data.
    """
    lines = {place.path: contents[place.path].splitlines() for place in places}
    places = [p for p in places if not (p.path.startswith(".") and _is_single_name(p))]
    doubtful = [p for p in places if _may_be_namesake(p, lines[p.path][p.line - 1])]
    numbers: dict[str, set[int]] = {}
    for place in doubtful:
        numbers.setdefault(place.path, set()).add(place.line)
    by_chance = {
        path for path, some in numbers.items() if len(some) < _BY_CHANCE * len(lines[path])
    }
    left_out = {id(place) for place in doubtful if place.path in by_chance}
    return [place for place in places if id(place) not in left_out]


def _may_be_namesake(place: _Place, line: str) -> bool:
    if not place.path.startswith("sample/"):
        return False
    is_address = place.value.kind == ADDRESS and search.is_cell(line, place.value.text.strip())
    return is_address or _is_single_name(place)


def _is_single_name(place: _Place) -> bool:
    return place.value.kind == PERSON and place.value.reach == search.LITERAL


def _details(product: Product, places: Sequence[_Place]) -> tuple[str, ...]:
    """Each place without its value, and what to do."""
    lines = [
        f"{place.path}:{place.line}: a value of {place.value.column} ({place.value.kind})"
        for place in places[:_SHOWN]
    ]
    if (more := len(places) - _SHOWN) > 0:
        lines.append(f"and {more} more")
    paths = {place.path for place in places}
    advice = ["Files must hold no value of a column that is marked as personal."]
    if any(path.startswith("sample/") for path in paths):
        advice.append("in sample/:  uv run dataops sample")
    if any(not path.startswith("sample/") for path in paths):
        advice.append("elsewhere:   write an invented value instead")
    committed = product.git("log", "--all", "--format=%h", "-1", "--", *sorted(paths), check=False)
    if committed:
        _write_replacements(product.root / REPLACEMENTS, places)
        advice += [
            "These files are in the history of git, which keeps them. This rewrites every commit,",
            "with the values replaced; push with --force afterwards, and have others clone again:",
            f"  uvx git-filter-repo --force --replace-text {REPLACEMENTS}",
            "It does not reach releases, previews, caches and artifacts of pipelines that were",
            "made before: delete them there. See: uv run dataops docs security",
        ]
    return ("\n".join(lines), "\n".join(advice))


def _write_replacements(path: Path, places: Iterable[_Place]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(search.replacements(place.value for place in places))
