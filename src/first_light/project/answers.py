"""Copier's answers of a product, written in Copier's format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from first_light.project.product import ANSWERS
from first_light.utils.addresses import source_without_credentials
from first_light.utils.whole_files import write_whole

SOURCE = "_src_path"


def write_answers(root: Path, answers: Mapping[str, object]) -> None:
    """Write `.copier-answers.yml`; see `answers_text`."""
    write_whole(root / ANSWERS, answers_text(root, answers).encode())


def answers_text(root: Path, answers: Mapping[str, object]) -> str:
    """`.copier-answers.yml` with its heading; the template's address has no credentials.

    Args:
        root: the product's folder.
        answers: every answer, Copier's own (`_commit`, `_src_path`) included.
    """
    file = root / ANSWERS
    heading = [line for line in file.read_text("utf-8").splitlines() if line.startswith("#")]
    if SOURCE in answers:
        answers = {**answers, SOURCE: source_without_credentials(str(answers[SOURCE]))}
    text = yaml.safe_dump(dict(answers), allow_unicode=True, indent=4, sort_keys=True)
    return "".join(f"{line}\n" for line in heading) + text
