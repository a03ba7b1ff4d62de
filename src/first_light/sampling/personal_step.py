"""Values of personal columns in the files of a repository, as one step of `dataops check`."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from first_light.dbt.manifest import Manifest
from first_light.dbt.source_plan import PlannedTable, marked_columns, read_plan
from first_light.privacy import repository_values as search
from first_light.privacy.kinds import EMAIL
from first_light.privacy.repository_values import RealValue
from first_light.project import personal_files
from first_light.project.personal_files import PersonalPlace
from first_light.project.product import Product
from first_light.project.source_table import ROOT
from first_light.sampling import calls
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, SKIPPED, Step
from first_light.warehouse.personal_texts import load_personal, texts_in
from first_light.warehouse.scratch import Connection, EngineError, temporary

NAME: Final = personal_files.STEP
REPLACEMENTS: Final = "target/personal/replacements.txt"

_MOST_BYTES = 1_000_000_000  # of one table in raw: reading it takes seconds
_MEMORY = "500MB"


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
    contents = personal_files.contents_of(product)
    known_words = personal_files.words_in(contents)
    raw = _raw(product)
    with temporary("dataops-personal-", _MEMORY) as (connection, _):
        if raw is not None:
            read = _real_values(connection, tables, raw, product.sample, known_words)
        else:
            read = _Read(list(_unmasked(connection, tables, product.sample)), ())
    found = personal_files.personal_places(product, contents, read.values, manifest.owners)
    places = found.refused
    shutil.rmtree(product.root / Path(REPLACEMENTS).parent, ignore_errors=True)
    seconds = time.monotonic() - begin
    count = len(contents)
    summary = f"{count} files" + (", compared with raw" if raw else "; raw is not here")
    if not places:
        notes = [*found.notes, *read.notes]
        if raw is not None and not read.notes and found.unused:
            notes.append(f"accepted, but in no file any more: {', '.join(found.unused)}")
        return Step(NAME, PASSED, seconds, "; ".join((summary, *notes)))
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
            load_personal(connection, table, raw, "of_raw")
            load_personal(connection, table, sample, "of_sample")
            for column, kind in table.personal.items():
                masks = set(texts_in(connection, "of_sample", column))
                in_raw = {
                    value
                    for value in texts_in(connection, "of_raw", column)
                    if search.key_word(value) in known_words
                }
                values += search.real_values(in_raw, masks, f"{table.name}.{column}", kind)
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
                load_personal(connection, table, sample, "of_sample")
                values = sorted(set(texts_in(connection, "of_sample", column)))
            except EngineError:
                continue
            domains = {value: value.rpartition("@")[2].lower().split(".") for value in values}
            real = [value for value in values if "example" not in domains[value][-2:]]
            in_raw = [value for value in real if "@" in value]
            yield from search.real_values(in_raw, (), f"{table.name}.{column}", kind)


def _bytes(patterns: Iterable[str], raw: Path) -> int:
    files: set[Path] = set()
    for pattern in patterns:
        files.update(raw.glob(pattern.removeprefix(f"{ROOT}/")))
    return sum(file.stat().st_size for file in files if file.is_file())


def _details(product: Product, places: Sequence[PersonalPlace]) -> tuple[str, ...]:
    """Each place without its value, and what to do."""
    paths = {place.path for place in places}
    advice = [*personal_files.advice_on(places), *personal_files.acceptance_of(places)]
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
    return (personal_files.lines_of(places), "\n".join(advice))


def _write_replacements(path: Path, places: Iterable[PersonalPlace]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(search.replacements(place.value for place in places))
