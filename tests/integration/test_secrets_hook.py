"""The hook that scans for secrets: it needs no network, and it reads names as names."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

# Split, or the hook would report this file.
SLACK = "xox" + "b-34532454-e039d02840a0b9379c"
STRIPE = "sk_" + "live_ReTllpYQYfIZu2Jnf2lAPFjD"
AWS = "AKIA" + "Z7QK4YDN2XEWPV3T"
AWS_SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCY" + "9QxZ4kLmPvTs"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What a proxy on loopback is asked for; every client that follows the variables uses it."""
    requests: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def record() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(200))

    thread = threading.Thread(target=record, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, address)
        monkeypatch.setenv(name.lower(), address)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield requests
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


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


def test_secrets_are_found_without_the_network(connections: list[bytes], tmp_path: Path) -> None:
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
    assert connections == []


@pytest.mark.parametrize("name", ["--config=evil.yaml", "--files", "--only-verified"])
def test_a_file_named_like_an_option_is_scanned(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(f'slack = "{SLACK}"\n', encoding="utf-8")
    code, report = scan(tmp_path, name)
    assert code == 1
    assert name in report
