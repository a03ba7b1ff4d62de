"""The one exception that users see: what happened, where, and the fix."""

from __future__ import annotations


class DataopsError(Exception):
    """A command could not run; nothing was half done.

    Args:
        what: what went wrong, one plain sentence.
        where: the file, line, column or setting concerned; empty when there is no place.
        fix: what to do, ending with the command to type; empty when nothing can be done.
    """

    def __init__(self, what: str, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"where: {self.where}")
        if self.fix:
            lines.append(f"fix:   {self.fix}")
        return "\n".join(lines)
