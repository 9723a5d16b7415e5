"""What `Repositories` promise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freewheel.errors import StoreError
from freewheel.store.protocol import Clone, Miss, Repositories
from freewheel.store.repositories import LocalRepositories
from freewheel.store.root import CacheRoot
from tests.support.clock import FakeClock
from tests.support.stores import with_empty_layers


@pytest.fixture
def root(tmp_path: Path) -> CacheRoot:
    return CacheRoot(path=tmp_path / "cache")


@pytest.fixture(params=["local", "layered"])
def repositories(request: pytest.FixtureRequest, root: CacheRoot, tmp_path: Path) -> Repositories:
    if request.param == "layered":
        return with_empty_layers(tmp_path, FakeClock()).repositories
    return LocalRepositories(root=root, clock=FakeClock())


def keep(repositories: Repositories, *, head: str = "ref: refs/heads/main\n", is_open: bool = False) -> Clone:
    new = repositories.create("six", "abc")
    assert not new.path.exists()
    new.path.mkdir()
    (new.path / "HEAD").write_text(head, encoding="utf-8")
    return new.commit(is_open=is_open)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_clone_comes_back_with_what_is_known_of_it(repositories: Repositories, is_open: bool) -> None:
    kept = keep(repositories, is_open=is_open)
    assert repositories.get("six", "abc") == kept == Clone(path=kept.path, is_open=is_open)


def test_what_was_never_cloned_is_a_miss(repositories: Repositories) -> None:
    keep(repositories)
    for name, key in (("six", "other"), ("seven", "abc")):
        found = repositories.get(name, key)
        assert isinstance(found, Miss)
        assert not found.is_damage


def test_nothing_is_visible_before_it_is_committed(root: CacheRoot, repositories: Repositories) -> None:
    new = repositories.create("six", "abc")
    new.path.mkdir()
    assert isinstance(repositories.get("six", "abc"), Miss)
    new.discard()
    assert list(root.layout.tmp.iterdir()) == []
    keep(repositories)
    assert list(root.layout.tmp.iterdir()) == []


def test_a_later_clone_replaces_an_earlier_one_as_a_whole(repositories: Repositories) -> None:
    (keep(repositories, is_open=True).path / "left").touch()
    kept = keep(repositories, head="ref: refs/heads/other\n")
    assert [path.name for path in kept.path.iterdir()] == ["HEAD"]
    assert repositories.get("six", "abc") == Clone(path=kept.path, is_open=False)


def test_a_clone_without_a_head_is_damaged(repositories: Repositories) -> None:
    (keep(repositories).path / "HEAD").unlink()
    found = repositories.get("six", "abc")
    assert isinstance(found, Miss)
    assert found.is_damage


def test_a_clone_can_be_forgotten(repositories: Repositories) -> None:
    keep(repositories)
    assert repositories.remove("six", "abc")
    assert isinstance(repositories.get("six", "abc"), Miss)
    assert not repositories.remove("six", "abc")


def test_the_last_use_of_a_clone_is_noted(root: CacheRoot) -> None:
    clock = FakeClock()
    repositories = LocalRepositories(root=root, clock=clock)
    head = keep(repositories).path / "HEAD"
    os.utime(head, (1.0, 1.0))
    repositories.get("six", "abc")
    assert head.stat().st_mtime == clock()


def test_a_root_that_is_only_read_gives_clones_that_may_not_change(root: CacheRoot) -> None:
    keep(LocalRepositories(root=root, clock=FakeClock()))
    reading = LocalRepositories(root=CacheRoot(path=root.path, is_writable=False), clock=FakeClock())
    found = reading.get("six", "abc")
    assert isinstance(found, Clone)
    assert not found.may_change
    with pytest.raises(StoreError):
        reading.create("six", "abc")
    assert not reading.remove("six", "abc")
