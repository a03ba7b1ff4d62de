"""The checks and levels that a team sets for a model or a source."""

from __future__ import annotations

from first_light.dbt.manifest import Node
from first_light.monitors.levels import CHECKS, ERROR, OFF, WARN
from first_light.utils.errors import DataopsError


def levels_of(node: Node) -> dict[str, str]:
    """What the team says of each check, in a model's or source's `config.meta.dataops.monitors`.

    `off`: it is not looked at. `warn`: it never rejects. `error`: whatever it finds rejects. What
    is not named is as `levels.LIMITS` and `levels.LEVELS` say.

    Raises:
        DataopsError: it names a check or a level that there is not.
    """
    setting = (node.meta.get("dataops") or {}).get("monitors", {})
    # YAML reads a bare `off` as false.
    settings = dict.fromkeys(CHECKS, setting) if not isinstance(setting, dict) else dict(setting)
    levels: dict[str, str] = {
        check: OFF if level is False else level for check, level in settings.items()
    }
    unknown = [c for c, v in levels.items() if c not in CHECKS or v not in (ERROR, WARN, OFF)]
    if unknown:
        raise DataopsError(
            f"The monitors of {node.name} have an unknown setting.",
            where=f"{node.patch_path or node.path}: {unknown[0]}: {levels[unknown[0]]}",
            fix=f"use {', '.join(CHECKS)}, each with error, warn or off",
        )
    return levels


def is_off(node: Node) -> bool:
    return set(levels_of(node).values()) == {OFF} and len(levels_of(node)) == len(CHECKS)
