"""Ways in which a team lives in its product. What it writes is remembered, and counted later."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import copier
import yaml

import harness
from first_light.project import managed
from first_light.project.product import Product
from tools.release.template import OWNED, ownership


@dataclass
class Team:
    """A team at work in its product.

    Attributes:
        root: the product.
        version: the template's version that it was made with.
        lines: what the team wrote, by path: every line and how often.
        gone: paths that the team deleted or moved away.
    """

    root: Path
    version: str
    lines: dict[str, Counter[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def write(self, path: str, text: str) -> None:
        """A file of the team."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")
        self.gone.discard(path)
        self.lines[path] = Counter(text.splitlines())

    def append(self, path: str, *lines: str) -> None:
        """Lines of the team in a file that is there."""
        with (self.root / path).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        self.lines[path] = self.lines.get(path, Counter()) + Counter(lines)

    def delete(self, path: str) -> None:
        """A file or a folder that the team does not want."""
        whole = self.root / path
        files = (
            [whole] if whole.is_file() else [file for file in whole.rglob("*") if file.is_file()]
        )
        for file in files:
            name = file.relative_to(self.root).as_posix()
            self.gone.add(name)
            self.lines.pop(name, None)
            file.unlink()
        if whole.is_dir():
            shutil.rmtree(whole)

    def move(self, old: str, new: str) -> None:
        """A file that the team puts elsewhere: every line of it counts as theirs."""
        text = (self.root / old).read_text("utf-8")
        self.delete(old)
        self.write(new, text)

    def own(self, path: str, reason: str) -> None:
        """Declare that the team keeps a managed file."""
        managed.opt_out(Product(self.root), str(self.root / path), reason)

    def commit(self, message: str) -> None:
        """Everything, if there is anything."""
        harness.git(self.root, "add", "-A")
        if harness.git(self.root, "status", "--porcelain"):
            harness.git(self.root, "commit", "-q", "--no-verify", "-m", message)


def fresh(team: Team) -> None:
    """Nothing happened yet."""


def a_year_of_models(team: Team) -> None:
    """Forty models, edits in every owned file that was rendered, notes, a lock."""
    for number in range(40):
        layer = ("staging", "intermediate", "marts")[number % 3]
        name = f"models/{layer}/our_model_{number:02}"
        team.write(f"{name}.sql", f"select {number} as our_number\n")
        team.write(f"{name}.yml", f"models:\n  - name: our_model_{number:02}\n")
    owned = ownership()
    for path in harness.tree(team.root, "."):
        if owned.classes(path) == (OWNED,) and path.endswith((".md", ".yml", ".sql", ".toml")):
            comment = "--" if path.endswith(".sql") else "#"
            team.append(path, f"{comment} our line one", f"{comment} our line one")
    team.append("CODEOWNERS", "/models/marts/ @our-team")
    team.write("uv.lock", "version = 1\n")
    team.write("notes/2026.md", "ours\n")
    team.write("analyses/our_question.sql", "select 1\n")


def every_extension_point(team: Team) -> None:
    """Every extension point of docs/reference/ownership.md, and a file kept by declaration."""
    team.write("models/.sqlfluff", "[sqlfluff]\nmax_line_length = 120\n")
    team.write(".github/workflows/ours.yml", "name: ours\non: push\njobs: {}\n")
    team.write(
        ".github/actions/team/action.yml", "name: team\nruns: {using: composite, steps: []}\n"
    )
    team.write(".gitlab/team.yml", "ours:\n  script: [echo ours]\n")
    team.write(".pre-commit-team.yaml", "repos: []\n")
    team.write(
        "macros/generate_schema_name.sql", "{% macro generate_schema_name(a, b) %}{% endmacro %}\n"
    )
    team.append("pyproject.toml", "[tool.dataops]", "keep-releases = 20")
    team.append("dbt_project.yml", "vars: {ours: 1}")
    team.write("docs/.gitignore", "drafts/\n")
    team.append(".gitignore", "/our-exports/")
    team.own(".gitignore", "our exports lie in the root")


def files_deleted(team: Team) -> None:
    """What a team does not need, goes: owned files, and a managed one by declaration."""
    for path in ("CODEOWNERS", "docs", "models", "sample", "snapshots", "tests", "example"):
        if (team.root / path).exists():
            team.delete(path)
    team.write("models/marts/ours.sql", "select 1 as ours\n")
    team.own(".gitattributes", "our monorepo has its own")
    team.delete(".gitattributes")


def files_moved(team: Team) -> None:
    """Models in folders by subject, pages elsewhere, edited on the way."""
    for path in sorted(harness.tree(team.root, "models/marts", "models/staging", "docs")):
        folder, name = path.rsplit("/", 1)
        team.move(path, f"{folder}/subject/{name}")
        if name.endswith(".md"):
            team.append(f"{folder}/subject/{name}", "moved and edited")
    team.move("README.md", "docs/readme.md")
    team.write("README.md", "# Ours\n")


def formatted_by_other_tools(team: Team) -> None:
    """ruff on all Python, owned YAML dumped anew, Windows line ends, no line end at the end."""
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--quiet", "."], cwd=team.root, check=True
    )
    owned = ownership()
    for path, content in harness.tree(team.root, ".").items():
        if owned.classes(path) != (OWNED,):
            continue
        if path.endswith(".yml"):
            loaded = yaml.safe_load(content)
            team.write(path, yaml.safe_dump(loaded, indent=4, width=60, allow_unicode=True))
        elif path.endswith(".sql"):
            (team.root / path).write_bytes(content.rstrip(b"\n").replace(b"\n", b"\r\n"))
        elif path.endswith(".md"):
            team.write(path, content.decode().replace("\n\n", "\n\n\n"))


def answers_changed(team: Team) -> None:
    """Other people, another deadline, another CI: through Copier, as its documentation says."""
    ci = "gitlab" if Product(team.root).answers["ci"] == "github" else "github"
    answers = {"deadline": "09:30", "team": 'Another: "team" # 1', "ci": ci}
    copier.run_update(
        team.root, data=answers, defaults=True, overwrite=True, quiet=True, vcs_ref=team.version
    )


def custom_warehouse(team: Team) -> None:
    """A warehouse of one's own: its profile is kept by declaration, its adapter is a dependency."""
    team.write("profiles.yml", "ours:\n  target: prod\n  outputs: {prod: {type: trino}}\n")
    team.own("profiles.yml", "we run on Trino")
    team.append("pyproject.toml", "[dependency-groups]", 'warehouse = ["dbt-trino"]')
    team.append("dbt_project.yml", "# on Trino")


Life = Callable[[Team], None]
LIVES: dict[str, Life] = {
    life.__name__: life
    for life in (
        fresh,
        a_year_of_models,
        every_extension_point,
        files_deleted,
        files_moved,
        formatted_by_other_tools,
        answers_changed,
        custom_warehouse,
    )
}
