"""Keys and region of an AWS profile, for those who keep them in files: obstore reads only the environment.

`~/.aws/credentials` and `~/.aws/config`, or where AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE point to, by
AWS_PROFILE, as the AWS SDKs and tools reference guide has it. Profiles that lead further (SSO, roles, processes) are
left to boto3, where that is installed.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

_ELSEWHERE: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Variables that say where credentials are, before any profile."""

_LEADING_FURTHER: Final = (
    "sso_session",
    "sso_start_url",
    "role_arn",
    "credential_process",
    "web_identity_token_file",
)


class AwsProfile(Struct, frozen=True, kw_only=True):
    """What files say: keys as obstore names them, and whether the profile leads to where only boto3 goes."""

    keys: Mapping[str, str]
    leads_further: bool = False


def aws_profile(environ: Mapping[str, str], home: Path) -> AwsProfile:
    """The profile that counts; nothing where the environment says where credentials are. Raises no OSError."""
    if any(environ.get(name) for name in _ELSEWHERE):
        return AwsProfile(keys={})
    name = environ.get("AWS_PROFILE") or "default"
    secret = _section(Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws" / "credentials"), name)
    section = name if name == "default" else f"profile {name}"
    config = _section(Path(environ.get("AWS_CONFIG_FILE") or home / ".aws" / "config"), section)
    said = {**config, **secret}
    named = {
        "access_key_id": said.get("aws_access_key_id"),
        "secret_access_key": said.get("aws_secret_access_key"),
        "session_token": said.get("aws_session_token"),
        "region": None if environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") else said.get("region"),
    }
    keys = {key: value for key, value in named.items() if value}
    return AwsProfile(
        keys=keys,
        leads_further="access_key_id" not in keys and any(said.get(option) for option in _LEADING_FURTHER),
    )


def _section(path: Path, name: str) -> Mapping[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.expanduser().read_text(encoding="utf-8"), source=str(path))
    except (OSError, ValueError, RuntimeError, configparser.Error):
        return {}
    return dict(parser[name]) if parser.has_section(name) else {}
