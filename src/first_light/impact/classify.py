"""Decide what a change means: pairs, keys, reasons, broken promises, declarations. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from first_light.dbt.manifest import Manifest, Node
from first_light.impact.findings import ADDED, MODIFIED, REMOVED, OtherChange
from first_light.impact.tables import TableDiff
from first_light.utils import sql_types

ROWS = ("model", "snapshot", "seed")
# `Data-Change: orders, orders_daily -- why`; a dash of any length, or a colon, before the reason.
_DECLARATION = re.compile(r"^(?P<names>[^:]+?)\s*(?:--+|[–—:])\s*(?P<why>\S.*)$", re.DOTALL)
TRAILER = "Data-Change"
# What stands for the reason in the line to paste; pasted as it is, it is none.
PLACEHOLDER = "WHY"


def holding_rows(manifest: Manifest) -> dict[str, Node]:
    """Models, snapshots and seeds, by unique id; ephemeral models have no rows of their own."""
    return {
        name: node
        for name, node in manifest.nodes.items()
        if node.kind in ROWS and node.materialized != "ephemeral"
    }


def pairs(base: Manifest, head: Manifest, renamed: Mapping[str, str]) -> dict[str, str]:
    """Head's unique ids → base's, for whatever both sides have, renamed or not.

    Args:
        base, head: the sides.
        renamed: new path → old path, as git sees it.
    """
    old, new = holding_rows(base), holding_rows(head)
    paired = {name: name for name in new if name in old}
    removed = {name: node for name, node in old.items() if name not in new}
    for name, node in sorted(new.items()):
        if name in old or not removed:
            continue
        candidates = [
            *(g for g, was in removed.items() if was.name == node.name and _is_new(node, new)),
            *(g for g, was in removed.items() if was.path == renamed.get(node.path)),
            *(g for g, was in removed.items() if was.checksum and was.checksum == node.checksum),
        ]
        match = next((g for g in candidates if removed[g].kind == node.kind), None)
        if match:
            paired[name] = match
            del removed[match]
    return paired


def _is_new(node: Node, nodes: Mapping[str, Node]) -> bool:
    """Whether it is the lowest version of its model: what stood before there were versions."""
    versions = [n.version for n in nodes.values() if n.name == node.name and n.version]
    return bool(node.version) and node.version == min(versions, key=_natural)


def _natural(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdecimal() else (1 << 30, version)


def label_of(node: Node) -> str:
    """A node's name for people."""
    return f"{node.name}.v{node.version}" if node.version else node.name


def owner(node: Node, manifest: Manifest) -> str:
    """Who to ask: the name and address of a group or of an exposure's owner."""
    person = node.owner or manifest.groups.get(node.group, {})
    name, email = str(person.get("name") or node.group), str(person.get("email") or "")
    return f"{name} <{email}>" if email and name != email else name or email


def keys_of(node: Node, manifest: Manifest) -> list[tuple[str, ...]]:
    """What should tell the rows of a node apart, most trusted first."""
    keys: list[tuple[str, ...]] = []
    if node.kind == "snapshot":
        if node.unique_key:
            keys.append((*_names(node.unique_key), "dbt_valid_from"))
        return keys
    for kind, columns in node.constraints:
        if kind in ("primary_key", "unique"):
            keys.append(columns)
    for column in node.columns:
        if "primary_key" in column.constraints:
            keys.append((column.name,))
    uniques = [
        test
        for test in manifest.nodes.values()
        if test.call is not None and test.attached_to == node.unique_id
    ]
    for test in uniques:
        assert test.call is not None
        if test.call.name == "unique" and test.call.column:
            keys.append((test.call.column,))
    for test in uniques:
        assert test.call is not None
        if test.call.name == "unique_combination_of_columns":
            keys.append(tuple(map(str, test.call.arguments.get("combination_of_columns") or ())))
    if node.unique_key:
        keys.append(_names(node.unique_key))
    if node.primary_key:
        keys.append(node.primary_key)
    return [key for key in dict.fromkeys(keys) if key]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def reasons(node: Node, head: Manifest, old: Node, base: Manifest) -> tuple[str, ...]:
    """What of a node was modified, in a reviewer's words; empty when nothing was."""
    reasons_ = []
    if node.checksum != old.checksum:
        reasons_.append("SQL" if node.kind == "model" else "file")
    for macro in sorted(_macros_called(node, head) | _macros_called(old, base)):
        if head.macros.get(macro) != base.macros.get(macro):
            reasons_.append(f"macro {macro.split('.')[-1]}")
    for label, before, after in (
        ("materialization", old.materialized, node.materialized),
        ("contract", (old.contract, _promise(old)), (node.contract, _promise(node))),
        ("access", old.access, node.access),
        ("unique_key", old.unique_key, node.unique_key),
        ("place", (old.schema, old.alias), (node.schema, node.alias)),
    ):
        if before != after:
            reasons_.append(label)
    for parent in sorted({*node.depends_on} | {*old.depends_on}):
        if parent.startswith("source."):
            was, now = base.nodes.get(parent), head.nodes.get(parent)
            if (was and was.relation) != (now and now.relation):
                reasons_.append(f"source {parent.split('.', 2)[-1]}")
    return tuple(reasons_)


