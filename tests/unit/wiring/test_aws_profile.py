"""Keys and region of an AWS profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.wiring.aws_profile import AwsProfile, aws_profile

SECRET = "[default]\naws_access_key_id = id\naws_secret_access_key = secret\n\n[ci]\naws_access_key_id=other\n"
SECRET += "aws_secret_access_key=more\naws_session_token=token\n"
CONFIG = "[default]\nregion = eu-north-1\n[profile ci]\nregion=eu-west-1\n[profile role]\nrole_arn=arn:x\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(SECRET)
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    return tmp_path


def test_the_default_profile_counts_where_none_is_named(home: Path) -> None:
    keys = {"access_key_id": "id", "secret_access_key": "secret", "region": "eu-north-1"}
    assert aws_profile({}, home) == AwsProfile(keys=keys)


def test_a_named_profile_has_its_own(home: Path) -> None:
    assert aws_profile({"AWS_PROFILE": "ci"}, home).keys == {
        "access_key_id": "other",
        "secret_access_key": "more",
        "session_token": "token",
        "region": "eu-west-1",
    }


def test_a_region_in_the_environment_counts_more(home: Path) -> None:
    assert "region" not in aws_profile({"AWS_REGION": "us-east-2"}, home).keys
    assert "region" not in aws_profile({"AWS_DEFAULT_REGION": "us-east-2"}, home).keys


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
)
def test_where_the_environment_has_credentials_no_file_counts(home: Path, name: str) -> None:
    assert aws_profile({name: "x"}, home) == AwsProfile(keys={})


def test_a_profile_that_leads_further_says_so(home: Path) -> None:
    assert aws_profile({"AWS_PROFILE": "role"}, home) == AwsProfile(keys={}, leads_further=True)


def test_files_may_lie_elsewhere(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("[default]\naws_access_key_id = far\n")
    found = aws_profile({"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "elsewhere")}, home)
    assert found.keys["access_key_id"] == "far"


@pytest.mark.parametrize("content", [b"", b"no section\n", b"\xff\xfe", b"[default]\n[default]\nx\n"])
def test_what_cannot_be_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_bytes(content)
    assert aws_profile({}, tmp_path) == AwsProfile(keys={})
    assert aws_profile({"AWS_PROFILE": "missing"}, tmp_path / "nowhere") == AwsProfile(keys={})
