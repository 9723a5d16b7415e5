"""Repositories as URLs and remotes name them."""

from __future__ import annotations

import pytest

from freewheel.model import repository


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("git@host.example:team/six.git", "ssh://git@host.example/team/six.git"),
        ("my-user.name@host.example:six", "ssh://my-user.name@host.example/six"),
        ("host.example:~me/six", "ssh://host.example/~me/six"),
        ("ssh://me@host.example/six", "ssh://me@host.example/six"),
        ("https://me:s3cret@host.example/six", "https://host.example/six"),
        ("C:/repositories/six", None),
        ("C:\\repositories\\six", None),
        ("/srv/six", None),
        ("../six", None),
        ("two words:six", None),
        ("host:a:b", None),
        ("", None),
    ],
)
def test_a_remote_as_a_url(address: str, url: str | None) -> None:
    assert repository.of_remote(address) == url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("git@host.example:team/six.git#egg=six", "git+ssh://git@host.example/team/six.git"),
        ("git+git@host.example:team/six.git", "git+ssh://git@host.example/team/six.git"),
        ("git+ssh://git@host.example:team/six.git", "git+ssh://git@host.example/team/six.git"),
        ("git@host.example:six", None),
        ("host.example:team/six", None),
        ("six:1", None),
        ("git+ssh://git@host.example/team/six.git", None),
    ],
)
def test_the_short_form_is_recognized_where_a_url_belongs(text: str, url: str | None) -> None:
    assert repository.scp_hint(text) == (None if url is None else f"Write it as a URL: {url}")
