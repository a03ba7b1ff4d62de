"""Lives of products in companies: their git, their machines, their files, their habits."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from pathlib import Path

import copier
import pytest

import harness
from first_light.commands.disown import disown
from first_light.project.product import Product
from gauntlet.lives import Life, Team
from tools.release.template import OWNED, ownership

MODEL = "select 1 as our_number\n"


def medallion_folders(team: Team) -> None:
    """Layers are called bronze, silver and gold."""
    for old, new in (("staging", "bronze"), ("intermediate", "silver"), ("marts", "gold")):
        for path in sorted(harness.tree(team.root, f"models/{old}")):
            team.move(path, path.replace(f"models/{old}", f"models/{new}", 1))
    team.write("models/gold/fct_ours.sql", MODEL)


def windows_line_ends(team: Team) -> None:
    """An editor on Windows saved every file of the team."""
    for path, content in _owned_text(team).items():
        (team.root / path).write_bytes(content.replace(b"\n", b"\r\n"))
    team.write("notes.txt", "ours\r\nours\r\n")


def no_newline_at_the_end(team: Team) -> None:
    for path, content in _owned_text(team).items():
        (team.root / path).write_bytes(content.rstrip(b"\n"))


def latin_1(team: Team) -> None:
    (team.root / "docs").mkdir(exist_ok=True)
    (team.root / "docs/umsatz.md").write_bytes("Umsätze über alles\n".encode("latin-1"))
    (team.root / "README.md").write_bytes(b"caf\xe9\n")


def umlauts_in_paths(team: Team) -> None:
    team.write("models/marts/größe/übersicht_über_straßen.sql", MODEL)
    team.write("docs/日本語.md", "ours\n")


def decomposed_umlauts(team: Team) -> None:
    """As macOS writes them."""
    team.write(unicodedata.normalize("NFD", "docs/Übersicht.md"), "ours\n")


def spaces_and_quotes_in_paths(team: Team) -> None:
    for name in ("our notes (draft)", "it's", 'a "quote"', "semi;colon", "$HOME", "[x]", "-dash"):
        team.write(f"docs/{name}.md", "ours\n")


def long_paths(team: Team) -> None:
    team.write(f"models/marts/{'/'.join(['a_long_name_of_a_folder'] * 7)}/ours.sql", MODEL)


def hundreds_of_models(team: Team) -> None:
    for number in range(400):
        team.write(f"models/marts/area_{number % 20:02}/our_model_{number:03}.sql", MODEL)


def hidden_files(team: Team) -> None:
    for name in (".tool-versions", ".python-version", ".github/dependabot.yml", ".markdownlint"):
        team.write(name, "ours: 1\n")
    team.write("renovate.json", "{}\n")


def pipelines_of_the_team(team: Team) -> None:
    team.write(".github/workflows/check-ours.yml", "name: ours\non: push\njobs: {}\n")
    team.write(".github/ISSUE_TEMPLATE/bug.yml", "name: Bug\n")
    team.write(".gitlab/issue_templates/bug.md", "ours\n")


def links(team: Team) -> None:
    """Symbolic links to a file, to a folder, and to nothing."""
    team.write("docs/ours.md", "ours\n")
    for name, target in (("index.md", "ours.md"), ("models", "../models"), ("gone.md", "nothing")):
        (team.root / "docs" / name).symlink_to(target)


def programs(team: Team) -> None:
    team.write("scripts/load.sh", "#!/bin/sh\necho ours\n")
    (team.root / "scripts/load.sh").chmod(0o755)


def bytes_of_all_kinds(team: Team) -> None:
    (team.root / "logo.png").write_bytes(bytes(range(256)) * 20)
    (team.root / "large.bin").write_bytes(os.urandom(2 << 20))


def empty_files(team: Team) -> None:
    for name in ("seeds/.gitkeep", "analyses/.gitkeep", "macros/.gitkeep"):
        team.write(name, "")
    team.write("README.md", "")


def packages_and_seeds(team: Team) -> None:
    team.write("packages.yml", "packages:\n  - local: packages/house\n")
    team.write("packages/house/dbt_project.yml", 'name: house\nversion: "1.0.0"\n')
    team.write("package-lock.yml", "packages: []\n")
    team.write("seeds/countries.csv", "code,name\nde,Germany\n")


def a_python_package(team: Team) -> None:
    team.write("src/acme/__init__.py", '"""Ours."""\n')
    team.append("pyproject.toml", "[tool.dataops]", "without-raw = true")


def a_lock_and_a_wheel(team: Team) -> None:
    team.write("uv.lock", "version = 1\n")
    (team.root / "vendor").mkdir()
    (team.root / "vendor/acme-1.0-py3-none-any.whl").write_bytes(b"PK\x05\x06" + bytes(18))


def work_that_git_ignores(team: Team) -> None:
    """Raw data, releases and an environment, which no update may touch."""
    team.write("raw/orders/2026.csv", "a\n1\n")
    team.write("store/history/runs/1.json", "{}\n")
    team.write(".env", "PGPASSWORD=x\n")


def another_sample(team: Team) -> None:
    if (team.root / "sample").exists():
        team.delete("sample")
    team.write("sample/visits/visits.csv", "a\n1\n")


def managed_files_kept(team: Team) -> None:
    for path in ("Dockerfile", ".dockerignore", ".gitattributes"):
        team.append(path, "# ours")
        team.own(path, "our image is another one")


def managed_files_deleted(team: Team) -> None:
    for path in ("Dockerfile", ".dockerignore"):
        team.own(path, "we have no image")
        team.delete(path)


def a_submodule(team: Team) -> None:
    other = team.root.with_name("other")
    harness.git(team.root.parent, "init", "-q", "-b", "main", str(other))
    (other / "shared.sql").write_text(MODEL)
    harness.git(other, "add", "-A")
    harness.git(other, "commit", "-q", "-m", "shared")
    allow = ("-c", "protocol.file.allow=always")
    harness.git(team.root, *allow, "submodule", "--quiet", "add", str(other), "macros/shared")


def a_shallow_clone(team: Team) -> None:
    team.write("notes.md", "ours\n")
    team.commit("second")
    clone = team.root.with_name("clone")
    url = team.root.as_uri()
    harness.git(team.root.parent, "clone", "-q", "--depth=1", "--no-checkout", url, str(clone))
    shutil.rmtree(team.root / ".git")
    shutil.move(clone / ".git", team.root / ".git")
    harness.git(team.root, "config", "core.autocrlf", "false")
    harness.git(team.root, "reset", "-q")


def a_repository_elsewhere(team: Team) -> None:
    """The folder `.git` is a file, as in a linked work tree."""
    elsewhere = str(team.root.with_name("elsewhere.git"))
    harness.git(team.root, "init", "-q", "--separate-git-dir", elsewhere)


def a_detached_head(team: Team) -> None:
    harness.git(team.root, "checkout", "-q", "--detach")


def tags_and_branches_like_versions(team: Team) -> None:
    for version in ("v1.0.0", "v1.1.0", "v2.0.0"):
        harness.git(team.root, "tag", version)
    harness.git(team.root, "switch", "-q", "-c", "v1.0.1")


def branches_and_merges(team: Team) -> None:
    for number in range(3):
        harness.git(team.root, "switch", "-q", "-c", f"feature/{number}", "main")
        team.write(f"models/marts/feature_{number}.sql", MODEL)
        team.commit(f"feature {number}")
        harness.git(team.root, "switch", "-q", "main")
        harness.git(team.root, "merge", "-q", "--no-ff", "-m", "merge", f"feature/{number}")


def settings_of_git(team: Team) -> None:
    """What people set for their own eyes, and what breaks programs that parse git's output."""
    for name, value in (
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("color.ui", "always"),
        ("core.fileMode", "false"),
        ("core.quotePath", "false"),
        ("apply.whitespace", "error"),
        ("merge.conflictStyle", "zdiff3"),
        ("status.showUntrackedFiles", "all"),
    ):
        harness.git(team.root, "config", name, value)
    team.write("notes.md", "trailing   \n")


