"""Which stores a run with layers has."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.events import Recorder, Warned
from freewheel.store.layered import LayeredEntries
from freewheel.store.local import LocalEntries
from freewheel.wiring.run import Run
from tests.support.told import told


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    folder = tmp_path / "layer"
    (folder / "entries-v1").mkdir(parents=True)
    folder.chmod(0o755)
    return folder


def a_run(reporter: Recorder, *words: str | Path) -> Run:
    return Run(told(["list", *map(str, words)]), reporter=reporter)


def test_without_layers_there_is_nothing_in_between(tmp_path: Path) -> None:
    with a_run(Recorder(), "--cache-dir", tmp_path / "cache") as run:
        assert run.stores is run.cache
        assert type(run.stores.entries) is LocalEntries
        assert run.stores.own_entries is run.stores.entries


def test_layers_lie_below_the_cache(tmp_path: Path, layer: Path) -> None:
    reporter = Recorder()
    with a_run(reporter, "--cache-dir", tmp_path / "cache", "--cache-layer", layer, "--cache-layer", layer) as run:
        stores, cache = run.stores, run.cache
        assert cache is not None
        assert stores.layers == (layer,)
        assert isinstance(stores.entries, LayeredEntries)
        assert (stores.entries.own, stores.own_entries, stores.locks) == (cache.entries, cache.entries, cache.locks)
        assert type(cache.entries) is LocalEntries
    assert reporter.events == []


def test_without_a_cache_layers_lie_below_a_temporary_one(layer: Path) -> None:
    with a_run(Recorder(), "--no-cache-dir", "--cache-layer", layer) as run:
        assert run.cache is None
        assert run.reusable is run.stores
        assert run.stores.own_entries is run.temporary.entries
        assert run.stores.layers == (layer,)
        place = run.temporary.root.path
    assert not place.exists()


@pytest.mark.parametrize("has_cache", [True, False])
def test_where_no_layer_can_be_read_all_is_as_without_and_each_is_told_once(tmp_path: Path, has_cache: bool) -> None:
    reporter = Recorder()
    cache = ("--cache-dir", tmp_path / "cache") if has_cache else ("--no-cache-dir",)
    missing = [tmp_path / "a", tmp_path / "b"]
    with a_run(reporter, *cache, *(f"--cache-layer={folder}" for folder in missing)) as run:
        assert run.reusable is run.cache
        assert run.stores is (run.cache or run.temporary)
    told = [event.message for event in reporter.events if isinstance(event, Warned)]
    assert [message.partition(": ")[0] for message in told] == [
        f"The cache layer '{folder}' is not used" for folder in missing
    ]
