"""The list of managed files that a product carries; `python -m tools.release.manifest` writes it.

A plain file is listed with its hash; for a rendered one Copier's own render says the hash. Where a
condition in copier.yml leaves a file out, it leaves out its line too.
"""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

from first_light.project.managed_list import MANIFEST, digest
from first_light.project.pin import PIN
from tools.release.template import HERE, MANAGED, covers, ownership, settings

TEMPLATE_FILE = Path("template") / f"{MANIFEST.as_posix()}.jinja"
_HEADING = "# Managed by the template: what every managed file must be, as `sha256sum -c` reads it."
_CONDITION = re.compile(r"^\{% if (?P<condition>.+?) %\}(?P<paths>.+)\{% endif %\}$", re.DOTALL)
_ANSWERS = ".copier-answers.yml"
# Managed, but without a line. The pin names a commit: with a line, a new version of the package
# alone would change the list too. `dataops check` compares the pin by its text.
_UNLISTED = (MANIFEST.as_posix(), _ANSWERS, PIN.as_posix())


def of_template(root: Path = HERE) -> str:
    """The list as a template: what `template/dataops/managed.sha256.jinja` must be."""
    ours = ownership(root)
    conditions = _conditions(root)
    lines: list[tuple[str, str]] = []
    for path, file in template_paths(root).items():
        if path in _UNLISTED or ours.classes(path) != (MANAGED,):
            continue
        left_out = [condition for listed, condition in conditions if covers(listed, path)]
        lines.append((" or ".join(left_out), f"{_hash(root, file)}  {path}"))
    text = _HEADING + "\n"
    for condition, group in groupby(lines, key=lambda line: line[0]):
        listed = "".join(f"{line}\n" for _, line in group)
        text += f"{{% if not ({condition}) -%}}\n{listed}{{% endif -%}}\n" if condition else listed
    return text


def of_product(product: Path, root: Path = HERE) -> str:
    """The list that a freshly rendered product must carry, from its files."""
    ours = ownership(root)
    paths = sorted(
        path.relative_to(product).as_posix() for path in product.rglob("*") if path.is_file()
    )
    listed = [
        f"{digest((product / path).read_bytes())}  {path}\n"
        for path in paths
        if ours.classes(path) == (MANAGED,) and path not in _UNLISTED
    ]
    return _HEADING + "\n" + "".join(listed)


def _hash(root: Path, file: str) -> str:
    if not file.endswith(".jinja"):
        return digest((root / file).read_bytes())
    # Copier renders the file into its own line of the list.
    return f'{{% set text %}}{{% include "{file}" %}}{{% endset %}}{{{{ text | hash("sha256") }}}}'


def _conditions(root: Path) -> list[tuple[list[str], str]]:
    """Which paths copier.yml leaves out, and when; by answers, not by operation."""
    result = []
    for entry in settings(root)["_exclude"]:
        match = _CONDITION.match(entry.strip())
        if match and "_copier_operation" not in match["condition"]:
            result.append((match["paths"].split(), match["condition"]))
    return result


def template_paths(root: Path = HERE) -> dict[str, str]:
    """The template's file of every path that some answers render, sorted by path."""
    result = {}
    for name in _files(root):
        path = name.removeprefix("template/").removesuffix(".jinja")
        result[path.replace("{{_copier_conf.answers_file}}", _ANSWERS)] = name
    return dict(sorted(result.items()))


def _files(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "template"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    return [name for name in listed.stdout.decode().split("\0") if (root / name).is_file()]


def main() -> int:
    """Write the list; with --check only say whether it is true."""
    file = HERE / TEMPLATE_FILE
    wanted = of_template()
    if file.is_file() and file.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in sys.argv:
        print(f"{TEMPLATE_FILE.as_posix()} is not what the managed files are: make format")
        return 1
    file.write_text(wanted, encoding="utf-8")
    print(f"{TEMPLATE_FILE.as_posix()} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
