"""Why a product cannot be examined or updated, in words."""

from __future__ import annotations

import re
from typing import Any

import yaml

from first_light.project.product import ANSWERS
from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError

_MARKER = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_NOISE = ("warning:", "hint:", "Cloning into")


def of_git(output: str) -> str:
    """The cause in the error output of `git fetch` or `git clone`: its first line.

    The lines after it are general advice.
    """
    lines = [line.strip() for line in output.splitlines()]
    lines = [line for line in lines if line and not line.startswith(_NOISE)]
    if any("find remote ref HEAD" in line for line in lines):
        return "the repository is empty: it has no commit"
    return without_credentials(lines[0]) if lines else "git failed without a message"


def of_error(error: Exception) -> str:
    """An error that is not one of the expected ones, in one line."""
    if isinstance(error, DataopsError):
        return without_credentials("; ".join(str(error).splitlines()))
    text = " ".join(str(error).split())
    return without_credentials(f"internal error: {type(error).__name__}: {text}")


def read_answers(content: bytes) -> dict[str, Any]:
    """The answers file of a product.

    Args:
        content: of the file; empty if there is none.

    Raises:
        DataopsError: it is missing, damaged, or names no version of the template.
    """
    if not content:
        raise DataopsError(f"no {ANSWERS}: it is no product of a template")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise DataopsError(f"{ANSWERS} is not UTF-8") from None
    if _MARKER.search(text):
        raise DataopsError(f"{ANSWERS} contains merge conflict markers")
    try:
        answers = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise DataopsError(f"{ANSWERS} is not valid YAML{place}") from None
    if not isinstance(answers, dict):
        raise DataopsError(f"{ANSWERS} is not a mapping of answers")
    if not answers.get("_commit"):
        raise DataopsError(f"{ANSWERS} has no version of the template (_commit)")
    return answers