def hooks_that_reject(team: Team) -> None:
    hook = team.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)


def files_for_the_owner_only(team: Team) -> None:
    """A machine with umask 077."""
    for path in team.root.rglob("*"):
        if ".git" not in path.parts and not path.is_symlink():
            path.chmod(0o700 if path.is_dir() or path.stat().st_mode & 0o100 else 0o600)


def another_folder(team: Team) -> None:
    """The product's folder is renamed, and its name is an answer's default."""
    renamed = team.root.with_name("Renamed product")
    shutil.move(team.root, renamed)
    team.root = renamed


def another_default_branch(team: Team) -> None:
    """Renamed, and told with `dataops configure --branch trunk`."""
    harness.git(team.root, "branch", "-m", "trunk")
    copier.run_update(
        team.root,
        data={"branch": "trunk"},
        defaults=True,
        overwrite=True,
        quiet=True,
        vcs_ref=team.version,
    )


def a_copy_without_history(team: Team) -> None:
    """Unpacked from a ZIP file, and committed anew."""
    team.write("notes.md", "ours\n")
    shutil.rmtree(team.root / ".git")
    harness.git(team.root, "init", "-q", "-b", "main")
    harness.git(team.root, "config", "core.autocrlf", "false")


def an_adopted_project(team: Team) -> None:
    """A project that was there before, with its debt, its folders and its own managed files."""
    team.write("dbt_project.yml", "name: theirs\nprofile: dataops\nmodel-paths: [transform]\n")
    team.write("transform/base/base_orders.sql", "SELECT 1 AS One\n")
    team.write("transform/base/schema.yml", "version: 2\nmodels: []\n")
    team.write("macros/cents.sql", "{% macro cents(x) %}{{ x }} / 100{% endmacro %}\n")
    team.write("baseline.yml", "sql/CP01:\n  transform/base/base_orders.sql: 3\n")
    for path in (".sqlfluff", "profiles.yml"):
        team.append(path, "# theirs")
        team.own(path, "ours is older than the template")


