"""The exception for users: what happened, where, and the fix."""

from __future__ import annotations

from first_light.utils.addresses import without_credentials


class DataopsError(Exception):
    """A command failed with a message for users. Credentials in addresses are removed from it.

    Args:
        message: what happened, one sentence.
        where: the file, line, column or setting; empty if there is none.
        fix: what to do, ending with the command; empty if nothing can be done.
    """

    def __init__(self, message: str, where: str = "", fix: str = "") -> None:
        self.message = without_credentials(message)
        self.where = without_credentials(where)
        self.fix = without_credentials(fix)
        super().__init__(self.message)

    def __str__(self) -> str:
        return as_text(self.message, self.where, self.fix)


class QueryError(DataopsError):
    """A query failed; `where` is the database's message, which may quote values of rows."""


def as_text(message: str, where: str, fix: str) -> str:
    """The lines that people read; empty parts have none."""
    lines = [message]
    if where:
        lines.append(f"where: {where}")
    if fix:
        lines.append(f"fix:   {fix}")
    return "\n".join(lines)
