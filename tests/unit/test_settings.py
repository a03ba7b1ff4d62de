"""Settings: one definition, read once, wrong ones rejected with their place."""

from __future__ import annotations

import json
import re
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import jsonschema
import pytest

from first_light.dbt import accepted_warnings
from first_light.history.record import REAL, REHEARSAL
from first_light.project import settings
from first_light.project.product import Product
from first_light.project.settings import Settings, read_settings
from first_light.release import begin
from first_light.release.context import Context
from first_light.utils.errors import DataopsError
from first_light.utils.variables import variable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPOSITORY = Path(__file__).parents[2]
# Variables of pipelines, which dataops itself never reads.
PIPELINES = {"DATAOPS_RUNNER", "DATAOPS_UPDATE", "DATAOPS_DEADLINE", "DATAOPS_PRODUCT"}
# How the settings of a product in a folder are called in the docs.
OF_A_FOLDER = "_SERVICES_SALES"


def product(root: Path, *lines: str) -> Path:
    (root / "pyproject.toml").write_text("\n".join(["[tool.dataops]", *lines]), encoding="utf-8")
    return root


def test_the_environment_precedes_the_team_and_the_team_the_default(tmp_path: Path) -> None:
    assert read_settings(tmp_path, {}) == Settings()
    root = product(tmp_path, "keep-releases = 20", 'store = "elsewhere"')
    variables = {"DATAOPS_STORE": "branch", "DATAOPS_KEEP_RELEASES": " ", "DATAOPS_RAW": "/raw"}
    assert read_settings(root, variables) == Settings(store="branch", keep_releases=20, raw="/raw")
    assert read_settings(root, {"DATAOPS_KEEP_RELEASES": "3"}).keep_releases == 3


def test_a_project_without_raw_makes_no_rehearsal(tmp_path: Path) -> None:
    store = SimpleNamespace(retained=lambda: ())
    context = cast(Context, SimpleNamespace(product=Product(tmp_path), store=store))
    with settings.use(Settings()):
        assert begin.kind_of_release(context, None) == REHEARSAL
    with settings.use(read_settings(product(tmp_path, "without-raw = true"), {})):
        assert begin.kind_of_release(context, None) == REAL
        assert begin.kind_of_release(context, ()) == REAL


def test_a_warning_of_dbt_is_accepted_with_a_reason_only(tmp_path: Path) -> None:
    root = product(tmp_path, 'accepted-dbt-warnings = {MFConverterIssue = "no OSI form"}')
    with settings.use(read_settings(root, {})):
        assert json.loads(accepted_warnings.option())["warn"][-1] == "MFConverterIssue"
        assert accepted_warnings.summary() == "accepted: MFConverterIssue"
    assert "MFConverterIssue" not in accepted_warnings.option()
    variables = {"DATAOPS_ACCEPTED_DBT_WARNINGS": '{"NoNodeForYamlKey": "theirs"}'}
    assert read_settings(root, variables).accepted_dbt_warnings == {"NoNodeForYamlKey": "theirs"}
    product(tmp_path, 'accepted-dbt-warnings = {MFConverterIssue = ""}')
    with pytest.raises(DataopsError, match="wrong type"):
        read_settings(root, {})


@pytest.mark.parametrize(
    "raw",
    [
        "s3://AKIAKEY:hidden@bucket/raw",
        "https://hidden@host/raw",
        "sftp://user:a/hidden@b@host/raw",
        "https://host/raw?X-Amz-Signature=hidden",
        "az://container/raw?sig=hidden",
    ],
)
def test_credentials_in_the_address_of_raw_are_rejected(tmp_path: Path, raw: str) -> None:
    # Compiled SQL, manifests and records have the address in them.
    with pytest.raises(DataopsError, match="DATAOPS_RAW contains credentials") as raised:
        read_settings(tmp_path, {"DATAOPS_RAW": raw})
    assert "hidden" not in str(raised.value)


def test_an_address_of_raw_without_credentials_is_taken(tmp_path: Path) -> None:
    for raw in ("s3://lake/raw", "file:///srv/raw", "/srv/a@b/raw", "raw"):
        assert read_settings(tmp_path, {"DATAOPS_RAW": raw}).raw == raw


def test_the_pipelines_store_is_only_a_default(tmp_path: Path) -> None:
    default = {"DATAOPS_STORE_DEFAULT": "branch"}
    assert read_settings(tmp_path, default).store == "branch"
    assert read_settings(tmp_path, {**default, "DATAOPS_STORE": "s3://here"}).store == "s3://here"
    assert read_settings(product(tmp_path, 'store = "elsewhere"'), default).store == "elsewhere"


@pytest.mark.parametrize(
    ("line", "place", "fix"),
    [
        ("keep-relases = 20", "", "did you mean keep-releases?"),
        ("weather = 1", "", "use one of store, keep-releases"),
        ('raw = "/data"', "", "set DATAOPS_RAW in the environment"),
        ('mask-key = "x"', "", "set DATAOPS_MASK_KEY in the environment"),
        ('keep-releases = "20"', ": keep-releases: Expected `int`, got `str`", ""),
        ("keep-releases = 0", ": keep-releases: Expected `int` >= 1", ""),
        ("store = 5", ": store: Expected `str`, got `int`", ""),
    ],
)
def test_a_wrong_setting_is_rejected_with_its_place_and_a_fix(
    tmp_path: Path, line: str, place: str, fix: str
) -> None:
    with pytest.raises(DataopsError) as raised:
        read_settings(product(tmp_path, line), {})
    assert raised.value.where == f"pyproject.toml, [tool.dataops]{place}"
    assert raised.value.fix
    assert fix in raised.value.fix
    schema = json.loads(
        (REPOSITORY / "docs" / "reference" / "settings.schema.json").read_text(encoding="utf-8")
    )
    document = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)
    jsonschema.validate({"tool": {"dataops": {"keep-releases": 1, "store": "a"}}}, schema)


def test_a_file_that_is_no_toml_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataopsError, match=r"pyproject\.toml cannot be read"):
        read_settings(product(tmp_path, "keep-releases ="), {})


@pytest.mark.parametrize("value", ["0", "many", "1.5"])
def test_a_variable_of_the_wrong_type_is_rejected(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataopsError) as raised:
        read_settings(tmp_path, {"DATAOPS_KEEP_RELEASES": value})
    assert (raised.value.where or "").startswith("DATAOPS_KEEP_RELEASES: Expected `int`")


def test_threads_of_a_command_have_its_settings() -> None:
    seen: list[str] = []
    with settings.use(Settings(store="mine")):
        thread = threading.Thread(target=lambda: seen.append(settings.current().store))
        thread.start()
        thread.join()
    assert seen == ["mine"]


def test_no_secret_is_shown() -> None:
    variables = {variable(name): "hunter2" for name in vars(settings.Secrets())}
    shown = settings.read_environment(variables)
    assert shown.mask_key == shown.update_token == "hunter2"
    assert "hunter2" not in repr(shown)


def test_every_variable_of_the_package_and_of_a_product_is_a_setting() -> None:
    defined = {variable(name) for name in vars(Settings())} | PIPELINES
    files = [
        path
        for folder in ("src", "template", "docs")
        for path in (REPOSITORY / folder).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".parquet")
    ]
    used: set[str] = set()
    for path in files:
        used.update(re.findall(r"DATAOPS_[A-Z_]*[A-Z]", path.read_text("utf-8", "replace")))
    assert {name.removesuffix(OF_A_FOLDER) for name in used} - {"DATAOPS_CI"} == defined
