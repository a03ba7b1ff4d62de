"""Credentials in addresses are not shown, in whatever form they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from first_light.privacy.messages import masked
from first_light.project.copier import released_versions, run_update
from first_light.project.pin import address_of
from first_light.project.product import Product
from first_light.store.bucket import BucketRemote
from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError

SECRETS = (
    ("s3://KEY:hunter2@bucket/path", "s3://bucket/path"),
    ("s3://KEY:hun/ter2/x@bucket/path", "s3://bucket/path"),
    ("https://user:hunter2@x@host:8080/a.git", "https://host:8080/a.git"),
    ("https://hunter2@host/a.git", "https://host/a.git"),
    ("https://:hunter2@host/a.git", "https://host/a.git"),
    ("ssh://git:hunter2@host/a.git", "ssh://host/a.git"),
    ("https://host/a?token=hunter2", "https://host/a"),
    ("https://host/a?hunter2", "https://host/a"),
    ("https://host/a?x=1&sig=hunter2%3D&y", "https://host/a"),
    ("https://host/a#access_token=hunter2", "https://host/a"),
    ("postgresql://me:hunter2@host/db?password=hunter2", "postgresql://host/db"),
    ("host=db password=hunter2 user=me", "host=db password=… user=me"),
    ("host=db password = 'hunter2 x' user=me", "host=db password = … user=me"),
    ("AWS_SECRET_ACCESS_KEY=hunter2", "AWS_SECRET_ACCESS_KEY=…"),
    ("AccountName=a;AccountKey=hunter2==;x=1", "AccountName=a;AccountKey=…;x=1"),
    (r"https:\/\/user:hunter2@host\/a.git", r"https:\/\/host\/a.git"),
    ("{'key': 'k', 'secret': 'hunter2'}", "{'key': 'k', 'secret': '…'}"),
    ('{"token":"hunter2"}', '{"token":"…"}'),
)
PLAIN = (
    "git+https://github.com/team/product@0123456789abcdef",
    "https://host/@scope/package",
    "https://host:8080/path/",
    "ssh://host/team/product.git",
    "git@host:team/product.git",
    "s3://bucket/path",
    "no token: set DATAOPS_UPDATE_TOKEN",
    "https://host/issues#12 failed: is it there?",
    "set DATAOPS_STORE to a bucket (s3://…) or a folder",
)


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_credentials_are_removed(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
    assert without_credentials(f"Could not read {text} now.") == f"Could not read {shown} now."
    error = DataopsError(f"Cannot read {text}", where=text, fix=f"open {text}")
    for message in (str(error), *error.args, masked(f"Cannot read {text}")):
        assert "unter2" not in message
        assert "ter2/x" not in message


@pytest.mark.parametrize("text", PLAIN)
def test_an_address_without_credentials_stays(text: str) -> None:
    assert without_credentials(text) == text


@pytest.mark.parametrize("text", [text for text, _ in SECRETS if "://" in text])
def test_a_place_shows_none(text: str) -> None:
    for place in (BucketRemote(text).place, BucketRemote(text).url("a"), address_of(text)):
        assert "unter2" not in place
        assert "ter2/x" not in place


def test_a_user_of_ssh_is_part_of_the_address() -> None:
    assert address_of("ssh://git@host/a.git") == "ssh://git@host/a.git"
    assert address_of("ssh://git:hunter2@host/a.git") == "ssh://git@host/a.git"
    assert address_of("git@host:team/a.git") == "ssh://git@host/team/a.git"


@given(
    st.sampled_from(["s3", "https", "postgresql"]),
    st.text(st.characters(codec="ascii", exclude_characters=" \t\n\r\x0b\x0c", min_codepoint=33)),
)
def test_no_password_is_shown(scheme: str, password: str) -> None:
    secret = f"<{password}>hunter2"
    assert "hunter2" not in without_credentials(f"at {scheme}://user:{secret}@host/path is nothing")


@pytest.mark.parametrize(
    "variable", ["DATAOPS_STORE", "UV_INDEX_URL", "HTTPS_PROXY", "DATAOPS_NOTIFY_URLS", "MY_OWN"]
)
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("s3://key:p4ss@wd/x@bucket/x", 'Invalid bucket name "key:p4ss@wd/x@bucket"'),
        ("https://user:p4ss%2Fwd@host/x", "401 for user 'user' with p4ss/wd"),
        ("https://p4ss0123456789abcdef@host/x", "p4ss0123456789abcdef was revoked"),
        ("https://:p4ss%2Fwd@host/x", "password p4ss%2Fwd is wrong"),
        ("one, https://host/x?token=p4ss-wd&a=b", "no access with p4ss-wd"),
    ],
)
def test_a_password_of_a_variable_is_not_shown_in_any_form(
    variable: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert "p4ss" not in without_credentials(text)
    assert "p4ss" not in str(DataopsError("It failed.", where=text))


def test_other_parts_of_a_variable_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_STORE", "s3://key:abc@bucket/x?region=eu-central-1")
    assert without_credentials("bucket in eu-central-1: abc") == "bucket in eu-central-1: abc"


def test_an_address_of_a_template_is_no_option_of_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers are data: an update asks git for the versions at this address."""
    for command in (
        ["init", "-q", "template"],
        ["-C", "template", "commit", "-q", "--allow-empty", "-m", "first"],
        ["clone", "-q", "template", "product"],
    ):
        harness.git(tmp_path, *command)
    monkeypatch.chdir(tmp_path / "product")
    hostile = f"--upload-pack=touch {tmp_path / 'ran'}; git-upload-pack #://"
    assert released_versions(hostile) == ()
    assert not (tmp_path / "ran").exists()
    (tmp_path / "product/.copier-answers.yml").write_text(f"_src_path: '{hostile}'\n")
    with pytest.raises(DataopsError, match="would be an option of git"):
        run_update(Product(tmp_path / "product"), None)
    assert not (tmp_path / "ran").exists()
