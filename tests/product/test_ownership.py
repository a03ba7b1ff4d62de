"""Who owns which path: one list that Copier follows, and every path in one class."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import copier
import pytest
import yaml
from conftest import MakeProduct
from sqlfluff.core import FluffConfig

import harness
from first_light.dbt.engine import open_engine
from first_light.hooks import secrets as secrets_hook
from first_light.hooks import team as team_hooks
from first_light.project import managed, managed_list
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, WARNED
from gauntlet.versions import append
from tools.release import manifest, template


@pytest.mark.parametrize("profile", harness.PROFILES)
def test_every_rendered_path_is_in_exactly_one_class(tmp_path: Path, profile: str) -> None:
    ownership = template.ownership()
    rendered = harness.tree(harness.render(tmp_path / "p", harness.PROFILES[profile]), ".")
    classes = {path: ownership.classes(path) for path in rendered}
    astray = {path: result for path, result in classes.items() if len(result) != 1}
    assert not astray, f"say in ownership.yml whose these are, once: {astray}"


def test_copiers_settings_follow_from_ownership() -> None:
    ownership, output = template.ownership(), template.settings()
    owned = list(ownership.owned)
    assert output["_skip_if_exists"] == owned
    excluded = output["_exclude"]
    # Owned first, taken back for a copy, then what no render brings.
    assert excluded[: len(owned)] == owned
    assert excluded[len(owned)] == "{% if _copier_operation == 'copy' %}!*{% endif %}"
    assert set(ownership.tombstones) <= set(excluded[len(owned) + 1 :])


def test_the_lists_hold_no_jinja_and_overlap_nowhere() -> None:
    ownership = template.ownership()
    every = [*ownership.managed, *ownership.owned, *ownership.tombstones]
    assert all(path.startswith("/") and not set("{}*!?[]") & set(path) for path in every)
    assert len(set(every)) == len(every)
    for path in every:
        others = [other for other in every if other != path]
        assert not template.covers(others, path.lstrip("/")), path


def test_the_list_of_managed_files_is_true() -> None:
    """A stale one makes every new product look edited; `make format` writes it anew."""
    written = (harness.TEMPLATE / manifest.TEMPLATE_FILE).read_text("utf-8")
    assert written == manifest.of_template()


@pytest.mark.parametrize("profile", harness.PROFILES)
def test_a_product_carries_the_list_of_its_own_managed_files(
    tmp_path: Path, working_template: Path, profile: str
) -> None:
    """Plain files, rendered ones, and none that the answers left out."""
    rendered = working_template / "template" / "dataops" / "rendered.txt.jinja"
    rendered.write_text("{{ product_name }} — {{ deadline }}\n", encoding="utf-8")
    (working_template / manifest.TEMPLATE_FILE).write_text(
        manifest.of_template(working_template), encoding="utf-8"
    )
    product = tmp_path / "p"
    answers = harness.PROFILES[profile]
    copier.run_copy(
        str(working_template), product, data=answers, defaults=True, quiet=True, vcs_ref="HEAD"
    )
    carried = (product / managed_list.MANIFEST).read_text("utf-8")
    assert "  dataops/rendered.txt\n" in carried
    assert carried == manifest.of_product(product, working_template)
    assert managed.drifted(product, managed.manifest(product) or {}) == ()


@pytest.fixture
def product(tmp_path: Path) -> Product:
    """A fresh product, committed."""
    root = harness.render(tmp_path / "p", {"content": "empty"})
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "first light")
    return Product(root)


def test_check_passes_a_product_as_it_was_made(product: Product) -> None:
    step = managed.step(product)
    assert (step.verdict, step.details) == (PASSED, ())


def test_check_names_an_edited_file_and_every_way_out(product: Product) -> None:
    append(product.root / ".sqlfluff", "# our own line")
    step = managed.step(product)
    assert step.verdict == FAILED
    assert step.summary == ".sqlfluff edited"
    (output,) = step.details
    assert "a .sqlfluff of your own in models/" in output
    assert f"propose it to {harness.template_repository()}" in output
    assert 'uv run dataops own .sqlfluff --because "REASON"' in output
    # The command it gives fixes it, from the product's own history.
    commit = product.git("rev-parse", "--short", "HEAD")
    assert f"git checkout {commit} -- .sqlfluff" in output
    product.git("commit", "-qam", "edited")
    assert f"git checkout {commit} -- .sqlfluff" in managed.step(product).details[0]
    product.git("checkout", commit, "--", ".sqlfluff")
    assert managed.step(product).verdict == PASSED


def test_check_names_a_deleted_file(product: Product) -> None:
    (product.root / "dataops/macros/generate_schema_name.sql").unlink()
    step = managed.step(product)
    assert step.verdict == FAILED
    assert "generate_schema_name.sql is deleted" in step.details[0]
    assert "a macro of the same name in macros/" in step.details[0]


def test_windows_line_ends_are_no_edit(product: Product) -> None:
    file = product.root / ".sqlfluff"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert managed.step(product).verdict == PASSED


def test_a_file_kept_by_declaration_is_no_finding(product: Product) -> None:
    before = product.answers
    append(product.root / ".sqlfluff", "# our own line")
    assert managed.opt_out(product, str(product.root / ".sqlfluff"), "we like tabs") == ".sqlfluff"
    after = Product(product.root)
    step = managed.step(after)
    assert step.verdict == PASSED
    assert "kept as your own: .sqlfluff" in step.summary
    assert after.answers == {**before, "opt_outs": {".sqlfluff": "we like tabs"}}
    assert (product.root / ".copier-answers.yml").read_text("utf-8").startswith("# Written by")


@pytest.mark.parametrize(
    ("path", "reason", "words"),
    [
        ("README.md", "x", "owns it already"),
        (".sqlfluff", " ", "A reason is missing"),
        ("/etc", "x", "already"),
    ],
)
def test_only_a_managed_file_is_declared_and_with_a_reason(
    product: Product, path: str, reason: str, words: str
) -> None:
    with pytest.raises(DataopsError, match=words):
        managed.opt_out(product, str(product.root / path), reason)


def test_a_stale_declaration_is_a_warning(product: Product) -> None:
    append(product.root / ".copier-answers.yml", "opt_outs: {gone.txt: once}")
    step = managed.step(Product(product.root))
    assert step.verdict == WARNED
    assert "gone.txt" in step.details[0]


def test_a_damaged_list_says_so(product: Product) -> None:
    append(product.root / managed_list.MANIFEST, "<<<<<<< before updating")
    with pytest.raises(DataopsError, match="damaged") as raised:
        managed.step(product)
    assert "line" in raised.value.where


# ── Extension points: each row of the table in docs/reference/ownership.md ─────────────────────


def test_every_extension_point_is_in_the_table_and_in_no_ones_way(product: Product) -> None:
    """Files of a team's own beside the managed ones are no edit of them."""
    page = (harness.TEMPLATE / "docs" / "reference" / "ownership.md").read_text("utf-8")
    for path in (
        *("models/.sqlfluff", ".github/workflows/ours.yml", ".gitlab/team.yml"),
        ".github/actions/team/action.yml",
        *(".pre-commit-team.yaml", "macros/generate_schema_name.sql", "docs/.gitignore"),
    ):
        (product.root / path).parent.mkdir(parents=True, exist_ok=True)
        (product.root / path).write_text("# ours\n", encoding="utf-8")
        assert Path(path).name in page or Path(path).parent.name in page, path
    assert managed.step(product).verdict == PASSED


