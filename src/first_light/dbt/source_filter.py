"""Adding to a source's external_location that files which are set aside are not read."""

from __future__ import annotations

import json

import yaml

from first_light.dbt.source_plan import PlannedTable
from first_light.project import set_aside
from first_light.utils.errors import DataopsError
from first_light.utils.yaml_nodes import entries, values


def with_filter(text: str, table: PlannedTable, folder: str) -> str:
    """The text of a YAML file whose source table leaves out the files that are set aside.

    Args:
        text: the file's text.
        table: the source table, which the file defines.
        folder: the folder of its files below raw.

    Raises:
        DataopsError: its external_location is not written in the table itself.
    """
    node = _location(yaml.compose(text), table)
    if node is None:
        raise DataopsError(
            f"The external_location of {table.name} cannot be edited.",
            f"{table.where}, {table.name}",
            f"let it leave out the files itself: where {set_aside.condition(folder)}",
        )
    location = str(node.value).strip()
    if set_aside.is_filtered(location):
        return text
    if "(" not in location.partition("{{")[0] and not location.startswith("'"):
        location = f"'{location}'"
    filtered = f"(select * from {location} where {set_aside.condition(folder)})"
    end = "\n" if node.style in ("|", ">") else ""
    before, after = text[: node.start_mark.index], text[node.end_mark.index :]
    return f"{before}{json.dumps(filtered, ensure_ascii=False)}{end}{after}"


def _location(root: yaml.Node | None, planned: PlannedTable) -> yaml.ScalarNode | None:
    """The scalar with the external_location of a source table."""
    for table in entries(
        root, ("sources", planned.source), ("tables", planned.table or planned.name)
    ):
        for keys in (("config", "meta"), ("meta",)):
            for place in values(table, *keys, "external_location"):
                if isinstance(place, yaml.ScalarNode):
                    return place
    return None
