"""The hook that scans for secrets: it needs no network, and it reads names as names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connections import Connections, recorded

# Split, or the hook would report this file.
SLACK = "xox" + "b-34532454-e039d02840a0b9379c"
STRIPE = "sk_" + "live_ReTllpYQYfIZu2Jnf2lAPFjD"
AWS = "AKIA" + "Z7QK4YDN2XEWPV3T"
AWS_SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCY" + "9QxZ4kLmPvTs"


@pytest.fixture
def record(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connections]:
    """What the network is asked for."""
    with recorded(tmp_path_factory.mktemp("recorder")) as record:
        for name, value in record.environment.items():
            monkeypatch.setenv(name, value)
        yield record


def scan(folder: Path, *names: str) -> tuple[int, str]:
    """Exit code and report of the hook."""
    process = subprocess.run(
        [sys.executable, "-m", "first_light.hooks.secrets", *names],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    return process.returncode, process.stdout


def test_secrets_are_found_without_the_network(record: Connections, tmp_path: Path) -> None:
    lines = (
        f'slack = "{SLACK}"',
        f'stripe = "{STRIPE}"',
        f'aws_access_key_id = "{AWS}"',
        f'aws_secret_access_key = "{AWS_SECRET}"',
    )
    (tmp_path / "settings.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, report = scan(tmp_path, "settings.toml")
    assert code == 1
    for kind in ("Slack Token", "Stripe Access Key", "AWS Access Key"):
        assert kind in report
    assert record.seen() == []


@pytest.mark.parametrize("name", ["--config=evil.yaml", "--files", "--only-verified"])
def test_a_file_named_like_an_option_is_scanned(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(f'slack = "{SLACK}"\n', encoding="utf-8")
    code, report = scan(tmp_path, name)
    assert code == 1
    assert name in report
