"""What to do to switch a product to another warehouse, once a move has found nothing."""

from __future__ import annotations

from first_light.warehouse.setup import Setup


def steps_to(kind: str, setup: Setup) -> tuple[str, ...]:
    """The steps, in order, each a command or a page.

    Args:
        kind: the kind of warehouse, by its name in dbt.
        setup: what a product of that kind has.
    """
    if setup.is_answer:
        change = f"uv run dataops configure --warehouse {kind}"
    else:
        change = f"the profile, the sources and the configuration: uv run dataops docs {setup.page}"
    verify = "what the server guarantees: uv run dataops warehouse verify"
    return (change, *([verify] if setup.page else ()), "uv run dataops release")
