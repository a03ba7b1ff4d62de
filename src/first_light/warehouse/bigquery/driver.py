"""A session of BigQuery: statements are jobs, datasets are called over its interface."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from first_light.dbt.driver import Opened
from first_light.utils.errors import DataopsError
from first_light.warehouse.bigquery.credentials import open_client
from first_light.warehouse.dialect import listed_schemas
from first_light.warehouse.prefixed_schemas import sql_name

_AT_ONCE = 20
"""Statements of one kind that run side by side."""
_SECONDS = 60.0
"""How long a call is repeated that the server did not answer."""
_MISSING = 404
_OVER_LIMIT = "bytesBilledLimitExceeded"
# Quotes hold values of rows, and so does what follows the word.
_VALUE = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|(?<=value: ).*")


class BigQueryError(Exception):
    """What the server, its client or the connection reported, without values of rows.

    Attributes:
        is_missing: whether what was asked for does not exist.
        is_over_limit: whether a statement was refused that would read more bytes than it may.
    """

    def __init__(self, error: Exception) -> None:
        self.is_missing = getattr(error, "code", None) == _MISSING
        reasons = {entry.get("reason") for entry in getattr(error, "errors", None) or ()}
        self.is_over_limit = _OVER_LIMIT in reasons
        cause = getattr(error, "cause", None) or error  # of a call that was repeated in vain
        text = str(getattr(cause, "message", None) or cause).strip()
        line = (text.splitlines() or [""])[0].partition("; reason: ")[0]
        super().__init__(_VALUE.sub("'…'", line) or type(error).__name__)


class BigQueryCursor:
    """What DB-API calls a cursor, and what else is needed; each statement commits by itself.

    It answers one more statement, that of the dialect for the columns of datasets: BigQuery has an
    information schema for each.

    Args:
        client: Google's.

    Attributes:
        description: the columns of the last query.
        changed: rows that the last statement changed.
        scanned: bytes that all statements have read, as far as they were charged.
        most_scanned: how many they may read in all; None without a limit.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._rows: list[tuple[Any, ...]] = []
        self.description: list[tuple[str]] = []
        self.changed = 0
        self.scanned = 0
        self.most_scanned: int | None = None

    @property
    def project(self) -> str:
        """The project of all datasets."""
        return str(self._client.project)

    # ── Statements ───────────────────────────────────────────────────────────────────────────

    def execute(self, statement: str) -> None:
        """Run a statement.

        Raises:
            BigQueryError: the server rejected it, or cannot be reached.
        """
        schemas = listed_schemas(statement)
        if schemas is not None:
            self._rows = [row for schema in schemas for row in self.columns(schema)]
            self.description = [(name,) for name in ("schema", "relation", "column", "type")]
            return
        with _as_errors():
            self._take(self._started(statement))

    def execute_all(self, statements: Sequence[str]) -> None:
        """Run statements side by side; all have ended when it returns.

        Raises:
            BigQueryError: one of them failed.
        """
        for at in range(0, len(statements), _AT_ONCE):
            with _as_errors():
                started = [self._started(text) for text in statements[at : at + _AT_ONCE]]
                for job in started:
                    self._take(job)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the last query."""
        return self._rows

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            BigQueryError: it failed.
        """
        self.execute(query)
        return self._rows

    def _started(self, statement: str) -> Any:
        if self.most_scanned is None:
            return self._client.query(statement, retry=_retry())
        from google.cloud.bigquery import QueryJobConfig

        # At least a byte: a statement that reads metadata is charged none.
        left = max(1, self.most_scanned - self.scanned)
        limit = self._client.default_query_job_config.maximum_bytes_billed
        config = QueryJobConfig(maximum_bytes_billed=min(left, limit) if limit else left)
        return self._client.query(statement, job_config=config, retry=_retry())

    def _take(self, job: Any) -> None:
        """Wait until a job has ended, and take what it gave."""
        result = job.result(retry=_retry())
        self.description = [(field.name,) for field in result.schema or ()]
        self._rows = [tuple(map(_plain, row.values())) for row in result]
        self.changed = int(job.num_dml_affected_rows or 0)
        self.scanned += int(job.total_bytes_billed or 0)

    # ── Datasets ─────────────────────────────────────────────────────────────────────────────

    def datasets(self, prefix: str) -> list[str]:
        """The datasets whose names begin so, as far as this account may see them."""
        with _as_errors():
            listed = self._client.list_datasets(self.project, retry=_retry())
            return sorted(d.dataset_id for d in listed if d.dataset_id.startswith(prefix))

    def described(self, dataset: str) -> str | None:
        """The description of a dataset; None if it does not exist."""
        found = self._dataset(dataset)
        return None if found is None else str(found.description or "")

    def create_dataset(self, dataset: str, description: str = "") -> None:
        """Create a dataset; one that exists stays as it is."""
        from google.cloud.bigquery import Dataset

        created = Dataset(f"{self.project}.{dataset}")
        if description:
            created.description = description
        with _as_errors():
            self._client.create_dataset(created, exists_ok=True, retry=_retry())

    def drop_dataset(self, dataset: str) -> None:
        """Delete a dataset with all that is in it."""
        with _as_errors():
            self._client.delete_dataset(
                f"{self.project}.{dataset}",
                delete_contents=True,
                not_found_ok=True,
                retry=_retry(),
            )

    def authorize(self, dataset: str, readers: Sequence[str]) -> None:
        """Let the views of other datasets read this one for whoever may read the views."""
        from google.cloud.bigquery import AccessEntry

        found = self._dataset(dataset)
        if found is None:
            return
        entries = list(found.access_entries)
        # What the client reads has no kind; what it writes has the same keys.
        present = [entry.to_api_repr().get("dataset", {}).get("dataset") for entry in entries]
        places = [{"projectId": self.project, "datasetId": reader} for reader in readers]
        missing = [place for place in places if place not in present]
        if not missing:
            return
        found.access_entries = [
            *entries,
            *(
                AccessEntry(None, "dataset", {"dataset": place, "targetTypes": ["VIEWS"]})
                for place in missing
            ),
        ]
        with _as_errors():
            self._client.update_dataset(found, ["access_entries"], retry=_retry())

    def _dataset(self, dataset: str) -> Any:
        try:
            with _as_errors():
                return self._client.get_dataset(f"{self.project}.{dataset}", retry=_retry())
        except BigQueryError as error:
            if error.is_missing:
                return None
            raise

    # ── What a dataset holds ─────────────────────────────────────────────────────────────────

    def columns(self, dataset: str) -> list[tuple[str, str, str, str]]:
        """Dataset, relation, column and type of all its columns, in order; none if it is missing.

        From metadata: no table is scanned.
        """
        if self._dataset(dataset) is None:
            return []
        catalog = sql_name(self.project, dataset)
        rows = self.rows(
            f"select table_name, column_name, data_type from {catalog}.INFORMATION_SCHEMA.COLUMNS "
            "where is_hidden = 'NO' order by table_name, ordinal_position"
        )
        return [(dataset, str(table), str(name), str(kind)) for table, name, kind in rows]

    def kinds(self, dataset: str) -> dict[str, str]:
        """The relations of a dataset and their kinds, as in `BASE TABLE`; none if it is missing."""
        if self._dataset(dataset) is None:
            return {}
        catalog = sql_name(self.project, dataset)
        rows = self.rows(
            f"select table_name, table_type from {catalog}.INFORMATION_SCHEMA.TABLES order by 1"
        )
        return {str(name): str(kind) for name, kind in rows}

    def sizes(self, dataset: str) -> dict[str, tuple[int, int, str]]:
        """Rows, bytes and the time of the last change of each table; none if it is missing.

        From metadata: no table is scanned.
        """
        if self._dataset(dataset) is None:
            return {}
        catalog = sql_name(self.project, dataset)
        rows = self.rows(
            "select table_name, sum(total_rows), sum(total_logical_bytes), max(last_modified_time) "
            f"from {catalog}.INFORMATION_SCHEMA.PARTITIONS group by table_name order by 1"
        )
        return {str(name): (int(n or 0), int(b or 0), str(at)) for name, n, b, at in rows}


@contextlib.contextmanager
def open_session(values: Mapping[str, Any]) -> Iterator[BigQueryCursor]:
    """A session for a profile. BigQuery has no connection: the first statement may fail.

    Raises:
        DataopsError: see `open_client`.
    """
    try:
        with _as_errors():
            client = open_client(values)
    except BigQueryError as error:
        raise DataopsError(
            "The credentials for BigQuery cannot be used.",
            where=str(error),
            fix="set the variables of the connection: uv run dataops docs bigquery",
        ) from error
    with contextlib.closing(client):
        yield BigQueryCursor(client)


@contextlib.contextmanager
def connect(values: Mapping[str, Any]) -> Iterator[Opened]:
    with open_session(values) as cursor:
        yield cursor, BigQueryError


def _retry() -> Any:
    from google.cloud.bigquery import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(_SECONDS)


def _plain(value: Any) -> Any:
    """A value as other drivers give it: a time in UTC has no zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.replace(tzinfo=None)
    return value


@contextlib.contextmanager
def _as_errors() -> Iterator[None]:
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except (GoogleAPIError, GoogleAuthError, OSError, ValueError) as error:
        raise BigQueryError(error) from error
