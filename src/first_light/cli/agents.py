"""The command that answers coding agents."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from first_light.cli.terminal import as_json
from first_light.privacy.messages import masked_exception, without_quotes_of_databases
from first_light.project.product import Product
from first_light.utils import errors
from first_light.utils.errors import DataopsError

_INSTRUCTIONS = (
    "Answers about one dbt data product: what readers get now and whether it can be trusted, which"
    " incidents are open, what the last check found, models and their lineage. Read-only. To change"
    " the product, follow AGENTS.md in its repository."
)


def mcp() -> None:
    """Answer coding agents over the Model Context Protocol.

    Reads requests from standard input until it is closed. The answers only read the product, name
    no values of personal columns, and need no network. Needs the package mcp.
    """
    product = Product.find()
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise DataopsError(
            "The Model Context Protocol needs a package that is not installed.",
            where=f"mcp: {error}",
            fix="uv add 'mcp>=2.3,<3'",
        ) from error

    server = MCPServer(product.name, instructions=_INSTRUCTIONS, log_level="WARNING")

    def offer(answer: Callable[..., Any]) -> None:
        """Make a function a tool; its docstring tells the agent what it answers."""
        server.tool(annotations=ToolAnnotations(read_only_hint=True))(as_text(answer, ToolError))

    for answer in answers(product):
        offer(answer)
    server.run("stdio")


def as_text(answer: Callable[..., Any], failure: type[Exception]) -> Callable[..., str]:
    """The same function with its value as JSON, and with failures that quote no value."""

    @functools.wraps(answer)
    def text(**arguments: Any) -> str:
        try:
            return as_json(answer(**arguments))
        except DataopsError as error:
            raise failure(errors.as_text(*without_quotes_of_databases(error))) from error
        except Exception as error:  # a driver's own: the server would send its text as it is
            raise failure(masked_exception(error)) from error

    # The answer's own annotations, but always a text.
    text.__annotations__ = {**answer.__annotations__, "return": "str"}
    return text


def answers(product: Product) -> tuple[Callable[..., Any], ...]:
    """What an agent can ask about a product, each with a value for JSON."""
    from first_light.cli.output.documents import quality
    from first_light.cli.output.documents import releases as documents
    from first_light.commands import describe as command
    from first_light.commands import incident
    from first_light.release import listing
    from first_light.score import evaluate
    from first_light.status import current

    def status() -> Any:
        """What readers get now: the current release, its age, how fresh its data is, whether it is
        healthy, open incidents, and what failed last."""
        return current.status(product).to_dict()

    def releases(limit: int = 20) -> Any:
        """Published and rejected releases, newest first, with commit, outcome and problem."""
        return documents.releases(listing.releases(product, limit))

    def incidents(include_closed: bool = False) -> Any:
        """Open incidents (or all), newest first, with owner, cause, age and the next command."""
        return [item.to_dict() for item in incident.listed(product, include_closed)]

    def check() -> Any:
        """What the last `dataops check` found: each step, its findings and their fix."""
        return command.last_check(product, command.CHECK_REPORT)

    def impact() -> Any:
        """Which data the branch changed in the last `dataops check`, model by model."""
        return command.last_check(product, command.IMPACT)

    def models() -> Any:
        """Every source, model, snapshot, seed and exposure, with path, access and description."""
        return command.models(product)

    def describe(name: str) -> Any:
        """One model: columns with types, tests, contract and personal marks, owner, neighbours."""
        return command.describe(product, name)

    def lineage(name: str) -> Any:
        """Everything upstream and downstream of a model."""
        return command.lineage(product, name)

    def score() -> Any:
        """How the product does on twelve practices, with evidence and the next step of each."""
        return quality.score(evaluate.score(product), None)

    return (status, releases, incidents, check, impact, models, describe, lineage, score)
