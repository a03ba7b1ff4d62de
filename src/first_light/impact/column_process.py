"""Base, built by a process of its own while this one builds head.

Building is Python's work, one core a process, so two processes build both sides in the time of one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from first_light.dbt.engine import open_engine
from first_light.dbt.manifest import Manifest
from first_light.dbt.project_lineage import with_ancestors
from first_light.impact.base import BaseSide, Built, base_manifest
from first_light.project import settings
from first_light.utils.errors import DataopsError
from first_light.utils.variables import variable

# Below that, starting dbt once more takes longer than building what it would build.
_WORTH = 40


class SeparateBuild:
    """A build of base that goes on meanwhile.

    Args:
        base: with all that comes before already built; nobody else may use it until `wait`.
        names: unique ids to build.
    """

    def __init__(self, base: BaseSide, names: Sequence[str]) -> None:
        self._base = base
        self._process = subprocess.Popen(
            [sys.executable, "-m", "first_light.impact.column_process", str(base.folder)],
            env={**os.environ, variable("dbt_engine"): settings.current().dbt_engine},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it ended already; `wait` says why
            try:
                request = {"environment": base.environment, "wanted": [*names]}
                json.dump(request, self._process.stdin)
            finally:
                self._process.stdin.close()
        self._process.stdin = None

    def wait(self) -> dict[str, Built]:
        """Everything that now stands.

        Raises:
            DataopsError: dbt could not run at all.
        """
        _, errors = self._process.communicate()
        if self._process.returncode:
            raise DataopsError("The base commit could not be built.", where=errors.strip()[-2000:])
        return self._base.built

    def stop(self) -> None:
        """End it, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def separable(base: Manifest, names: Collection[str], reached: Collection[str]) -> list[str]:
    """What of `wanted` may be built beside head; the rest goes before, head starts on top of it.

    Args:
        base: its resources.
        names: unique ids in base that are needed.
        reached: those of them that head builds anew.
    """
    # A snapshot of head goes on from what base's holds.
    early = {name for name in names if name not in reached or base.nodes[name].kind == "snapshot"}
    return sorted(set(names) - with_ancestors(base, early))


def is_worthwhile(base: BaseSide, later: Sequence[str]) -> bool:
    """Whether cores allow it, and there is enough to do."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    built = base.built
    return (cores or 1) > 1 and sum(name not in built for name in later) >= _WORTH


def main() -> None:
    """In the process of its own."""
    folder, task = Path(sys.argv[1]), json.load(sys.stdin)
    dbt = open_engine(folder / "tree", "ci", folder / "dbt", task["environment"])
    try:
        BaseSide(folder, base_manifest(folder), dbt, False).build(task["wanted"])
    except DataopsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
