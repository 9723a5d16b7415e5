"""Where the files are that a lock file names."""

from __future__ import annotations

import os

import pytest

from freewheel.commands.lock_names import lock_request
from freewheel.commands.lock_places import LockPlace

LOCAL = LockPlace(location="/srv/locks/pylock.toml", is_remote=False)
REMOTE = LockPlace(location="https://x.example/locks/pylock.toml", is_remote=True)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="paths of the other kind")


@pytest.mark.parametrize(
    ("place", "path", "url", "found"),
    [
        (LOCAL, "six.whl", None, "file:///srv/locks/six.whl"),
        (LOCAL, "../w/a b.whl", "https://y.example/six.whl", "file:///srv/w/a%20b.whl"),
        (LOCAL, "w\\six.whl", None, "file:///srv/locks/w/six.whl"),
        (LOCAL, "/w/six.whl", None, "file:///w/six.whl"),
        (LOCAL, None, "https://y.example/six.whl", "https://y.example/six.whl"),
        (LOCAL, None, "file:///w/six.whl", "file:///w/six.whl"),
        (REMOTE, "w/a b.whl", None, "https://x.example/locks/w/a%20b.whl"),
        (REMOTE, "../six.whl", None, "https://x.example/six.whl"),
        (REMOTE, None, "https://y.example/six.whl", "https://y.example/six.whl"),
    ],
)
def test_a_path_is_seen_from_the_lock_file(place: LockPlace, path: str | None, url: str | None, found: str) -> None:
    assert place.url(path=path, url=url) == found


@pytest.mark.parametrize(
    ("place", "path", "url", "reason"),
    [
        (REMOTE, "/etc/six.whl", None, "absolute path"),
        (REMOTE, "//y.example/six.whl", None, "absolute path"),
        (REMOTE, "C:\\six.whl", None, "absolute path"),
        (REMOTE, "file:///etc/six.whl", None, "absolute path"),
        (REMOTE, "https://y.example/six.whl", None, "absolute path"),
        (REMOTE, None, "file:///etc/six.whl", "file of this machine"),
        (LOCAL, None, "six.whl", "no URL"),
        (LOCAL, None, "https://[y.example/six.whl", "no URL"),
        (LOCAL, None, None, "no URL"),
    ],
)
def test_what_leads_elsewhere_is_refused(place: LockPlace, path: str | None, url: str | None, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        place.url(path=path, url=url)


def test_folders_are_on_this_machine() -> None:
    assert LOCAL.folder("../project", "sub") == "file:///srv/project/sub"
    assert LOCAL.folder(".", None) == "file:///srv/locks"
    with pytest.raises(ValueError, match="cannot name a folder"):
        REMOTE.folder(".", None)


@pytest.mark.parametrize(
    ("text", "path", "extras"),
    [
        ("pylock.toml", "pylock.toml", set()),
        ("deep/pylock.dev.toml", "deep/pylock.dev.toml", set()),
        ("pylock.toml [A_b, c]", "pylock.toml", {"a-b", "c"}),
        ("https://x.example/pylock.toml?v=1", "https://x.example/pylock.toml?v=1", set()),
        ("C:\\locks\\pylock.toml", "C:\\locks\\pylock.toml", set()),
    ],
)
def test_a_lock_file_is_known_by_its_name(text: str, path: str, extras: set[str]) -> None:
    found = lock_request(text)
    assert found is not None
    assert (found.path, found.extras, found.with_default_groups) == (path, extras, True)


@pytest.mark.parametrize(
    "text", ["lock.toml", "pylock.a.b.toml", "pylock.txt", "my-pylock.toml", "pylock..toml", "x?pylock.toml"]
)
def test_other_files_are_none(text: str) -> None:
    assert lock_request(text) is None
