"""Models that read each file of raw once: which of them a release builds from all files.

Such a model calls the macro `is_new_file`. It continues the rows of the current release with those
of new files, where that gives what a build from all files gives: `obstacle` says why not. Nothing
here reads a file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from first_light.dbt.manifest import NEW_FILES, Manifest, Node
from first_light.dbt.outside_reads import parsed

_INCREMENTAL = "incremental"
# What computes a row from other rows than its own.
_ACROSS = (
    *(exp.AggFunc, exp.Window, exp.Distinct, exp.Group, exp.Having, exp.Qualify),
    *(exp.Limit, exp.Offset, exp.Fetch, exp.TableSample, exp.Pivot, exp.SetOperation),
)


@dataclass(frozen=True)
class FilesRead:
    """What a release keeps of its models that read each file once.

    Attributes:
        run: its id.
        code: what changes with the code and the configuration of each model, by unique id.
        changed: the files of raw that changed while it was built.
        across: the models whose SQL computes rows from several rows, maybe of several files.
    """

    run: str
    code: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    across: tuple[str, ...] = ()


@dataclass(frozen=True)
class Increments:
    """What a release decides about its models that read each file once.

    Attributes:
        code: what changes with the code and the configuration of each of them, by unique id.
        new: the files that each one reads that continues the current release.
        obstacles: why the others are built from all files, where they could continue.
    """

    code: Mapping[str, str] = field(default_factory=dict)
    new: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    obstacles: Mapping[str, str] = field(default_factory=dict)

    def rebuilt(self, manifest: Manifest, kept: Collection[str] = ()) -> frozenset[str]:
        """The models that are built without the rows of the current release.

        Args:
            manifest: the project.
            kept: what is taken from the current release as it is.
        """
        below = manifest.graph.descendants(*self.obstacles)
        incremental = (name for name in below if _is_incremental(manifest, name))
        return frozenset({*self.obstacles, *incremental} - {*kept})


def models(manifest: Manifest) -> tuple[Node, ...]:
    """The incremental models that read each file once."""
    return tuple(
        node
        for node in manifest.of("model")
        if node.materialized == _INCREMENTAL and _calls_macro(node, manifest)
    )


def obstacle(
    model: str,
    code: str,
    read: FilesRead | None,
    before: Mapping[str, str],
    now: Mapping[str, str],
    set_aside: Collection[str] = (),
) -> str:
    """Why a model has to be built from all files; empty where the new ones are enough.

    Args:
        model: its unique id.
        code: what changes with its code and its configuration; empty if that is not known.
        read: what the current release kept, with the files of its source alone; None if nothing.
        before: the hash of each file of its source that the current release read, by name.
        now: the same of the files that there are now.
        set_aside: the names of files that are not read.
    """
    if read is None or model not in read.code:
        return "the current release does not say which files it read"
    if read.changed:
        return f"{read.changed[0]} changed while the current release was built"
    for name, hash_ in before.items():
        if name in set_aside:
            return f"{name} is set aside"
        if name not in now:
            return f"{name} is gone"
        if now[name] != hash_:
            return f"{name} was edited"
    if not code:
        return "its code may give another result from the same files"
    if code != read.code[model]:
        return "its code or its configuration changed, or what builds it"
    if model in read.across:
        return "its SQL computes rows from several rows, maybe of several files"
    return ""


def works_across_rows(sql: str) -> bool:
    """Whether compiled SQL computes rows from several rows; yes where that is not known.

    Rows of one file may be enough for it; that is not recognised.
    """
    tree = parsed(sql) if sql else None
    if tree is None or any(tree.find_all(*_ACROSS)):
        return True
    tables = list(tree.find_all(exp.Table))
    names = [table.name.lower() for table in tables if isinstance(table.this, exp.Identifier)]
    return len(names) != len(set(names)) or len(tables) - len(names) > 1


def _calls_macro(node: Node, manifest: Manifest) -> bool:
    """Whether it calls the macro, maybe through one of the team's."""
    called = manifest.macro_graph.ancestors(*node.macros)
    return node.reads_new_files or any(name.endswith(f".{NEW_FILES}") for name in called)


def _is_incremental(manifest: Manifest, name: str) -> bool:
    node = manifest.nodes.get(name)
    return node is not None and node.kind == "model" and node.materialized == _INCREMENTAL
