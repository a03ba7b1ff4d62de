"""The step of a check that measures the test strength of changed models, if a team wants it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from first_light.dbt.manifest import Manifest, read_manifest
from first_light.mutation.drafts_file import FILE, write_drafts
from first_light.mutation.result import Strength
from first_light.mutation.run import measure
from first_light.project import settings
from first_light.project.product import Product
from first_light.utils.steps import FAILED, PASSED, SKIPPED, WARNED, Problem, Step
from first_light.warehouse.kinds import warehouse_type
from first_light.warehouse.scratch import DIALECT

NAME = "test strength"
_MOST = 100  # changes that one check tries


def is_wanted() -> bool:
    """Whether the team wants this step."""
    return settings.current().check_test_strength != "off"


def step(
    product: Product,
    folder: Path,
    files: Collection[str],
    has_failed: bool,
    progress: Callable[[str], None],
) -> Step:
    """Change the SQL of changed models, one place at a time, and say what nothing stops.

    Args:
        product: the product.
        folder: where dbt wrote the manifest in this check.
        files: the files of the change.
        has_failed: whether another step of the check has failed; then nothing is measured.
        progress: shows what is being done.

    Raises:
        DataopsError: the product cannot be compiled or built on its sample.
    """
    if has_failed:
        return Step(NAME, SKIPPED, 0.0, "measured once the other steps pass")
    names = changed_models(read_manifest(folder / "manifest.json"), files)
    if reason := _skip_reason(names, warehouse_type(product)):
        return Step(NAME, SKIPPED, 0.0, reason)
    begin = time.monotonic()
    strength = measure(product, progress, names, _MOST, only_measurable=True)
    write_drafts(product, strength)
    judged = judge(strength, names, fails=settings.current().check_test_strength == "fail")
    return replace(judged, seconds=time.monotonic() - begin)


def changed_models(manifest: Manifest, files: Collection[str]) -> tuple[str, ...]:
    """Names of the models whose SQL is in these files."""
    return tuple(
        sorted(
            node.name
            for node in manifest.of("model")
            if node.path in files and node.path.endswith(".sql")
        )
    )


def _skip_reason(names: Collection[str], warehouse: str) -> str:
    if not names:
        return "the change has no SQL of a model"
    if warehouse != DIALECT:
        return "measured with the SQL of the embedded engine only"
    return ""


def judge(strength: Strength, names: Collection[str], fails: bool) -> Step:
    """The verdict on a measurement.

    Args:
        strength: what was measured.
        names: the models whose SQL was changed.
        fails: whether a change that nothing stops fails the check.
    """
    repeat = f"uv run dataops mutate {' '.join(names)}"
    survivors = strength.survivors
    lost = [f"{name} is not measured: {why}" for name, why in _left_out(strength, names)]
    lost += [f"{name} fails without any change" for name in strength.failing]
    return Step(
        NAME,
        PASSED if not survivors else FAILED if fails else WARNED,
        0.0,
        "; ".join([_counts(strength), *lost]),
        tuple(f"{survivor.place}\nnothing stops {survivor.change}" for survivor in survivors),
        repeat if survivors else "",
        problems=tuple(
            Problem(
                f"Nothing stops {survivor.change}",
                survivor.place,
                f"add the unit test of {survivor.model} from {FILE.as_posix()}",
            )
            for survivor in survivors
        ),
    )


def _left_out(strength: Strength, names: Collection[str]) -> list[tuple[str, str]]:
    return [(name, why) for name, why in sorted(strength.left_out.items()) if name in names]


def _counts(strength: Strength) -> str:
    if not strength.judged:
        return "no change of the SQL alters a result on the sample"
    text = f"{strength.stopped} of {len(strength.judged)} changes are stopped"
    if declared := strength.stopped - strength.tested:
        text += f", {declared} only by a declaration"
    if strength.not_tried:
        text += f"; {strength.not_tried} were not tried"
    return text
