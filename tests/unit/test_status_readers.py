"""What the status and the report say of readers whose database cannot be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from first_light.project.product import Product
from first_light.report.write import report
from first_light.status.current import status
from first_light.store.locate import store_of
from records import make_record
from visits_product import minimal

PROFILE = """shop:
  outputs:
    prod:
      type: {kind}
      host: "{{{{ env_var('HOST_OF_NOBODY') }}}}"
      account: "{{{{ env_var('ACCOUNT_OF_NOBODY') }}}}"
      project: "{{{{ env_var('PROJECT_OF_NOBODY') }}}}"
      dataset: shop
      schema: shop
      database: shop
"""


@pytest.mark.parametrize("kind", ["bigquery", "snowflake", "spark"])
def test_without_a_connection_all_is_said_but_what_readers_see(tmp_path: Path, kind: str) -> None:
    product = Product(minimal(tmp_path / "shop", PROFILE.format(kind=kind)))
    store, record = store_of(product), make_record(1)
    with store.lock():
        store.prepare()
        store.write_record(record.run, record.to_json())
        store.promote(record.run)
        store.point(record.run, (record.run, record.to_json()))
        store.conclude(record.run)
    result = status(product)
    assert result.current is not None
    assert result.current.run == record.run
    assert result.address == ""
    assert result.readers.release is None
    assert "HOST_OF_NOBODY, ACCOUNT_OF_NOBODY, PROJECT_OF_NOBODY" in result.readers.problem
    assert f"uv run dataops docs {kind}" in result.readers.problem
    assert not result.ok
    written = report(product, tmp_path / "site")
    (warning,) = written.warnings
    assert warning.startswith("The report does not say what readers see: ")
    assert "HOST_OF_NOBODY" in warning
    assert "The warehouse could not be queried." in written.index.read_text(encoding="utf-8")
