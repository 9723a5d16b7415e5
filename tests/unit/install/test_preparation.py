from __future__ import annotations

import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.install.preparation import Preparation
from tests.install.conftest import Bench
from tests.support.archives import make_wheel


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path / "bench")


def test_what_was_begun_is_unpacked_once_and_before_the_rest(bench: Bench, tmp_path: Path) -> None:
    first, second = (bench.installation(make_wheel(tmp_path, name, "1.0")) for name in ("one", "two"))
    preparation = Preparation(unpacker=bench.unpacker, compiler=bench.compiler())
    with preparation.begin(None) as preparing:
        preparing.begin(second)
        prepared = preparing.finish([first, second])
    assert [one.installation.name for one in prepared] == ["one", "two"]
    assert bench.opened == ["two-1.0-py3-none-any.whl", "one-1.0-py3-none-any.whl"]


def test_after_an_error_nothing_more_is_unpacked(bench: Bench, tmp_path: Path) -> None:
    is_open, may_go_on = threading.Event(), threading.Event()
    installations = [bench.installation(make_wheel(tmp_path, name, "1.0")) for name in ("one", "two", "three")]
    wheel = installations[0].wheel

    def slow() -> object:
        is_open.set()
        assert may_go_on.wait(60)
        return wheel.open()

    installations[0] = replace(installations[0], wheel=replace(wheel, open=slow))
    preparation = Preparation(unpacker=bench.unpacker, compiler=bench.compiler())

    def interrupted() -> None:
        with preparation.begin(None) as preparing:
            for installation in installations:
                preparing.begin(installation)
            assert is_open.wait(60)
            threading.Timer(0.05, may_go_on.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert bench.opened == ["one-1.0-py3-none-any.whl"]
