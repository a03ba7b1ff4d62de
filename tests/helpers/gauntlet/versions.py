"""Versions of the template to update between: the working tree, and what may follow.

The versions that follow are made up. Each is a function that changes the template as a real release
would, and together they do everything that a release may do to a product.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import harness
from tools.release import manifest, template
from tools.release.effect import numbers

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Version:
    """A version that may follow.

    Attributes:
        name: its tag.
        change: makes it from the version before.
        needs_trust: an update that crosses it runs a migration.
    """

    name: str
    change: Change
    needs_trust: bool = False


def released(repository: Path = harness.TEMPLATE) -> list[str]:
    """The versions that were really released, oldest first."""
    tags = harness.git(repository, "tag", "--list", "v[0-9]*").split()
    return sorted(tags, key=numbers)


def after_all_released(into: Path, repository: Path = harness.TEMPLATE) -> Path:
    """The repository with its real releases, and the working tree released after them as NEXT."""
    harness.git(into.parent, "clone", "-q", str(repository), str(into))
    harness.git(into, "rm", "-r", "-q", "--force", ".")
    harness.lay_working_tree(into)
    release(into, NEXT)
    return into


def working_tree(into: Path) -> Path:
    """The working tree as a repository of its own, with nothing released yet."""
    harness.lay_working_tree(into)
    harness.git(into, "init", "-q", "-b", "main")
    return into


def release(template: Path, version: str) -> None:
    """Release what lies in the repository."""
    harness.git(template, "add", "-A")
    listed = manifest.of_template(template)
    (template / manifest.TEMPLATE_FILE).write_text(listed, encoding="utf-8")
    harness.git(template, "add", "-A")
    harness.git(template, "commit", "-q", "-m", version)
    harness.git(template, "tag", version)


def package(template: Path, version: str, into: Path) -> Path:
    """The package's source as a version has it, for PYTHONPATH."""
    folder = into / f"package-{version}"
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", version, "src"], cwd=template, capture_output=True, check=True
    )
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return folder / "src"


