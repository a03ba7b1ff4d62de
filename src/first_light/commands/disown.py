"""`dataops disown`: a file that the team kept as its own is managed by the template again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

from first_light.project import managed
from first_light.project.copier import CURRENT, run_update
from first_light.project.pin import PIN
from first_light.project.product import ANSWERS, Product
from first_light.project.working_copy import OWN_COMMIT, move_into, working_copy
from first_light.utils.errors import DataopsError


def disown(product: Product, path: str, progress: Callable[[str], None]) -> str:
    """Take back `own`: Copier renders the file at the product's version of the template.

    Nothing is committed.

    Args:
        product: the product; everything in it must be committed.
        path: the file, from the current folder.
        progress: shows what is being done right now.

    Returns:
        The file's path, relative to the product.

    Raises:
        DataopsError: the team does not keep the file as its own, or Copier could not run; the
            product is as it was.
    """
    name, owned = managed.name_of(product, path), managed.opt_outs(product)
    if name not in owned:
        raise DataopsError(
            "This is not a file that the team keeps as its own.",
            where=path,
            fix=f"choose one of {ANSWERS}, {managed.OPT_OUTS}: {', '.join(owned) or 'none'}",
        )
    command = f"uv run dataops disown {shlex.quote(path)}"
    product.raise_if_uncommitted("the template's file", command)
    progress("copier update")
    remaining = {other: reason for other, reason in owned.items() if other != name}
    with working_copy(product) as copy:
        if name in {*(managed.manifest(product.root) or {}), PIN.as_posix()}:
            # Neither side of the update has the file then, so the new one is rendered as it is.
            (copy.root / name).unlink(missing_ok=True)
            copy.git(*OWN_COMMIT, "--all", "--message", "Disown")
        run_update(copy, CURRENT, data={managed.OPT_OUTS: json.dumps(remaining)})
        move_into(product, copy)
    return name
