"""Every setting of dataops: its one definition, and how it is read.

A field is a setting of the same name: `keep_releases` is `keep-releases` in pyproject.toml and
DATAOPS_KEEP_RELEASES in the environment, which takes precedence. The JSON Schema and
docs/reference/settings.md derive from these classes.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError
from first_light.utils.variables import variable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TABLE = "pyproject.toml, [tool.dataops]"


_Folder = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_][\w-]*(/[A-Za-z0-9_][\w-]*)*$")]
_Prefix = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]
_Value = Annotated[str, msgspec.Meta(pattern=r"^.+ .+ [0-9a-f]{8}$")]


@dataclass(frozen=True)
class TeamSettings:
    """Settings of the team: in `[tool.dataops]` of pyproject.toml, or in the environment."""

    store: str = "store"
    """Where releases and history are: a folder, `branch`, `branch:NAME` or a URL."""
    keep_releases: Annotated[int, msgspec.Meta(ge=1)] = 10
    """How many releases are kept."""
    private_state: str = ""
    """Folder for what [readers do not get](../guides/readers.md#personal-data) of each release;
    the default is `private` in a store that is a folder, and none for a branch or a bucket."""
    data_in_git: bool = False
    """Whether releases from raw may be stored on a branch, where all readers of the repository
    read them."""
    without_raw: bool = False
    """Whether the project has [no landing data in raw](../guides/adopt.md#3-name-where-raw-is): it
    builds from seeds, or from tables that others load. Its releases are no rehearsals then."""
    holidays: Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")] = ""
    """Country, or part of it (ISO 3166: `DE`, `DE-BY`), on whose
    [public holidays](monitors.md#public-holidays) less data comes; the default is the country of
    `business_timezone` in dbt_project.yml."""
    mart_names: Literal["plain", "prefixed"] = "plain"
    """How models in `models/marts` are named: `plain` (`orders`, `customers`) or `prefixed`
    (`fct_orders`, `dim_customers`). Drafts follow it and a project rule checks it. The default is
    plain, because readers see these names and need not know how a model was built."""
    layers: Annotated[dict[_Folder, list[_Prefix]], msgspec.Meta(min_length=1)] = field(
        default_factory=lambda: {"staging": ["stg_"], "intermediate": ["int_"], "marts": []}
    )
    """The [layers](../guides/rules.md#layers): folders in `models/` in the order of the data flow,
    and the prefixes that names of models in them begin with; none allows every name. The first
    layer alone reads sources; the last one holds the marts."""
    dbt_engine: Literal["v1", "v2"] = "v1"
    """The dbt that commands run: `v1`, dbt 1.12 as uv.lock has it, or
    [`v2`](../guides/dbt-v2.md)."""
    carry_over: bool = False
    """Whether a release takes [what has not changed](../guides/carry-over.md) from the current one
    instead of building it again."""
    full_build_days: Annotated[int, msgspec.Meta(ge=1)] = 7
    """With `carry-over`: after how many days a release builds everything again."""
    monitor_scan_percent: Annotated[int, msgspec.Meta(ge=1)] = 10
    """Where the warehouse [charges by scan](../guides/bigquery.md#what-monitors-scan): what the
    monitors may scan, as a share of what the build scanned."""
    accepted_dbt_warnings: dict[str, Annotated[str, msgspec.Meta(min_length=1)]] = field(
        default_factory=dict
    )
    """Warnings of `dbt parse` that [do not fail the check](../guides/changes.md#warnings-of-dbt):
    the name of the event and the reason."""
    accepted_personal_values: dict[_Value, Annotated[str, msgspec.Meta(min_length=1)]] = field(
        default_factory=dict
    )
    """Values of personal columns that
    [may be in a file](../guides/changes.md#values-of-nobody), since they say nothing about a
    person: file, column and digits as `dataops check` prints them, and the reason."""
    check_build: bool = True
    """Whether `dataops check` builds the project. Without it the check says nothing about data. It
    is for a project whose SQL runs [only in a warehouse](../guides/adopt.md#profiles) that the
    check cannot reach."""
    check_test_strength: Literal["off", "warn", "fail"] = "off"
    """Whether `dataops check` measures the
    [test strength](../guides/test-strength.md#in-every-check) of changed models: a mistake in their
    SQL that nothing would stop is a warning with `warn`, and fails the check with `fail`."""


@dataclass(frozen=True)
class LocalSettings:
    """Settings of one machine, pipeline or command: only in the environment."""

    raw: str = ""
    """Folder or URL of raw; the default is `raw` for releases. For `dbt` by hand it is also the
    switch between sample and raw."""
    raw_schema: str = ""
    """Schema of the raw tables that `dbt` by hand reads (PostgreSQL)."""
    store_default: str = ""
    """The store if neither the environment nor the team sets one; pipelines set `branch`."""
    now: str = ""
    """The product's clock (ISO 8601), for replays and tests; the default is the time."""
    db: str = ""
    """DuckDB file that `dbt` by hand builds; the default is `target/warehouse.duckdb`."""
    defer_state: str = ""
    """Folder of a release that `dbt` by hand attaches read-only (DuckDB)."""
    schema: str = ""
    """Schema that `dbt` builds in (PostgreSQL, BigQuery, Spark, DuckLake); set by dataops."""
    database: str = ""
    """Database that `dbt` builds in (Snowflake); set by dataops."""
    raw_database: str = ""
    """Database of the raw tables that `dbt` reads (Snowflake); set by dataops."""
    ci_id: str = ""
    """Suffix of the schemas of the target `ci`; the default is `local`, in checks the user."""
    new_files: str = ""
    """The files that models read which
    [read each file once](../guides/carry-over.md#read-each-file-once), by model as JSON; set by
    `dataops release`."""
    commits_file: str = ""
    """File with the list of commits, where there is no git repository (images)."""
    dbt_command: str = ""
    """The command of dbt v2, where `dbt-engine` is `v2`; the default lets uv run a version that was
    tested."""
    trusted_version: str = ""
    """Version of the template up to which the weekly update lets
    [migrations](../guides/updates.md#migrations) run; an operator sets it for all products."""
    copier: str = ""
    """The Copier command; the default is the version in uv.lock."""


@dataclass(frozen=True)
class Secrets:
    """Secrets: only in the environment, never in a file of the repository."""

    secrets: str = field(default="", repr=False)
    """Several variables in one secret, `NAME=value` a line."""
    mask_key: str = field(default="", repr=False)
    """Key of the masks in the sample; with it masked values stay the same when raw grows."""
    notify_urls: str = field(default="", repr=False)
    """Channels of [alerts](../guides/alerts.md): apprise URLs, separated by white space."""
    issues_token: str = field(default="", repr=False)
    """Token that opens issues for incidents."""
    comment_token: str = field(default="", repr=False)
    """Token that writes the check's comment on GitLab."""
    store_token: str = field(default="", repr=False)
    """Token that reads the remote and pushes the store's branch."""
    update_token: str = field(default="", repr=False)
    """Token that opens update requests."""
    template_token: str = field(default="", repr=False)
    """Token that reads a [private template](../guides/private-templates.md); git sends it to the
    template's repository only."""


@dataclass(frozen=True)
class Settings(TeamSettings, LocalSettings, Secrets):
    """All settings of one command."""


_in_use: list[Settings] = []  # of the running command; not a context variable: threads read it


def current() -> Settings:
    """The settings of the running command; without one those of the environment alone.

    Raises:
        DataopsError: a variable has a value of the wrong type.
    """
    return _in_use[-1] if _in_use else read_environment(os.environ)


@contextmanager
def use(settings: Settings) -> Iterator[None]:
    """Make these the settings of the running command."""
    _in_use.append(settings)
    try:
        yield
    finally:
        _in_use.pop()


def read_settings(root: Path, environment: Mapping[str, str]) -> Settings:
    """A product's settings: the environment's, then the team's, then the defaults.

    Raises:
        DataopsError: pyproject.toml cannot be read, a setting in it is unknown, or a value has the
            wrong type.
    """
    return _merged(_team_values(root), environment)


def read_environment(environment: Mapping[str, str]) -> Settings:
    """The settings that variables make. An empty variable counts as not set.

    Raises:
        DataopsError: a value has the wrong type.
    """
    return _merged({}, environment)


def key(name: str) -> str:
    """The key of a setting in pyproject.toml."""
    return name.replace("_", "-")


def _merged(team: dict[str, Any], environment: Mapping[str, str]) -> Settings:
    values = dict(team)
    for name, type_ in _types().items():
        if text := environment.get(variable(name), "").strip():
            values[name] = _converted(text, type_, variable(name), is_text=True)
    if default := values.get("store_default"):
        values.setdefault("store", default)
    _raise_if_credentials(str(values.get("raw") or ""))
    return Settings(**values)


def _raise_if_credentials(raw: str) -> None:
    """The address of raw is part of compiled SQL, manifests and records, which are published."""
    if "://" in raw and without_credentials(raw) != raw:
        raise DataopsError(
            f"{variable('raw')} contains credentials, which published files would show.",
            where=raw,
            fix="remove them from the address, and set them as the variables that the driver "
            "reads: uv run dataops docs stores",
        )


def _team_values(root: Path) -> dict[str, Any]:
    path = root / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        loaded: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataopsError(
            "pyproject.toml cannot be read.", str(error), "correct it, then repeat the command"
        ) from error
    table = loaded.get("tool", {}).get("dataops", {})
    known = {key(field.name): field.name for field in dataclasses.fields(TeamSettings)}
    values = {}
    for name, value in table.items():
        if name not in known:
            raise _unknown(name, list(known))
        values[known[name]] = _converted(value, _types()[known[name]], f"{_TABLE}: {name}")
    return values


def _unknown(name: str, known: list[str]) -> DataopsError:
    elsewhere = {key(field): field for field in _types() if key(field) not in known}
    if local := elsewhere.get(name):
        return DataopsError(
            f"{name} cannot be set in pyproject.toml.",
            where=_TABLE,
            fix=f"set {variable(local)} in the environment",
        )
    near = get_close_matches(name, known, n=1)
    return DataopsError(
        f"Unknown setting: {name}.",
        where=_TABLE,
        fix=f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}",
    )


def _converted(value: Any, type_: Any, place: str, is_text: bool = False) -> Any:
    try:
        bare = get_args(type_)[0] if get_origin(type_) is Annotated else type_
        if is_text and get_origin(bare) is dict:
            return msgspec.json.decode(value, type=type_)
        return msgspec.convert(value, type_, strict=not is_text)
    except msgspec.DecodeError as error:
        raise DataopsError(
            "A setting has a value of the wrong type.",
            where=f"{place}: {error}",
            fix="correct it, or remove it to use the default; see: uv run dataops docs settings",
        ) from None


@cache
def _types() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)
