"""What a release costs: beside a bare `dbt build`, to record, and to publish whatever its size."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.generate import generate
from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402

_SHOP = TEMPLATE / "template" / "example" / "shop.py"
_NODES = 500
_SMALL, _LARGE = 10, 2000  # MB
# So many random doubles take a megabyte in a DuckDB file, which can't make them smaller.
_ROWS_A_MB = 128_000


def release() -> Figure:
    """`dataops release` of the example on its raw, beside `dbt build` of the same.

    The release also parses apart from the build, asks for freshness, profiles what was built, makes
    the catalog, copies its state, and publishes.
    """
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "shop")
        run([[sys.executable, str(_SHOP), "--out", "raw"]], product.root, product.environment)
        product.commit()
        return _beside_a_build(product, "release of the example")


def release_100() -> Figure:
    """The same for 100 generated models."""
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "generated", {"content": "empty"})
        generate(product.root, 100)
        shutil.copytree(product.root / "sample", product.root / "raw")
        product.commit()
        return _beside_a_build(product, "release of 100 models")


def _beside_a_build(product: harness.Product, name: str) -> Figure:
    bare = {**product.environment, "DATAOPS_DB": "target/bare/warehouse.duckdb"}
    bare["DATAOPS_RAW"] = "raw"
    build = ["uv", "run", "dbt", "--quiet", "build", "--target", "prod"]
    build += ["--target-path", "target/bare"]
    return in_turn(
        f"{name} ÷ bare dbt build",
        lambda: run([["uv", "run", "dataops", "release"]], product.root, product.environment),
        lambda: run([build], product.root, bare),
        aim=1.3,
    )


def record() -> Figure:
    """What recording a run of 500 nodes adds to its end, beside the same run with 5 nodes."""
    from first_light.history.log import History
    from records import make_record

    with tempfile.TemporaryDirectory() as scratch:
        history = History(Path(scratch))
        numbers = iter(range(1, 1000))

        def add(nodes: int) -> Callable[[], Cost]:
            def once() -> Cost:
                item = make_record(next(numbers), nodes=nodes)
                begin = time.monotonic()
                history.add(item)
                return _took(time.monotonic() - begin)

            return once

        name = f"recording a run of {_NODES} nodes ÷ of 5"
        return replace(in_turn(name, add(_NODES), add(5), pairs=9), most=0.5)


def _took(seconds: float) -> Cost:
    """What happened in this process."""
    return Cost(seconds, 0.0, seconds, os.getloadavg()[0])


def publish() -> Figure:
    """Publishing 2 GB beside 10 MB: on DuckDB it moves a folder and a pointer, nothing in it.

    What grows, by hundredths of a second, is DuckDB's list of its own blocks, written once more
    when the release is labelled.
    """
    return _by_size("publish", lambda forth, _: forth())


def rollback() -> Figure:
    """Rolling back to 2 GB beside 10 MB."""
    return _by_size("rollback", lambda _, back: back())


def _by_size(name: str, which: Callable[[Callable[[], None], Callable[[], None]], None]) -> Figure:
    with tempfile.TemporaryDirectory() as scratch:
        large, small = (_Sized(Path(scratch) / str(size), size) for size in (_LARGE, _SMALL))
        figure = in_turn(
            f"{name} of {_LARGE} MB ÷ of {_SMALL} MB",
            lambda: large.time(which),
            lambda: small.time(which),
            pairs=5,
            aim=2.0,
        )
        return replace(figure, most=1.0)


class _Sized:
    """A product of which each release holds so many megabytes.

    Args:
        root: where to.
        size: in MB.
    """

    def __init__(self, root: Path, size: int) -> None:
        import duckdb

        from first_light.project.product import Product
        from first_light.store.locate import store_of
        from first_light.warehouse.base import DATABASE_FILE
        from first_light.warehouse.duckdb.warehouse import DuckDbWarehouse
        from release_worker import make_product

        self._product = Product(make_product(root))
        self._store = store_of(self._product)
        self._store.prepare()
        self._warehouse = DuckDbWarehouse(self._store)
        self._database, self._number = root / DATABASE_FILE, 0
        with duckdb.connect(str(self._database)) as connection:
            connection.execute(
                f"create table t as select random() as x from range({int(size * _ROWS_A_MB)})"
            )
        self._publish()

    def time(self, which: Callable[[Callable[[], None], Callable[[], None]], None]) -> Cost:
        """What this act costs."""
        seconds: list[float] = []

        def timed(act: Callable[[], None]) -> Callable[[], None]:
            def once() -> None:
                begin = time.monotonic()
                act()
                seconds.append(time.monotonic() - begin)

            return once

        which(timed(self._publish), timed(self._back))
        return _took(statistics.median(seconds))

    def _publish(self) -> None:
        from first_light.warehouse.base import Label

        self._number += 1
        run_ = f"{self._number:06d}-20260101T{self._number:06d}Z-abc"
        folder = self._store.candidate(run_)
        # Not copied: the copy of state is the one part of a release that may grow with it.
        os.link(self._database, folder / self._database.name)
        (folder / self._database.name).chmod(0o644)
        label = Label(run_, "release", "raw", "", False, "", "2026-01-01T00:00:00Z")
        self._warehouse.seal(run_, label)
        self._store.write_record(run_, _release_of(run_, self._number))
        self._store.promote(run_)
        self._warehouse.publish(run_)
        self._store.point(run_, (run_, b""))
        self._store.conclude(run_)

    def _back(self) -> None:
        from first_light.release.rollback import rollback as verb

        kept = self._store.retained()
        if len(kept) < 2:
            self._publish()
            kept = self._store.retained()
        verb(self._product, next(run_ for run_ in kept if run_ != self._store.current()))


def _release_of(run_: str, number: int) -> bytes:
    from records import make_record

    return make_record(number, run=run_).to_json()
