"""Which command prints which JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from first_light.cli.output.documents import (
    changes,
    data,
    export,
    incidents,
    moves,
    quality,
    releases,
    status,
    template,
)
from first_light.cli.output.documents.parts import Files


@dataclass(frozen=True)
class Document:
    """What a command prints with `--json`.

    Attributes:
        command: the command, as it is typed after `dataops`.
        kind: the class of its document.
        is_list: whether it prints a list of them.
    """

    command: str
    kind: type
    is_list: bool = False


DOCUMENTS: Final = (
    Document("new", data.Start),
    Document("start", data.Start),
    Document("add", data.Add),
    Document("set-aside", data.Aside),
    Document("retype", data.Retype),
    Document("sample", data.Sample),
    Document("check", changes.Check),
    Document("baseline", changes.Baseline),
    Document("preview", changes.Preview),
    Document("update", template.Update),
    Document("package", template.Package),
    Document("configure", Files),
    Document("pipelines", Files),
    Document("own", template.Ownership),
    Document("disown", template.Ownership),
    Document("release", releases.Release),
    Document("rollback", releases.Rollback),
    Document("releases", releases.ListedRelease, is_list=True),
    Document("status", status.Status),
    Document("export", export.Export),
    Document("move", moves.Move),
    Document("report", quality.Report),
    Document("accept", quality.Accept),
    Document("drill", quality.Drill),
    Document("mutate", quality.Mutate),
    Document("score", quality.Score),
    Document("warehouse verify", quality.WarehouseVerification),
    Document("boards render", quality.Boards),
    Document("incident report", incidents.ReportedIncident),
    Document("incident close", incidents.ClosedIncident),
    Document("incident draft", incidents.DraftedIncident),
    Document("incident list", status.Incident, is_list=True),
)

WITHOUT: Final = frozenset({"docs", "mcp", "boards serve"})
"""Commands without `--json`: pages, and servers that run until they are stopped."""