def updates_merged_on_the_forge(team: Team) -> None:
    """An update's branch got the default branch by "Update branch", and was squashed into it."""
    harness.git(team.root, "switch", "-q", "-c", "template-update")
    team.append("README.md", "changed with the update")
    team.commit("Update the template to v0.9.0")
    harness.git(team.root, "switch", "-q", "main")
    team.write("notes.md", "ours\n")
    team.commit("meanwhile")
    harness.git(team.root, "switch", "-q", "template-update")
    harness.git(team.root, "merge", "-q", "--no-edit", "main")
    harness.git(team.root, "switch", "-q", "main")
    harness.git(team.root, "merge", "-q", "--squash", "template-update")
    team.commit("Update the template to v0.9.0 (#7)")


def a_managed_file_given_back(team: Team) -> None:
    """Kept for a while, then given back with `dataops disown`."""
    path = team.root / ".gitattributes"
    rendered = path.read_bytes()
    path.write_bytes(rendered + b"# ours\n")
    team.own(".gitattributes", "we like tabs")
    team.commit("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
        disown(Product(team.root), str(path), lambda _: None)
    assert path.read_bytes() == rendered


def a_folder_of_a_repository(team: Team) -> None:
    """The product is moved into a folder of a larger repository."""
    outer = team.root.with_name("outer")
    inner = outer / "services" / team.root.name
    inner.parent.mkdir(parents=True)
    shutil.move(team.root, inner)
    shutil.move(inner / ".git", outer / ".git")
    (outer / "package.json").write_text("{}\n")
    team.root = inner


def _owned_text(team: Team) -> dict[str, bytes]:
    owned = ownership()
    return {
        path: content
        for path, content in harness.tree(team.root, ".").items()
        if owned.classes(path) == (OWNED,) and Path(path).suffix in (".md", ".yml", ".sql", ".csv")
    }


COMPANY_LIVES: dict[str, Life] = {
    life.__name__: life
    for life in (
        medallion_folders,
        windows_line_ends,
        no_newline_at_the_end,
        latin_1,
        umlauts_in_paths,
        decomposed_umlauts,
        spaces_and_quotes_in_paths,
        long_paths,
        hundreds_of_models,
        hidden_files,
        pipelines_of_the_team,
        links,
        programs,
        bytes_of_all_kinds,
        empty_files,
        packages_and_seeds,
        a_python_package,
        a_lock_and_a_wheel,
        work_that_git_ignores,
        another_sample,
        managed_files_kept,
        managed_files_deleted,
        a_submodule,
        a_shallow_clone,
        a_repository_elsewhere,
        a_detached_head,
        tags_and_branches_like_versions,
        branches_and_merges,
        settings_of_git,
        hooks_that_reject,
        files_for_the_owner_only,
        another_folder,
        another_default_branch,
        a_copy_without_history,
        an_adopted_project,
        updates_merged_on_the_forge,
        a_managed_file_given_back,
        a_folder_of_a_repository,
    )
}