def _promise(node: Node) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    return tuple((c.name, c.data_type, c.constraints) for c in node.columns if node.contract)


def _macros_called(node: Node, manifest: Manifest) -> set[str]:
    """Every macro that a node calls, directly or through another one."""
    return {*node.macros, *manifest.macro_graph.ancestors(*node.macros)}


def breaking(old: Node, new: Node | None, today: str) -> tuple[str, ...]:
    """The promises of a public contract in base that head no longer keeps.

    A type that holds every value of the old one exactly, such as a decimal for an integer, keeps
    the promise: the change of data still has to be declared.

    Args:
        old: the model in base.
        new: the same model, or the same version of it, in head; None when it is gone.
        today: the product's day (ISO 8601): a version whose deprecation date has passed may go.
    """
    if old.kind != "model" or old.access != "public" or not old.contract:
        return ()
    if new is None:
        if old.deprecated and old.deprecated[:10] <= today[:10]:
            return ()
        return ("the model was removed",)
    messages = []
    if new.access != "public":
        messages.append(f"it is {new.access or 'no longer public'}, no longer public")
    if not new.contract:
        return (*messages, "its contract is no longer enforced")
    if new.name != old.name:
        messages.append(f"it is called {label_of(new)} now")
    elif (new.schema, new.alias) != (old.schema, old.alias):
        messages.append(f"it is built as {new.alias} now, not as {old.alias}")
    names = {column.name.lower(): column for column in new.columns}
    for column in old.columns:
        new_column = names.get(column.name.lower())
        if new_column is None:
            messages.append(f"column {column.name} was removed")
            continue
        if not sql_types.holds_all(new_column.data_type, column.data_type):
            messages.append(
                f"column {column.name} is {new_column.data_type}, was {column.data_type}"
            )
        for constraint in column.constraints:
            if constraint not in new_column.constraints:
                messages.append(
                    f"column {column.name} no longer promises {_constraint_text(constraint)}"
                )
    for kind, columns in old.constraints:
        if (kind, columns) not in new.constraints:
            messages.append(
                f"{', '.join(columns) or 'the model'} no longer promises {_constraint_text(kind)}"
            )
    return tuple(messages)


def _constraint_text(constraint: str) -> str:
    return constraint.replace("_", " ")


def notes(old: Node, new: Node, diff: TableDiff | None, modified: bool) -> tuple[str, ...]:
    """What a reviewer should know besides the figures."""
    notes_ = []
    continues = new.materialized == old.materialized == "incremental" and not new.reads_new_files
    if continues and diff:
        moved = [c for c in diff.columns if c.added or c.removed or c.retyped]
        if moved and new.on_schema_change in ("", "ignore", "fail"):
            meets = "fails on" if new.on_schema_change == "fail" else "leaves out"
            notes_.append(
                f"Incremental: the next release {meets} its changed columns. "
                "Release it once with: uv run dataops release --full-refresh"
            )
        elif modified and diff.rows_differ:
            notes_.append(
                "Incremental: rows that are released already stay as they are until "
                "uv run dataops release --full-refresh"
            )
    if new.kind == "snapshot" and diff and not diff.same:
        notes_.append(
            "Snapshot: existing rows are kept; these are the rows that the next release adds."
        )
    if diff and diff.note:
        notes_.append(f"Compared by whole rows: {diff.note}." if not diff.key else f"{diff.note}.")
    return tuple(notes_)


