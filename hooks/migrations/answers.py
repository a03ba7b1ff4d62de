"""Answers that change their name or their words; everything else in the answers file stays."""

from __future__ import annotations

import re
from pathlib import Path

ANSWERS = ".copier-answers.yml"


def rename_answer(product: Path, old: str, new: str) -> None:
    """Let an answer, of one line or of many, stand under a new name; an answer to `new` stays."""
    file = product / ANSWERS
    text = file.read_text(encoding="utf-8")
    if re.search(rf"^{re.escape(new)}:", text, re.MULTILINE):
        return
    file.write_text(re.sub(rf"(?m)^{re.escape(old)}:", f"{new}:", text), encoding="utf-8")


def rename_choice(product: Path, key: str, old: str, new: str) -> None:
    """Let an answer that was one choice be another; any other answer stays."""
    file = product / ANSWERS
    text = file.read_text(encoding="utf-8")
    line = rf"(?m)^({re.escape(key)}: )(['\"]?){re.escape(old)}\2$"
    file.write_text(re.sub(line, rf"\g<1>\g<2>{new}\g<2>", text), encoding="utf-8")