def test_a_nested_sqlfluff_overrides_the_managed_one(product: Product) -> None:
    folder = product.root / "models" / "marts"
    folder.mkdir(parents=True)
    (folder / ".sqlfluff").write_text("[sqlfluff]\nmax_line_length = 120\n", encoding="utf-8")
    managed_, own = (
        FluffConfig.from_path(str(path), ignore_local_config=False)
        for path in (product.root / "models", folder)
    )
    assert (managed_.get("max_line_length"), own.get("max_line_length")) == (100, 120)
    assert own.get("dialect") == managed_.get("dialect") == "duckdb"


def test_a_gitignore_in_a_folder_adds_to_the_managed_one(product: Product) -> None:
    (product.root / "docs" / ".gitignore").write_text("drafts/\n", encoding="utf-8")
    assert product.git("check-ignore", "docs/drafts/x", "raw/x").splitlines() == [
        "docs/drafts/x",
        "raw/x",
    ]


@pytest.mark.parametrize(("finds", "code"), [("nothing-of-this", 0), ("data-team", 1)])
def test_the_teams_own_hooks_run_along(product: Product, finds: str, code: int) -> None:
    config = yaml.safe_load((product.root / ".pre-commit-config.yaml").read_text("utf-8"))
    entries = [hook["entry"] for hook in config["repos"][0]["hooks"]]
    assert "uv run --no-sync python -m first_light.hooks.team" in entries
    hook = {"id": "ours", "name": "ours", "language": "pygrep", "entry": finds, "files": "README"}
    own = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (product.root / ".pre-commit-team.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "first_light.hooks.team", "README.md", "CODEOWNERS"],
        cwd=product.root,
        env=harness.clean_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "ours" in done.stdout


def test_without_hooks_of_its_own_nothing_runs(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(product.root)
    assert team_hooks.main(["README.md"]) == 0


def test_secrets_are_looked_for_wherever_somebody_else_than_the_template_wrote(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = yaml.safe_load((product.root / ".pre-commit-config.yaml").read_text("utf-8"))
    entries = [hook["entry"] for hook in config["repos"][0]["hooks"]]
    assert "uv run --no-sync python -m first_light.hooks.secrets" in entries
    monkeypatch.chdir(product.root)
    managed_, own = ".sqlfluff", "README.md"
    assert secrets_hook.files_to_scan(product.root, [managed_, own]) == [own]
    assert secrets_hook.main([managed_, own]) == 0
    for name in (managed_, own):
        path = product.root / name
        before = path.read_text(encoding="utf-8")
        append(path, 'KEY = "AKIA' + 'Q3EGRTXVY7ZAB4WM"')
        assert secrets_hook.main([managed_, own]) == 1, name
        path.write_text(before, encoding="utf-8")
    (product.root / managed_list.MANIFEST).write_text("damaged", encoding="utf-8")
    assert secrets_hook.files_to_scan(product.root, [managed_, own]) == [managed_, own]


@pytest.mark.slow
def test_macros_and_variables_of_ones_own_are_taken(product: Product) -> None:
    (product.root / "macros").mkdir(exist_ok=True)
    (product.root / "macros" / "generate_schema_name.sql").write_text(
        "{% macro generate_schema_name(custom_schema_name, node) %}ours{% endmacro %}\n",
        encoding="utf-8",
    )
    (product.root / "models" / "marts").mkdir(parents=True)
    # A variable of one's own too: without it the model would be rejected.
    append(product.root / "dbt_project.yml", "vars: {ours: 1}")
    (product.root / "models" / "marts" / "one.sql").write_text("select {{ var('ours') }} as one\n")
    assert open_engine(product.root, "ci", product.root / "target").parse().ok
    loaded = json.loads((product.root / "target" / "manifest.json").read_text("utf-8"))
    schemas = {node["schema"] for node in loaded["nodes"].values() if node["name"] == "one"}
    assert schemas == {"ours"}


@pytest.mark.slow
def test_dependencies_of_ones_own_are_locked_beside_the_pinned_tools(
    make_product: MakeProduct,
) -> None:
    made = make_product({"content": "empty"})
    pyproject = made.root / "pyproject.toml"
    text = pyproject.read_text("utf-8").replace('/dataops"]', '/dataops", "packaging"]')
    pyproject.write_text(text, encoding="utf-8")
    made.run("uv", "lock", "--quiet")
    assert '{ name = "packaging" }' in (made.root / "uv.lock").read_text("utf-8")


def test_sqlfluff_and_hooks_of_the_team_keep_off_managed_files(product: Product) -> None:
    """`sqlfluff fix` of everything, and a formatter of the team's own with `--all-files`."""
    before = harness.tree(product.root, ".")
    (product.root / "macros").mkdir(exist_ok=True)
    ugly = product.root / "macros" / "ugly.sql"
    ugly.write_text("SELECT 1 AS a  \n", encoding="utf-8")
    fluff = [sys.executable, "-m", "sqlfluff", "fix", "--quiet", "."]
    assert subprocess.run(fluff, cwd=product.root, capture_output=True).returncode == 0
    assert ugly.read_text("utf-8") == "select 1 as a\n"
    ugly.unlink()
    assert harness.tree(product.root, ".") == before

    (product.root / ".pre-commit-team.yaml").write_text(TEAM_FORMATTER, encoding="utf-8")
    harness.git(product.root, "add", "-A")
    managed.opt_out(product, str(product.root / ".yamllint"), "ours")
    names = [name for name in before if name not in ("uv.lock", ANSWERS)]
    team = [sys.executable, "-m", "first_light.hooks.team", *names]
    subprocess.run(team, cwd=product.root, capture_output=True, env=harness.clean_environment())
    after = harness.tree(product.root, ".")
    changed = {name for name in names if after[name] != before[name]}
    assert {".yamllint", "README.md", "pyproject.toml"} <= changed
    assert managed.step(Product(product.root)).verdict == PASSED


TEAM_FORMATTER = """\
repos:
  - repo: local
    hooks:
      - id: ours
        name: ours
        language: system
        types: [text]
        entry: sed -i '$ a ours'
"""


def test_sqlfmt_keeps_off_managed_files() -> None:
    """In every product by a line of each file; where products are new also by their setting."""
    template = harness.TEMPLATE / "template"
    for macro in (template / "dataops").rglob("*.sql"):
        assert macro.read_text("utf-8").startswith("-- fmt: off\n"), macro
    settings = (template / "pyproject.toml.jinja").read_text("utf-8")
    assert '[tool.sqlfmt]\nexclude = ["dataops/**/*"]' in settings
