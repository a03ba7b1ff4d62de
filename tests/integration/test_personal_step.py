"""`check` refuses values of personal columns in the files of a repository."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

import harness
from first_light.dbt.engine import QueryResult
from first_light.dbt.manifest import Manifest
from first_light.project import settings
from first_light.project.example import make_raw
from first_light.project.managed_list import digest
from first_light.project.product import Product
from first_light.release.personal_files import MarkedTable, search_in
from first_light.sampling import personal_step
from first_light.sampling.cut import cut
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, SKIPPED, Step

SOURCE = """
sources:
  - name: raw
    tables:
      - name: people
        config:
          meta:
            external_location: "read_csv('{{ env_var('DATAOPS_RAW', 'raw' if target.name == 'prod' else 'sample') }}/people/*.csv', delim=',', header=true, all_varchar=true)"
        columns:
          - name: mail
            config: {meta: {pii: email}}
          - name: surname
            config: {meta: {pii: person}}
          - name: town
            config: {meta: {pii: address}}
"""  # noqa: E501
STREETS = tuple(f"Hauptstr. {n}" for n in range(17, 57))
SURNAMES = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman", "Thompson")
FILES = {
    "models/staging/stg_people.yml": "  values:\n    - Lovelace\n    - Knuth\n",
    "models/marts/big.sql": "select 1 as n\nwhere surname = 'Dijkstra'\n",
    "models/marts/big.yml": "unit_tests:\n  - rows:\n      - {id: 1, mail: turing2@mail.net}\n",
    "seeds/vip.csv": "id,surname\n1,Hopper\n",
    "docs/notes.md": "Ask liskov4@mail.net about Berlin, order 1.\n",
}


@pytest.fixture
def product(tmp_path: Path) -> Product:
    root = tmp_path / "product"
    for path, text in {
        "models/staging/raw_people.yml": SOURCE,
        ".copier-answers.yml": "team: Perlman\ncontact: team@mail.net\n",
        "CODEOWNERS": "* perlman6@mail.net\n",
        "README.md": "Perlman is the team's name: `Perlman`\n",
        ".gitignore": "/raw/\n/target/\n",
        "raw/people/people.csv": "id,mail,surname,town\n"
        + "".join(
            f"{n},{SURNAMES[n % 8].lower()}{n}@mail.net,{SURNAMES[n % 8]},Berlin\n"
            for n in range(60)
        ),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    harness.git(root, "init", "-q", "-b", "main")
    result = Product(root)
    cut(root, result.raw, result.sample)
    return result


def judged(product: Product) -> Step:
    return personal_step.step(product, Manifest({}, {}))


def places(step: Step) -> list[str]:
    return [line.split(": ")[0] for line in step.details[0].splitlines()]


def lay(product: Product) -> None:
    for path, text in FILES.items():
        (product.root / path).parent.mkdir(parents=True, exist_ok=True)
        (product.root / path).write_text(text, encoding="utf-8")


def test_masked_values_and_the_names_of_owners_pass(product: Product) -> None:
    step = judged(product)
    assert (step.verdict, step.details) == (PASSED, ())
    assert step.summary.endswith("compared with raw")


def test_what_the_template_wrote_is_no_value_of_a_person(product: Product) -> None:
    path = product.root / "skills" / "add.md"
    path.parent.mkdir()
    path.write_text("- Hopper\n", encoding="utf-8")
    listed = product.root / "dataops" / "managed.sha256"
    listed.parent.mkdir()
    listed.write_text(f"{digest(path.read_bytes())}  skills/add.md\n", encoding="utf-8")
    assert judged(product).verdict == PASSED
    path.write_text("- Hopper\n- Knuth\n", encoding="utf-8")
    assert places(judged(product)) == ["skills/add.md:1", "skills/add.md:2"]


def test_settings_of_tools_hold_no_names_but_may_hold_addresses(product: Product) -> None:
    path = product.root / ".vscode" / "boards.code-snippets"
    path.parent.mkdir()
    path.write_text('{\n  "title": "Hopper"\n}\n', encoding="utf-8")
    assert judged(product).verdict == PASSED
    path.write_text('{\n  "title": "hopper1@mail.net"\n}\n', encoding="utf-8")
    assert places(judged(product)) == [".vscode/boards.code-snippets:2"]


def test_real_values_are_refused_wherever_they_are(product: Product) -> None:
    lay(product)
    step = judged(product)
    assert step.verdict == FAILED
    assert places(step) == [
        "docs/notes.md:1",
        "models/marts/big.sql:2",
        "models/marts/big.yml:3",
        "models/staging/stg_people.yml:2",
        "models/staging/stg_people.yml:3",
        "seeds/vip.csv:2",
    ]
    shown = "\n".join((step.summary, *step.details)).lower()
    assert not [name for name in SURNAMES if name.lower() in shown]
    assert "git-filter-repo" not in shown  # nothing is committed
    assert not (product.root / personal_step.REPLACEMENTS).exists()


def test_a_name_of_a_file_holds_no_value(product: Product) -> None:
    for name in ("letters/to liskov4@mail.net.bin", "letters/Liskov.md"):  # a word may be any
        path = product.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\0")
    step = judged(product)
    assert step.verdict == FAILED
    assert step.details[0] == "the name letters/to ….bin: a value of people.mail (email)"
    assert "git mv" in step.details[1]


def test_a_value_of_nobody_is_accepted_in_one_file_with_a_reason(product: Product) -> None:
    """The key is of value, column and file: nothing else passes with it, and no value is in it."""
    notes = product.root / "docs" / "liskov4@mail.net.md"
    notes.parent.mkdir()
    notes.write_text("Ask liskov4@mail.net or LISKOV4@mail.net.\n", encoding="utf-8")
    step = judged(product)
    assert step.details[0].splitlines()[0] == "docs/….md:1: a value of people.mail (email)"
    entry = step.details[1].splitlines()[-1].strip()
    assert re.fullmatch(r'"docs/…\.md people\.mail [0-9a-f]{8}" = "REASON"', entry)
    assert "liskov" not in "".join(step.details).lower()

    pyproject = product.root / "pyproject.toml"
    pyproject.write_text(f"[tool.dataops.accepted-personal-values]\n{entry}\n", encoding="utf-8")

    def accepting() -> Step:
        with settings.use(settings.read_settings(product.root, {})):
            return judged(product)

    passed = accepting()
    assert (passed.verdict, passed.details) == (PASSED, ())
    assert passed.summary.endswith("compared with raw; 1 accepted value")

    with notes.open("a") as file:  # another value
        file.write("Ask turing2@mail.net.\n")
    assert places(accepting()) == ["docs/….md:2"]
    notes.write_text("Ask liskov4@mail.net.\n", encoding="utf-8")
    other = notes.with_name("other.md")  # another file
    other.write_text(notes.read_text("utf-8"), encoding="utf-8")
    assert places(accepting()) == ["docs/other.md:1"]

    other.unlink()
    notes.unlink()
    summary = accepting().summary
    assert summary.endswith(f"in no file any more: {entry.split(chr(34))[1]}")
    pyproject.write_text(f"[tool.dataops.accepted-personal-values]\n{entry[:-8]}''\n", "utf-8")
    with pytest.raises(DataopsError, match="wrong type"):
        accepting()


def test_a_sample_from_before_the_mark_is_refused(product: Product) -> None:
    yml = product.root / "models/staging/raw_people.yml"
    marked = yml.read_text("utf-8")
    yml.write_text(marked.replace("config: {meta: {pii: person}}", "description: Name."), "utf-8")
    cut(product.root, product.raw, product.sample)
    assert "Lovelace" in (product.sample / "people/people.csv").read_text("utf-8")
    assert judged(product).verdict == PASSED

    yml.write_text(marked, encoding="utf-8")
    step = judged(product)
    assert step.verdict == FAILED
    assert {place.split(":")[0] for place in places(step)[:-1]} == {"sample/people/people.csv"}
    assert "uv run dataops sample" in step.details[1]
    cut(product.root, product.raw, product.sample)
    assert judged(product).verdict == PASSED


def test_without_raw_only_addresses_that_are_no_masks_are_refused(product: Product) -> None:
    shutil.rmtree(product.root / "raw")
    step = judged(product)
    assert (step.verdict, step.summary.endswith("raw is not here")) == (PASSED, True)
    sample = product.sample / "people/people.csv"
    sample.write_text(sample.read_text("utf-8") + "99,ada9@mail.net,Ghi,Berlin\n", "utf-8")
    step = judged(product)
    assert step.verdict == FAILED
    assert "ada9" not in "".join(step.details)


def test_what_is_committed_comes_with_the_way_out_of_history(product: Product) -> None:
    lay(product)
    harness.git(product.root, "add", "-A")
    harness.git(product.root, "commit", "-q", "-m", "First")
    step = judged(product)
    assert f"git-filter-repo --force --replace-text {personal_step.REPLACEMENTS}" in step.details[1]
    file = product.root / personal_step.REPLACEMENTS
    assert file.stat().st_mode & 0o777 == 0o600
    assert r"regex:\bDijkstra\b==>personal" in file.read_text("utf-8").splitlines()
    assert harness.git(product.root, "status", "--porcelain") == ""

    # What is found no more is on disk no more.
    for path in FILES:
        (product.root / path).unlink()
    assert judged(product).verdict == PASSED
    assert not file.exists()


def test_nothing_is_marked(product: Product) -> None:
    (product.root / "models/staging/raw_people.yml").unlink()
    assert judged(product).verdict == SKIPPED


def test_marked_columns_that_cannot_be_read_are_named(product: Product) -> None:
    source = product.root / "models/staging/raw_people.yml"
    source.write_text(SOURCE.replace("external_location", "other"), encoding="utf-8")
    step = judged(product)
    assert step.verdict == SKIPPED
    assert step.summary.startswith("3 columns are marked as personal, but were not read: ")


@pytest.mark.slow
def test_the_example_passes_with_its_raw(tmp_path: Path) -> None:
    product = Product(harness.render(tmp_path / "product"))
    harness.git(product.root, "init", "-q", "-b", "main")
    make_raw(product, lambda line: None)
    assert product.raw.stat().st_mode & 0o077 == 0
    step = judged(product)
    assert (step.verdict, step.details) == (PASSED, ())
    assert step.summary.endswith("compared with raw")


@pytest.mark.parametrize(("people", "verdict"), [(2, PASSED), (12, FAILED)])
def test_towns_called_like_somebody_are_told_from_unmarked_names(
    product: Product, people: int, verdict: str
) -> None:
    """Few of the lines of a sample are chance; many are a column of persons."""
    own = product.root / "sample" / "people" / "people.csv"
    header, *lines = own.read_text(encoding="utf-8").splitlines()
    lines[:1] = [f"{lines[0].rpartition(',')[0]},{SURNAMES[1]}"]
    own.write_text("\n".join((header, *lines, "")), encoding="utf-8")
    lay_sample = product.root / "sample" / "towns" / "towns.csv"
    lay_sample.parent.mkdir(parents=True)
    towns = [*(SURNAMES[n % 8] for n in range(people)), *(f"Town{n}" for n in range(20 - people))]
    lay_sample.write_text("town,size\n" + "".join(f"{town},7\n" for town in towns), "utf-8")
    step = judged(product)
    assert step.verdict == verdict
    assert verdict == PASSED or set(places(step)) == {
        f"sample/towns/towns.csv:{n + 2}" for n in range(people) if SURNAMES[n % 8] != "Perlman"
    }


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [(("Hauptstr. 17",), PASSED), (("ask at Hauptstr. 17 first",), FAILED), (STREETS[:8], FAILED)],
)
def test_a_firm_may_be_where_somebody_lives(
    product: Product, cells: Sequence[str], verdict: str
) -> None:
    """One cell of a table of firms is chance; prose and most cells are not."""
    people = product.root / "raw" / "people" / "people.csv"
    people.write_text(
        "id,mail,surname,town\n"
        + "".join(f"{n},a{n}@mail.net,{SURNAMES[n % 8]},{s}\n" for n, s in enumerate(STREETS))
    )
    cut(product.root, product.raw, product.sample)
    firms = product.root / "sample" / "firms" / "firms.csv"
    firms.parent.mkdir(parents=True)
    others = [f"Am Markt {n}" for n in range(20 - len(cells))]
    rows = "".join(f"{n},{cell}\n" for n, cell in enumerate((*cells, *others)))
    firms.write_text(f"id,seat\n{rows}", encoding="utf-8")
    assert judged(product).verdict == verdict


def test_a_table_of_which_no_marked_column_is_found_is_named(product: Product) -> None:
    class Nothing:
        name = "duckdb"

        def run(self, query: str) -> QueryResult:
            raise AssertionError("nothing can be asked")

    table = MarkedTable("raw.people", "raw.people", {})
    (note,) = search_in(Nothing(), [table], product, ()).notes
    assert note == "raw.people is not compared: none of its marked columns was found"
