"""Requests that a real object store believes: signed as S3 (SigV4) and Azure (Shared Key) want it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit

import urllib3

_AZURE_VERSION = "2021-08-06"


def to_s3(method: str, url: str, access: Mapping[str, str], *, body: bytes = b"") -> urllib3.BaseHTTPResponse:
    """Ask an S3 server for something; `access` has what a client has in its environment."""
    from botocore import auth, awsrequest, credentials  # type: ignore[import-untyped]

    keys = credentials.Credentials(access["AWS_ACCESS_KEY_ID"], access["AWS_SECRET_ACCESS_KEY"])
    request = awsrequest.AWSRequest(method, url, data=body)
    auth.S3SigV4Auth(keys, "s3", access["AWS_REGION"]).add_auth(request)
    return urllib3.request(method, url, body=body, headers=dict(request.headers.items()), retries=False)


def to_azure(method: str, url: str, access: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
    """Ask an Azure server for something, without a body; `access` as above.

    Shared Key: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    """
    account = access["AZURE_STORAGE_ACCOUNT_NAME"]
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _AZURE_VERSION}
    parts = urlsplit(url)
    signed = [
        method,
        *[""] * 11,  # no body, and no condition
        *(f"{name}:{value}" for name, value in sorted(headers.items())),
        f"/{account}{parts.path}",
        *(f"{name}:{value}" for name, value in sorted(parse_qsl(parts.query))),
    ]
    key = base64.b64decode(access["AZURE_STORAGE_ACCOUNT_KEY"])
    signature = base64.b64encode(hmac.digest(key, "\n".join(signed).encode(), hashlib.sha256)).decode()
    headers["Authorization"] = f"SharedKey {account}:{signature}"
    return urllib3.request(method, url, headers=headers, retries=False)
