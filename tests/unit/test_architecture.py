"""The shape of the package: short modules, and names of products in one place only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import first_light
from first_light.dbt.driver import GROUP

PACKAGE = Path(first_light.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
MOST_LINES = 400

# The folders of the kinds of warehouse, as the entry points have them.
WAREHOUSES = tuple(
    "/".join(entry.value.partition(":")[0].split(".")[1:-1]) + "/"
    for entry in metadata.entry_points(group=GROUP)
    if entry.value.startswith("first_light.")
)
# What else may name a warehouse, and why. Docstrings and comments may: they explain.
WAREHOUSE_ELSEWHERE = {
    "cli/setup.py": "the help of an option that one warehouse has",
    "dbt/column_lineage.py": "the SQL dialect in which compiled models are parsed",
    "dbt/hidden_code.py": "the SQL dialect in which compiled models are parsed",
    "dbt/outside_reads.py": "functions that read files or servers, and the dialects of models",
    "dbt/packages.py": "the Python packages whose versions a record keeps",
    "history/log.py": "the history is read with DuckDB, whatever the product's warehouse is",
    "history/packs.py": "packs are written and read with DuckDB, as the history is",
    "move/failures.py": "the setting of a model that adapters of dbt take otherwise",
    "project/pin.py": "the extra of the package that the answer `warehouse` asks for",
    "warehouse/base.py": "the file of a release where the warehouse is files",
    "warehouse/dialect.py": "the SQL in which profile queries are written, whatever answers them",
    "warehouse/readers_copy.py": "reads and writes database files of the embedded engine",
    "warehouse/sandbox.py": "reads database files of the embedded engine",
    "warehouse/scratch.py": "the embedded engine, which computes in every product",
}
# What else may name a forge, and why.
FORGE_ELSEWHERE = {
    "project/managed.py": "files of the template that the team must not edit",
    "project/pin.py": "git addresses that Copier abbreviates with gh: and gl:",
    "project/environment.py": "project is below forge, and a warning has its pipeline's form",
    "score/evidence.py": "files of the template that show a pipeline",
    "score/rules.py": "the variable that a team has to set",
}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_is_short_enough_to_read(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{module} has {lines} lines: split it by responsibility"


def test_every_folder_of_a_warehouse_is_an_entry_point() -> None:
    folders = {f"{path.parent.name}/" for path in (PACKAGE / "warehouse").glob("*/__init__.py")}
    assert folders == {folder.removeprefix("warehouse/") for folder in WAREHOUSES}


@pytest.mark.parametrize(
    ("pattern", "folders", "elsewhere"),
    [
        (r"bigquery|duckdb|postgres|psycopg|snowflake|pyhive", WAREHOUSES, WAREHOUSE_ELSEWHERE),
        (r"github|gitlab", ("forge/",), FORGE_ELSEWHERE),
    ],
    ids=["warehouse", "forge"],
)
def test_names_of_products_stay_in_one_place(
    pattern: str, folders: tuple[str, ...], elsewhere: dict[str, str]
) -> None:
    named = {
        module: texts
        for module, path in MODULES.items()
        if not module.startswith(folders)
        and (texts := [text for text in code_of(path) if re.search(pattern, text, re.IGNORECASE)])
    }
    assert set(named) == set(elsewhere), {
        **{module: named[module] for module in set(named) - set(elsewhere)},
        **dict.fromkeys(set(elsewhere) - set(named), "no longer names one"),
    }


# dbt's Python package may be imported here only: its docstring says why each use remains.
DBT_IMPORTED = "dbt/v1.py"


def test_one_module_imports_dbt() -> None:
    importing = {module for module, path in MODULES.items() if dbt_imports(path.read_text("utf-8"))}
    assert importing == {DBT_IMPORTED}


@pytest.mark.parametrize(
    "line",
    [
        "import dbt.version",
        "import dbt as tool",
        "from dbt.cli.main import dbtRunner",
        "from dbt import adapters",
        "def f() -> None:\n    from dbt_common.exceptions import DbtBaseException",
        "importlib.import_module('dbt.cli.main')",
    ],
)
def test_an_import_of_dbt_is_seen(line: str) -> None:
    assert dbt_imports(line)


def test_own_modules_are_no_import_of_dbt() -> None:
    assert not dbt_imports("from first_light.dbt.engine import Engine\nfrom .dbt import engine")


def dbt_imports(source: str) -> list[str]:
    """The modules of dbt's own packages that a module imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=aliases):
                names += [alias.name for alias in aliases]
            case ast.ImportFrom(module=str(module), level=0):
                names.append(module)
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if ast.unparse(
                function
            ).endswith(("import_module", "__import__")):
                names.append(name)
    return [name for name in names if re.match(r"dbt(_\w+)?(\.|$)", name)]


def code_of(path: Path) -> Iterator[str]:
    """Every name and text in the code of a module; docstrings and comments are none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield path.relative_to(PACKAGE).as_posix()
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Constant(value=str(text)) if id(node) not in explained:
                yield text