def append(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def patch(template: Path) -> None:
    """Managed files change, one comes, one goes; what teams own gets better seeds."""
    inside = template / "template"
    append(inside / ".sqlfluff.jinja", "# a new rule")
    append(inside / ".gitignore", "/scratch/")
    newer_record_schema(template / "src/first_light/history")
    append(inside / ".github/workflows/check.yml", "# renewed")
    append(inside / ".gitlab-ci.yml", "# renewed")
    append(inside / "dbt_project.yml.jinja", "# a better default")
    append(inside / "README.md.jinja", "A better README.")
    append(inside / "models/marts/customers.sql", "-- a better seed")
    append(inside / "models/_groups.yml.jinja", "# a better seed")
    (inside / "docs/example-shop.md").unlink()
    (inside / "dataops/NEW.md").write_text("new\n", encoding="utf-8")
    (inside / ".github/pull_request_template.md").unlink()
    (inside / ".gitlab/merge_request_templates/Default.md").unlink()


READ_ANEW = "written in an older schema"


def newer_record_schema(history: Path) -> None:
    """Records are laid out anew; those that stores hold are read through one more step."""
    module = history / "record.py"
    text = module.read_text("utf-8")
    was = re.search(r"(?m)^SCHEMA = (\d+)$", text)
    assert was, "the record's schema stands elsewhere"
    text = text.replace(was[0], f"SCHEMA = {int(was[1]) + 1}")
    module.write_text(text, encoding="utf-8")
    append(
        history / "decoding.py",
        "",
        f"UPGRADES = {{**UPGRADES, {was[1]}: lambda raw: {{**raw, 'notes': ['{READ_ANEW}']}}}}",
    )


def minor(template: Path) -> None:
    """A new question decides about a new managed file; one file is handed over; a seed is new."""
    inside = template / "template"
    questions = template / "copier.yml"
    text = questions.read_text("utf-8").replace(
        "# ── Computed, never asked",
        "colour:\n  type: str\n  help: Your colour\n  choices: [red, blue]\n  default: red\n\n"
        "# ── Computed, never asked",
    )
    text = text.replace(
        "  # One CI, not both.\n",
        "  - \"{% if colour | default('red') != 'blue' %}/dataops/blue.txt{% endif %}\"\n"
        "  # One CI, not both.\n",
    )
    questions.write_text(text, encoding="utf-8")
    (inside / "dataops/blue.txt").write_text("blue\n", encoding="utf-8")
    (inside / "dataops/colour.txt.jinja").write_text("{{ colour }}\n", encoding="utf-8")
    (inside / "docs/colours.md").write_text("# Colours\n", encoding="utf-8")
    # .editorconfig becomes the team's: no longer rendered, and left where it is.
    (inside / ".editorconfig").unlink()
    ownership = template / "ownership.yml"
    text = ownership.read_text("utf-8").replace("  - /.editorconfig\n", "")
    text = re.sub(r"(_tombstones: &tombstones).*", r"\1 [/.editorconfig]", text)
    # .yamllint becomes a seed: rendered into new products only.
    text = text.replace("  - /.yamllint\n", "").replace(
        "  - /CODEOWNERS\n", "  - /.yamllint\n  - /CODEOWNERS\n"
    )
    ownership.write_text(text, encoding="utf-8")


def major(template: Path) -> None:
    """A question is renamed and keeps its answer; a managed file is renamed and keeps its edits."""
    inside = template / "template"
    for file in (template / "copier.yml", *sorted(inside.rglob("*.jinja"))):
        text = file.read_text("utf-8")
        file.write_text(re.sub(r"\bcontact\b", "contact_email", text), encoding="utf-8")
    (inside / ".sqlfluff.jinja").rename(inside / "dataops" / "sqlfluff.cfg.jinja")
    ownership = template / "ownership.yml"
    text = ownership.read_text("utf-8").replace("  - /.sqlfluff\n", "")
    ownership.write_text(text, encoding="utf-8")
    migrations = template / "hooks" / "migrations"
    (migrations / "v2_0_0.py").write_text(MIGRATION, encoding="utf-8")
    append(
        template / "copier.yml",
        "_migrations:",
        "  - version: v2.0.0",
        "    when: true",
        "    command: "
        '["{{ _copier_python }}", "{{ _copier_conf.src_path }}/hooks/migrate.py", "v2_0_0"]',
    )


MIGRATION = '''"""v2.0.0: the contact has its full name; sqlfluff's settings move into dataops/."""

from pathlib import Path

from migrations.answers import rename_answer
from migrations.files import move_edited


def before(product: Path) -> None:
    """Runs in the product, before the new version is rendered."""
    rename_answer(product, "contact", "contact_email")
    move_edited(product, ".sqlfluff", "dataops/sqlfluff.cfg")
'''

# The working tree, released after all that were really released.
NEXT = "v9999.0.0"
# In the made-up history it is the first; these follow.
FIRST = "v1.0.0"
FOLLOWING = (
    Version("v1.0.1", patch),
    Version("v1.1.0", minor),
    Version("v2.0.0", major, needs_trust=True),
)
EVERY = (FIRST, *(version.name for version in FOLLOWING))


def needs_trust(before: str, after: str) -> bool:
    """Whether an update between two versions crosses a migration."""
    crossed = EVERY[EVERY.index(before) + 1 : EVERY.index(after) + 1]
    return any(version.needs_trust for version in FOLLOWING if version.name in crossed)


def crosses_a_migration(before: str) -> bool:
    """Whether an update from a real release to the working tree runs a migration."""
    declared = template.settings().get("_migrations", ())
    return any(numbers(str(entry["version"])) > numbers(before) for entry in declared)


def history(into: Path) -> Path:
    """A repository with every version released."""
    repository = working_tree(into)
    release(repository, FIRST)
    for version in FOLLOWING:
        version.change(repository)
        release(repository, version.name)
    return repository