# What answers differently at another time; dbt's own current_timestamp keeps to our clock.
_UNSTEADY = re.compile(
    r"\b(current_date|current_time|current_timestamp|localtimestamp|today\s*\(|now\s*\(|"
    r"random\s*\(|uuid\s*\(|gen_random_uuid\s*\()",
    re.IGNORECASE,
)


def unsteady(sql: str) -> tuple[str, ...]:
    """A note on compiled SQL that asks the clock or chance, whether or not it showed this time."""
    code = re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", " ", sql, flags=re.DOTALL)
    called = {match_.rstrip("( ").lower() for match_ in _UNSTEADY.findall(code)}
    if not called:
        return ()
    return (
        f"It asks {', '.join(sorted(called))}: its result depends on the build time. "
        "dbt's current_timestamp() uses the product's clock.",
    )


def declared_in(log: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """What the commits of a change declare, see `declarations`.

    Args:
        log: their messages, newest first.
    """
    return declarations(re.findall(rf"(?im)^{TRAILER}:\s*(.+)$", log))


def declarations(trailers: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What commit trailers declare: name → why, and the trailers that give no reason.

    Args:
        trailers: the values of every `Data-Change` trailer, newest commit first.
    """
    declared: dict[str, str] = {}
    unclear = []
    for value in filter(None, (trailer.strip() for trailer in trailers)):
        match = _DECLARATION.match(value)
        if match is None or match["why"].strip() == PLACEHOLDER:
            unclear.append(value)
            continue
        for name in re.split(r"[,\s]+", match["names"].strip()):
            declared.setdefault(name.strip("`"), " ".join(match["why"].split()))
    return declared, tuple(unclear)


def reason_for(name: str, was: str, declared: Mapping[str, str]) -> str:
    """The reason that was declared for a model, by its name with or without version."""
    for label in (name, name.rsplit(".v", 1)[0], was):
        if label and label in declared:
            return declared[label]
    return ""


def other_changes(base: Manifest, head: Manifest) -> tuple[OtherChange, ...]:
    """Tests, unit tests, sources and macros of the product that were added, removed or modified."""
    changes = []
    for kind in ("test", "unit_test", "source"):
        was = {name: node for name, node in base.nodes.items() if node.kind == kind}
        new_nodes = {name: node for name, node in head.nodes.items() if node.kind == kind}
        for name in sorted({*was} | {*new_nodes}):
            old, new = was.get(name), new_nodes.get(name)
            side, node = (head, new) if new else (base, old)
            assert node is not None
            status = ADDED if old is None else REMOVED if new is None else ""
            if old and new and _differs(old, new):
                status = MODIFIED
            if status:
                about = side.nodes.get(node.attached_to)
                of = label_of(about) if about else ""
                changes.append(OtherChange(kind.replace("_", " "), _label(node), status, of))
    for name in sorted({*base.macros} | {*head.macros}):
        before, after = base.macros.get(name), head.macros.get(name)
        if before != after:
            status = ADDED if before is None else REMOVED if after is None else MODIFIED
            changes.append(OtherChange("macro", name.split(".")[-1], status))
    return tuple(changes)


def _label(node: Node) -> str:
    if node.call is None:
        return node.name
    return f"{node.call.name}({node.call.column})" if node.call.column else node.call.name


def _differs(old: Node, new: Node) -> bool:
    if old.kind == "source":
        return (old.relation, old.columns, old.meta) != (new.relation, new.columns, new.meta)
    return old.checksum != new.checksum or old.call != new.call
