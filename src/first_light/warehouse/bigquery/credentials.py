"""A client of BigQuery, opened with the keys of a profile."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from first_light.utils.errors import DataopsError

METHODS = ("oauth", "oauth-secrets", "service-account", "service-account-json")
_SCOPES = (
    "https://www.googleapis.com/auth/bigquery",
    "https://www.googleapis.com/auth/cloud-platform",
)


def open_client(values: Mapping[str, Any]) -> Any:
    """A client for a profile, with dbt's spellings of its keys.

    Raises:
        DataopsError: the driver is not installed, or the profile cannot be used.
        GoogleAuthError: there are no credentials, or they cannot be read.
    """
    try:
        from google.cloud import bigquery
    except ImportError:
        raise DataopsError(
            "The BigQuery driver is not installed.",
            where="dataops/pyproject.toml, dependencies",
            fix="uv run dataops configure --warehouse bigquery",
        ) from None
    project = project_of(values)
    other = str(values.get("execution_project") or project)
    if other != project:
        raise DataopsError(
            "dataops runs its queries in the project of the datasets.",
            where=f"profiles.yml: project {project}, execution_project {other}",
            fix="remove execution_project from the target",
        )
    options = {"api_endpoint": values.get("api_endpoint") or None}
    if values.get("quota_project"):
        options["quota_project_id"] = values["quota_project"]
    config = bigquery.QueryJobConfig(labels={"tool": "dataops"})
    if limit := values.get("maximum_bytes_billed"):  # Google's client would send no limit as "None"
        config.maximum_bytes_billed = int(limit)
    return bigquery.Client(
        project=project,
        credentials=_credentials(values),
        location=values.get("location") or None,
        client_options=options,
        default_query_job_config=config,
    )


def project_of(values: Mapping[str, Any]) -> str:
    """The project of the datasets.

    Raises:
        DataopsError: the profile names none.
    """
    project = values.get("project") or values.get("database")
    if not project:
        raise DataopsError(
            "The connection of dbt names no project.", where="profiles.yml", fix="uv run dbt debug"
        )
    return str(project)


def _credentials(values: Mapping[str, Any]) -> Any:
    """The credentials of a profile, as those of another account if it says so."""
    from google.auth import default, impersonated_credentials
    from google.oauth2 import credentials, service_account

    method, scopes = values.get("method"), list(values.get("scopes") or _SCOPES)
    if method == "oauth":
        result, _ = default(scopes=scopes)
    elif method == "oauth-secrets":
        keys = ("token", "refresh_token", "client_id", "client_secret", "token_uri")
        result = credentials.Credentials(**{key: values.get(key) for key in keys}, scopes=scopes)
    elif method == "service-account":
        result = service_account.Credentials.from_service_account_file(
            values.get("keyfile"), scopes=scopes
        )
    elif method == "service-account-json":
        result = service_account.Credentials.from_service_account_info(
            _key(values.get("keyfile_json")), scopes=scopes
        )
    else:
        raise DataopsError(
            f"dataops opens BigQuery with the methods {', '.join(METHODS)} only.",
            where=f"profiles.yml: method {method}",
            fix="choose one of them",
        )
    if account := values.get("impersonate_service_account"):
        return impersonated_credentials.Credentials(
            source_credentials=result, target_principal=account, target_scopes=scopes
        )
    return result


def _key(value: Any) -> Any:
    """The key of a service account: keys and values, or their JSON in base64."""
    return json.loads(base64.b64decode(value)) if isinstance(value, str) else value
