"""How much of the labelled corpus drafting finds, and how much of what it finds is true."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

import labelled


@dataclass(frozen=True)
class Shares:
    """Scores by the name of the corpus and the kind of finding."""

    scores: Mapping[str, Mapping[str, labelled.Score]]

    def __str__(self) -> str:
        lines = [f"{'labelled corpus':37} {'precision':>9} {'recall':>9}  expected"]
        for file, by_kind in self.scores.items():
            for kind, score in by_kind.items():
                share = f"{score.precision:9.3f} {score.recall:9.3f}"
                lines.append(f"{file.replace('_', ' '):18} {kind:18} {share}  {score.expected:8}")
        return "\n".join(lines)


def corpus() -> Shares:
    """Precision and recall on the tables that detection is tuned on, and on those held out."""
    with tempfile.TemporaryDirectory() as folder:
        drafted = {
            file: labelled.measured(file, Path(folder) / file) for file in ("known", "held_out")
        }
    personal = {file: {"personal": labelled.marked(file)} for file in labelled.PERSONAL}
    return Shares({**drafted, **personal})
