"""A store is data: whoever can write to it can make no command write outside its copy."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

import release_worker as worker
from first_light.commands.rollback import rollback
from first_light.dbt.manifest import read_manifest
from first_light.history.decoding import read_record
from first_light.history.facts import raw_from_json
from first_light.history.log import History
from first_light.history.record import SCHEMA
from first_light.metrics.definitions import read_semantics
from first_light.project.product import Product
from first_light.status.current import status
from first_light.store.label import check_label
from first_light.store.locate import open_store, store_of
from first_light.store.pointer import current_run
from first_light.store.superseded import read_times
from first_light.utils.errors import DataopsError
from records import make_record

RUN = "000001-20260101T000000Z-abc"
HOSTILE = (
    "../../x/evil.py",
    "releases/../../../evil.py",
    f"releases/{RUN}/../../../../evil.py",
    f"releases/{RUN}/publishing",
    f"releases/{RUN}/.hidden",
    f"releases/{RUN}/C:evil.py",
    f"releases/{RUN}/a\\..\\evil.py",
    f"releases/{RUN}/\ud800",
    f"releases/{RUN}",
    "releases/other/release.json",
    "/tmp/evil.py",
    "//host/evil.py",
    "history/runs/../../../evil.py",
    "history/packs/000001_999999999.parquet",
    "history/packs/evil.py",
    "history/other/x.json",
    "cache/evil.py",
    "current",
    "mirror.json",
    "lock",
    "",
)


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Product:
    """A product deep enough for the names to lead to places in tmp_path."""
    monkeypatch.setenv("DATAOPS_STORE", f"local://{tmp_path}/bucket")
    return Product(worker.make_product(tmp_path / "a" / "b" / "product"))


def write_state(where: Path, **fields: object) -> None:
    folder = where / "bucket" / "states"
    folder.mkdir(parents=True, exist_ok=True)
    state = {"format": 1, "current": "", "files": {}, **fields}
    (folder / "000000000001.json").write_text(json.dumps(state))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_a_bucket_cannot_lead_elsewhere(
    name: str, product: Product, tmp_path: Path
) -> None:
    content = b"import os\n"
    write_state(tmp_path, files={name: ["0" * 40, len(content)]})
    before = files_of(tmp_path)
    for command in (lambda: status(product), lambda: open_store(product).lock().__enter__()):
        with pytest.raises(DataopsError, match="did not write") as error:
            command()
        assert "000000000001.json" in error.value.where
    copy = store_of(product).root.relative_to(tmp_path).as_posix()
    new = {path for path in files_of(tmp_path) - before if "/.dataops" not in path}
    assert not new
    below = {path.removeprefix(copy) for path in files_of(tmp_path) if path.startswith(copy + "/")}
    assert not {path for path in below if path.endswith((".py", ".parquet", "current", "other"))}


@pytest.mark.parametrize(
    "fields",
    [
        {"current": "../../x"},
        {"current": f"{RUN}/../x"},
        {"current": "x" * 100_000},
        {"files": {"store.json": ["../../evil", 4]}},
        {"files": {"store.json": ["0" * 40, -4]}},
        {"files": {"store.json": ["0" * 40, "4"]}},
        {"files": {"store.json": ["0" * 40]}},
        {"files": ["store.json"]},
        {"format": float("inf")},
    ],
)
def test_a_state_of_another_form_is_rejected(
    fields: dict[str, object], product: Product, tmp_path: Path
) -> None:
    write_state(tmp_path, **fields)
    with pytest.raises(DataopsError, match=r"did not write|state cannot be read") as error:
        status(product)
    assert len(error.value.where) < 1_000
    assert not (store_of(product).root / "store.json").exists()


def test_a_tree_of_a_branch_cannot_lead_elsewhere(
    clones: tuple[Path, Path], tmp_path: Path
) -> None:
    origin, product = tmp_path / "origin.git", Product(clones[0])

    def write(kind: str, content: bytes) -> str:
        process = subprocess.run(
            ["git", "hash-object", "-t", kind, "--literally", "-w", "--stdin"],
            cwd=origin, input=content, capture_output=True, check=True,
        )  # fmt: skip
        return process.stdout.decode().strip()

    def tree(*entries: tuple[str, str, str]) -> str:
        lines = (
            f"{mode} {name}\0".encode() + bytes.fromhex(hashed) for mode, name, hashed in entries
        )
        return write("tree", b"".join(lines))

    evil = write("blob", b"import os\n")
    link = write("blob", b"/proc/self/environ")
    trees = {
        "a parent": tree(("40000", "..", tree(("100644", "evil.py", evil)))),
        "an unknown file": tree(("100644", "evil.py", evil)),
        "a link": tree(("120000", "score.json", link)),
        "a submodule": tree(("160000", "history", "1" * 40)),
        "a pointer": tree(("100644", "current", write("blob", b"releases/../../x\n"))),
    }
    for case, hashed in trees.items():
        commit = write(
            "commit",
            f"tree {hashed}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nx\n".encode(),
        )
        subprocess.run(
            ["git", "update-ref", "refs/heads/dataops-store", commit], cwd=origin, check=True
        )
        before = files_of(tmp_path)
        with pytest.raises(DataopsError, match="did not write"):
            status(product)
        new = files_of(tmp_path) - before
        assert not {path for path in new if path.endswith(("evil.py", "score.json", "current"))}, (
            case
        )


DEEP = "[" * 100_000
TEXTS = (
    DEEP,
    f'{{"schema_version": 1, "run": "{RUN}", "weather": {DEEP}',
    f'{{"run": {DEEP}',
    '{"format": 1e400, "product": "p", "run": 1e400, "a": NaN, "b": 1e400}',
    '[{"name": 5, "size": "x", "hash": []}]',
    '{"nodes": [], "metrics": [1], "groups": 5}',
    "\ufeff",
    "",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_document_of_a_store_of_any_form_is_rejected_in_words(text: str, tmp_path: Path) -> None:
    """Each of its readers says so, or reads nothing; none ends with another error."""
    for name in ("f.json", "semantic_manifest.json", "release.json"):
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match="not a record"):
        read_record(text.encode())
    assert raw_from_json(tmp_path / "f.json") == ()
    assert read_times(tmp_path / "f.json") == {}
    for read in (
        lambda: check_label(tmp_path / "f.json", "p"),
        lambda: read_semantics(tmp_path),
        lambda: read_manifest(tmp_path / "f.json"),
    ):
        with contextlib.suppress(DataopsError):
            read()
    current = tmp_path / "current"
    current.mkdir()
    (current / "release.json").write_text(text)
    with pytest.raises(DataopsError, match="pointer to the current release is broken"):
        current_run(current, tmp_path / "releases", (), "release.json")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "select 1 as a",
        "select 1 as number, 2 as run, 3 as record, 1 as schema_version",
        "select 1 as number, null::text as run, null::text as record, null::int as schema_version",
        "select 1 as number, ['a'] as run, [1] as record, 1 as schema_version",
        "select 1 as number, 'x' as run, '{' as record, 'a' as schema_version",
        "select 1 as number, 'x' as run, repeat('[', 100000) as record, 0 as schema_version",
    ],
)
def test_a_pack_of_any_form_is_rejected_in_words(query: str, tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    history.packs.write({RUN: make_record(1, run=RUN).to_json().decode()}, [])
    (path,) = history.packs.paths()
    with duckdb.connect() as connection:
        assert history.packs.is_of(SCHEMA, connection, path)
        path.unlink()
        if query:
            connection.execute(f"copy ({query}) to '{path}' (format parquet)")
        else:
            path.write_text("not Parquet")
    for read in (lambda: list(history.newest()), history.connect):
        with pytest.raises(DataopsError, match="holds something that is no record"):
            read()
    with contextlib.suppress(DataopsError):
        history.holds(RUN)


@pytest.mark.parametrize("place", ["catalog.html", "boards/revenue.html", ""])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_no_link_of_a_release_leads_out_of_the_store(place: str, kind: str, tmp_path: Path) -> None:
    """`report` copies pages of the current release, and `export` opens its database."""
    other = RUN.replace("000001", "000002")
    for run in (RUN, other):
        (tmp_path / "releases" / run / "boards").mkdir(parents=True)
        (tmp_path / "releases" / run / "release.json").write_text("{}")
    current = tmp_path / "current"
    current.write_text(f"releases/{other}\n")
    arguments = (current, tmp_path / "releases", (RUN, other), "release.json")
    assert current_run(*arguments) == other
    hostile = tmp_path / "releases" / other / place
    if not place:
        hostile.rename(tmp_path / "outside")
    if kind == "link" or not place:
        hostile.symlink_to(tmp_path / "outside")
    else:
        os.mkfifo(hostile)
    with pytest.raises(DataopsError, match="is broken") as error:
        current_run(*arguments)
    assert "holds a link" in error.value.where
    assert error.value.fix == f"choose a release: uv run dataops rollback {RUN}"


@pytest.fixture
def released(tmp_path: Path) -> Product:
    """A product with two releases in a folder."""
    root = worker.make_product(tmp_path / "shop")
    for _ in range(2):
        assert worker.quick_release(root).exit_code == 0
    return Product(root)


@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "link to a device"])
def test_a_store_with_a_pipe_is_refused_before_anything_opens_it(
    kind: str, released: Product
) -> None:
    store = store_of(released)
    run, current = store.retained()
    (store.history / "packs").mkdir(exist_ok=True)
    pipe = released.root / "pipe"
    os.mkfifo(pipe)
    for place in (
        "store.json",
        "superseded.json",
        "score.json",
        "lock",
        f"history/runs/{RUN}.json",
        "history/packs/000001_000002.parquet",
        f"releases/{run}/release.json",
        f"releases/{current}/warehouse.duckdb",
        f"releases/{current}/boards/index.html",
        f"candidates/{RUN}/release.json",
        f"private/{run}/manifest.json",
        "cache/raw.json",
    ):
        path = store.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o755)
        kept = path.rename(path.with_name("kept")) if path.exists() else None
        if kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(pipe if kind == "link to a pipe" else os.devnull)
        with pytest.raises(DataopsError, match="neither a file nor a folder") as error:
            status(released)
        assert error.value.where == str(path)
        assert error.value.fix.endswith(f"rm {path}")
        path.unlink()
        if kept:
            kept.rename(path)
    assert status(released).ok


def test_no_rollback_to_a_release_that_holds_a_link(released: Product, tmp_path: Path) -> None:
    store = store_of(released)
    (store.releases / store.retained()[0] / "boards.html").symlink_to(tmp_path)
    with pytest.raises(DataopsError, match="holds a link"):
        rollback(released, None)
    assert store.current() == store.retained()[1]
