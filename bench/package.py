"""What a product costs that finds the package elsewhere: copy, update, start and size."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402
from gauntlet.versions import release, working_tree  # noqa: E402

_PLAIN = {
    "copier.yml": "_subdirectory: template\n_templates_suffix: .jinja\n",
    "template/README.md": "# A product\n",
    "template/{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers | to_nice_yaml -}}\n",
}


@dataclass(frozen=True)
class Size:
    """How large freshly rendered products are.

    Attributes:
        name: what was counted.
        products: files and lines by the product's content.
        before: the same while the package was copied into every product.
    """

    name: str
    products: dict[str, tuple[int, int]]
    before: dict[str, tuple[int, int]]

    def __str__(self) -> str:
        lines = [self.name]
        for content, (files, rows) in self.products.items():
            old = ""
            if content in self.before:
                old = "  (before: {} files, {:,} lines)".format(*self.before[content])
            lines.append(f"    {content}: {files} files, {rows:,} lines{old}")
        return "\n".join(lines)


def size() -> Size:
    """Files and lines of a product that nobody has worked in."""
    counted = {}
    with tempfile.TemporaryDirectory() as scratch:
        for content in ("empty", "example"):
            root = harness.render(Path(scratch) / content, {"content": content})
            files = [path for path in root.rglob("*") if path.is_file()]
            lines = sum(path.read_bytes().count(b"\n") for path in files)
            counted[content] = (len(files), lines)
    return Size("size of a fresh product", counted, {"empty": (206, 34_230)})


@contextmanager
def _templates(scratch: Path) -> Iterator[tuple[Path, Path]]:
    """Ours as v1.0.0 and one of a single file, both as repositories."""
    ours = working_tree(scratch / "ours")
    release(ours, "v1.0.0")
    plain = scratch / "plain"
    for name, text in _PLAIN.items():
        (plain / name).parent.mkdir(parents=True, exist_ok=True)
        (plain / name).write_text(text, encoding="utf-8")
    harness.git(plain, "init", "-q", "-b", "main")
    _tag(plain, "v1.0.0")
    yield ours, plain


def _tag(repository: Path, version: str) -> None:
    harness.git(repository, "add", "-A")
    harness.git(repository, "commit", "-q", "-m", version)
    harness.git(repository, "tag", version)


def _copy(template: Path, root: Path) -> list[str]:
    return ["copier", "copy", "--defaults", "--quiet", str(template), str(root)]


def copy() -> Figure:
    """`copier copy` of the example beside one of a template with a single file."""
    with tempfile.TemporaryDirectory() as scratch, _templates(Path(scratch)) as (ours, plain):

        def of(template: Path) -> Cost:
            root = Path(scratch) / "product"
            cost = run([_copy(template, root)], Path(scratch), harness.clean_environment())
            shutil.rmtree(root)
            return cost

        return in_turn("copier copy ÷ copier copy of one file", lambda: of(ours), lambda: of(plain))


def update() -> Figure:
    """`copier update` to a version whose package is another, beside one of a single file."""
    with tempfile.TemporaryDirectory() as scratch, _templates(Path(scratch)) as (ours, plain):
        env = harness.clean_environment()
        products = {}
        for template, changed in ((ours, "src/first_light/__init__.py"), (plain, "notes.txt")):
            root = products[template] = Path(scratch) / f"product-{template.name}"
            run([_copy(template, root)], Path(scratch), env)
            harness.git(root, "init", "-q", "-b", "main")
            harness.git(root, "add", "-A")
            harness.git(root, "commit", "-q", "-m", "First")
            with (template / changed).open("a", encoding="utf-8") as file:
                file.write("\n# another\n")
            _tag(template, "v1.1.0")

        def of(template: Path) -> Cost:
            root = products[template]
            cost = run([["copier", "update", "--defaults", "--quiet"]], root, env)
            harness.git(root, "reset", "-q", "--hard")
            return cost

        name = "copier update, the package alone ÷ copier update of one file"
        return replace(in_turn(name, lambda: of(ours), lambda: of(plain)), most=6.0)


def update_command() -> Figure:
    """`dataops update` of the example, its lock included, beside `copier update` of the same."""
    with tempfile.TemporaryDirectory() as scratch, _templates(Path(scratch)) as (ours, _):
        environment, _ = harness.shared_environment()
        env = harness.product_environment(environment)
        root = Path(scratch) / "product"
        run([_copy(ours, root)], Path(scratch), env)
        run([["uv", "lock", "--quiet"]], root, env)
        harness.git(root, "init", "-q", "-b", "main")
        harness.git(root, "add", "-A")
        harness.git(root, "commit", "-q", "-m", "First")
        with (ours / "template" / ".yamllint").open("a", encoding="utf-8") as file:
            file.write("# another\n")
        _tag(ours, "v1.1.0")

        def of(command: list[str]) -> Cost:
            cost = run([command], root, env)
            harness.git(root, "reset", "-q", "--hard")
            harness.git(root, "clean", "-q", "-d", "--force")
            return cost

        name = "dataops update, its lock included ÷ copier update"
        ours_, other = ["uv", "run", "dataops", "update"], ["copier", "update", "--defaults"]
        return replace(in_turn(name, lambda: of(ours_), lambda: of([*other, "--quiet"])), most=10.0)


def start() -> Figure:
    """`dataops start` of the example, the package vendored on the way, beside a second `start`.

    The second is a check, since commit and release are there.
    """
    with tempfile.TemporaryDirectory() as scratch, _templates(Path(scratch)) as (ours, _):
        env = harness.clean_environment()
        root = Path(scratch) / "product"
        command = ["uv", "run", "--quiet", "dataops", "start"]

        def first() -> Cost:
            shutil.rmtree(root, ignore_errors=True)
            run([_copy(ours, root)], Path(scratch), env)
            return run([command], root, env)

        def second() -> Cost:
            return run([command], root, env)

        return in_turn("dataops start ÷ dataops start again", first, second)


def help_text() -> Figure:
    """`dataops --help` beside a Python that does nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "product", {"content": "empty"})
        bin_ = Path(product.environment["UV_PROJECT_ENVIRONMENT"]) / "bin"

        def of(*command: str) -> Cost:
            return run([command], product.root, product.environment)

        figure = in_turn(
            "dataops --help ÷ python -c pass",
            lambda: of(str(bin_ / "dataops"), "--help"),
            lambda: of(str(bin_ / "python"), "-c", "pass"),
        )
        return replace(figure, most=0.3)
