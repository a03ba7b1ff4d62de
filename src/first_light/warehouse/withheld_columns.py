"""Which columns readers do not get: those with personal values, unless their model permits it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from first_light.dbt.hidden_code import named_columns
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.personal_columns import BUILT, described, personal_columns
from first_light.utils.errors import DataopsError

PERMISSION = "publish_personal"
"""The key in `config.meta` of a model with which the team publishes personal columns of it."""

UNNAMED = "*"
"""In place of the columns whose names the repository does not hold: they may be values."""

# A relation's schema and name, as the warehouse spells them.
Place = tuple[str, str]


def withheld_columns(
    manifest: Manifest,
    sql: Mapping[str, str],
    built: Mapping[Place, Sequence[str]],
    earlier: Mapping[Place, Collection[str]] | None = None,
) -> dict[Place, tuple[str, ...]]:
    """The columns of a build that readers do not get, by relation; all of them: not the relation.

    Args:
        manifest: the project, with packages.
        sql: compiled SQL by node.
        built: every relation of the build, with its columns in order.
        earlier: columns that were withheld from relations whose state the build continues: their
            old values are still there, whatever the SQL says now.

    Raises:
        DataopsError: a model's permission is neither `true` nor a list of columns.
    """
    permissions = {
        node.unique_id: permitted
        for node in manifest.nodes.values()
        if (permitted := permitted_columns(node))
    }
    places = {_folded(place): names for place, names in built.items()}
    personal = personal_columns(
        manifest, lambda name: sql.get(name, ""), lambda node: _built_columns(node, places)
    )
    nodes = {
        (node.schema.lower(), (node.alias or node.name).lower()): node
        for node in manifest.nodes.values()
        if node.kind in (*BUILT, "test") and node.schema
    }
    withheld = {}
    for place, names in built.items():
        node = nodes.get((place[0].lower(), place[1].lower()))
        hidden = {name.lower() for name in names}  # what is no model cannot be judged
        if node is None and not personal:
            hidden = set()
        elif node is not None:
            hidden = set(personal.get(node.unique_id, ()))  # of a test: its failing rows
            if node.kind in BUILT:
                before = {name.lower() for name in (earlier or {}).get(place, ())}
                hidden |= before
                if UNNAMED in before:
                    hidden |= {name.lower() for name in names} - named_columns(manifest)
            permitted = permissions.get(node.unique_id, frozenset())
            hidden = set() if "*" in permitted else hidden - permitted
        if columns := tuple(name for name in names if name.lower() in hidden):
            withheld[place] = columns
    return withheld


def _built_columns(node: Node, places: Mapping[Place, Sequence[str]]) -> Sequence[str]:
    """The columns of its relation; of what was not built those that its YAML describes."""
    return places.get(_folded((node.schema, node.alias or node.name)), described(node))


def permitted_columns(node: Node) -> frozenset[str]:
    """The personal columns that a node's YAML publishes, in lower case; `*` for all."""
    value = node.meta.get(PERMISSION)
    if value is None or value is False:
        return frozenset()
    if value is True:
        return frozenset({"*"})
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return frozenset(name.lower() for name in value)
    raise DataopsError(
        f"`{PERMISSION}` needs `true` or a list of columns, not {value!r}.",
        where=f"{node.patch_path or node.path}, {node.name}, `config.meta.{PERMISSION}`",
        fix="list the columns that readers may see, or remove the key",
    )


def _folded(place: Place) -> Place:
    return place[0].lower(), place[1].lower()
