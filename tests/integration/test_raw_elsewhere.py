"""Raw in a bucket: read in place, through fsspec, and never written."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
import s3fs

import bucket
import harness
from first_light.commands.release import release as make_release
from first_light.history.record import PUBLISHED, REAL, REHEARSAL, REJECTED, Record
from first_light.project import settings
from first_light.project.product import Product
from first_light.release.options import Options
from first_light.status.current import status
from first_light.store.locate import open_store
from first_light.utils.errors import DataopsError


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[s3fs.S3FileSystem]:
    with bucket.server(tmp_path) as environment:
        s3fs.S3FileSystem.clear_instance_cache()
        for name, value in {**harness.clean_environment(), **environment}.items():
            monkeypatch.setenv(name, value)
        yield bucket.filesystem(environment)


@pytest.mark.slow
def test_a_release_from_a_bucket_to_a_bucket(
    tmp_path: Path, lake: s3fs.S3FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = harness.render(tmp_path / "shop")
    days = list(harness.generator().deliveries(date(2026, 1, 1), date(2026, 1, 16), seed=7))
    monkeypatch.setenv("DATAOPS_NOW", "2026-01-17T05:00:00Z")
    monkeypatch.setenv("DATAOPS_STORE", "s3://lake/store")

    # Before raw is reachable: a rehearsal, and it says so wherever somebody looks.
    rehearsed = _release(root)
    assert (rehearsed.outcome, rehearsed.kind) == (PUBLISHED, REHEARSAL)
    assert _label(root) == (REHEARSAL, "sample")

    monkeypatch.setenv("DATAOPS_RAW", "s3://lake/raw/")
    with pytest.raises(DataopsError, match="There are no files in raw"):
        _release(root)
    for _, files in days[:-1]:
        for name, content in files.items():
            lake.pipe_file(f"lake/raw/{name}", content)
    before = _listing(lake)

    # No check reads a bucket: the release of a new commit finds what its files hold of raw.
    name, content = next((n, c) for _, files in days for n, c in files.items() if "customers" in n)
    table = gzip.decompress(content) if name.endswith(".gz") else content
    mail = next(csv.DictReader(io.StringIO(table.decode())))["email"]
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs" / "notes.md").write_text(f"Notes.\nAsk {mail}.\n", encoding="utf-8")
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "First")
    said: list[str] = []
    refused = _release(root, said)
    assert refused.outcome == REJECTED
    assert "docs/notes.md:2: a value of customers.email (email)" in refused.problem
    assert refused.nodes == ()  # nothing was built
    shown = "".join(said)
    (entry,) = re.findall(r'"docs/notes\.md customers\.email [0-9a-f]{8}" = "REASON"', shown)
    assert mail not in shown
    assert mail.encode() not in refused.to_json()
    assert entry.split()[2][:8].encode() not in refused.to_json()  # of those who read no file
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.dataops.accepted-personal-values]\n{entry}\n")
    harness.git(root, "commit", "-q", "-a", "-m", "Accept our own address")

    first = _release(root)
    assert (first.outcome, first.kind) == (PUBLISHED, REAL), first.problem
    assert first.raw.files == len(before)
    assert _listing(lake) == before
    assert _label(root) == (REAL, "raw")

    # What came since, and nothing else, is a delivery; an edit is seen by its tag.
    for name, content in days[-1][1].items():
        lake.pipe_file(f"lake/raw/{name}", content)
    edited = sorted(name for name in before if "/customers/" in name)[0]
    lake.pipe_file(edited, lake.cat_file(edited) + b"\n")
    second = _release(root)
    assert second.outcome == PUBLISHED, second.problem
    assert second.raw.modified == (edited.removeprefix("lake/raw/"),)
    assert second.raw.files == len(before) + len(days[-1][1])
    sources = [item for item in second.profile if item.files is not None]
    assert sources
    assert not [source.problem for source in sources if source.problem]
    address = status(Product(root)).address
    assert address == f"s3://lake/store/releases/{second.run}/warehouse.duckdb"
    lake.get_file(address, str(tmp_path / "warehouse.duckdb"))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as reader:
        result = reader.execute("select count(*) from marts.orders").fetchone()
    assert result is not None
    assert result[0] > 0

    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.free_port()}")
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setenv("DATAOPS_STORE", str(tmp_path / "elsewhere"))
    with pytest.raises(DataopsError, match="Raw cannot be reached"):
        _release(root)


def test_other_commands_want_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_RAW", "s3://lake/raw")
    with pytest.raises(DataopsError, match="from a folder, not from a URL"):
        _ = Product(tmp_path).raw


def _release(root: Path, said: list[str] | None = None) -> Record:
    """A release with the settings of the product; its lines are added to `said`."""
    options, lines = Options(allow_dirty=True), [] if said is None else said
    with settings.use(settings.read_settings(root, os.environ)):
        return make_release(Product(root), options, lines.append, lambda line: None).record


def _label(root: Path) -> tuple[str, str]:
    file = open_store(Product(root)).pointer / "warehouse.duckdb"
    with duckdb.connect(str(file.resolve()), read_only=True) as connection:
        [label] = connection.execute("select kind, built_from from dataops.release").fetchall()
    return str(label[0]), str(label[1])


def _listing(lake: s3fs.S3FileSystem) -> dict[str, str]:
    return {name: facts["ETag"] for name, facts in lake.find("lake/raw", detail=True).items()}
