"""The files of the template, rendered with a product's answers."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from first_light.project.answers import write_answers
from first_light.project.copier import run_recopy
from first_light.project.managed import OPT_OUTS
from first_light.project.product import ANSWERS, Product


def rendered(answers: Mapping[str, object], paths: Collection[str]) -> dict[str, bytes]:
    """The files as a new product of the answers' version would have them.

    Args:
        answers: every answer, Copier's own (`_commit`, `_src_path`) included.
        paths: the files, relative to the product; files that the team keeps as its own too.

    Returns:
        By path; those that the template does not have are not in it.

    Raises:
        DataopsError: Copier could not render them.
    """
    with tempfile.TemporaryDirectory(prefix="dataops-render-") as folder:
        root = Path(folder).resolve()
        (root / ANSWERS).touch()
        write_answers(root, {**answers, OPT_OUTS: {}})
        run_recopy(Product(root), paths)
        files = {path: root / path for path in paths}
        return {path: file.read_bytes() for path, file in files.items() if file.is_file()}
