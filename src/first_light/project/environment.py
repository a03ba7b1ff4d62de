"""The environment of a command: what dbt, git and drivers read of it, made ready once."""

from __future__ import annotations

import os
import sys

from first_light.project.answers import SOURCE
from first_light.project.git_access import git_access, repository_access
from first_light.project.pin import address_of
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError
from first_light.utils.variables import PREFIX, variable

# One secret for all: a hosted workflow passes only the secrets that it names.
SECRETS = variable("secrets")
STORE_TOKEN = variable("store_token")
TEMPLATE_TOKEN = variable("template_token")


def prepare(product: Product) -> None:
    """Unpack secrets, and let git use the tokens of the store and of the template.

    A variable of ours that is set and empty is removed: pipelines set every one, and dbt's
    `env_var` would take the empty text in place of its default.

    Raises:
        DataopsError: see `unpack`.
    """
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        if not os.environ[name].strip():
            del os.environ[name]
    for name, value in unpack(os.environ.pop(SECRETS, "")).items():
        if value and os.environ.get("GITHUB_ACTIONS"):
            encoded = value.replace("%", "%25")  # the runner decodes %25, %0A and %0D
            print(f"::add-mask::{encoded}", file=sys.stderr)  # how a log learns what not to show
        os.environ.setdefault(name, value)
    if token := os.environ.pop(STORE_TOKEN, ""):
        remote = product.git("remote", "get-url", "origin", check=False)
        os.environ.update(git_access(token, remote, os.environ))
    if os.environ.get(TEMPLATE_TOKEN) and (product.root / ANSWERS).is_file():
        let_git_read_template(str(product.answers.get(SOURCE, "")))


def let_git_read_template(source: str) -> None:
    """Let git of this process send the template's token to the template, and nowhere else.

    Args:
        source: the template, as in Copier's answers.
    """
    token = os.environ.get(TEMPLATE_TOKEN, "")
    os.environ.update(repository_access(token, address_of(source), os.environ))


def unpack(text: str) -> dict[str, str]:
    """The variables in one secret, `NAME=value` a line; `#` begins a comment.

    Raises:
        DataopsError: a line is neither; its number is named, not its content.
    """
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, equals, value = line.strip().partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.isidentifier():
            raise DataopsError(
                "DATAOPS_SECRETS contains a line that is not NAME=value.",
                where=f"line {number}",
                fix="correct the secret in the pipeline's settings",
            )
        values[name] = value
    return values
