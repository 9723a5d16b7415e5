"""Pins become wheels at hand, and each thing is done once."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from freewheel.build.builder import Builder, Built
from freewheel.commands.wheels import ReadyWheel, Wheels
from freewheel.errors import BackendFailed, Unreachable
from freewheel.events import BuildsDone, BuildsPlanned, FileReused, Recorder, Reused
from freewheel.model import direct_url
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.download import Download, Downloads
from freewheel.store.protocol import Miss
from tests.unit.commands.pins import artifact, pin

AB = "ab" * 32


@dataclass
class FakeDownloads:
    """Has every file but those at `missing`; `fetched` in the order of the first wish."""

    missing: frozenset[str] = frozenset()
    fetched: dict[str, Download] = field(default_factory=dict)
    renewed: list[str] = field(default_factory=list)

    def fetch(self, wanted: Artifact) -> Download:
        if wanted.url in self.missing:
            raise Unreachable(url=wanted.url, reason="there is nobody")
        content = wanted.filename.encode()

        def opened() -> BinaryIO:
            return io.BytesIO(content)

        found = Download(
            artifact=wanted,
            digest=sha256_of(content),
            size=len(content),
            was_reused=False,
            may_be_kept="secret" not in wanted.filename,
            source=opened,
        )
        return self.fetched.setdefault(wanted.filename, found)

    def again(self, wanted: Artifact) -> Download:
        self.renewed.append(wanted.filename)
        return self.fetch(wanted)


@dataclass
class FakeBuilder:
    """Has wheels of `stored` projects and builds the rest; with a `barrier` none before as many are being built."""

    folder: Path
    barrier: threading.Barrier | None = None
    is_stopped: threading.Event = field(default_factory=threading.Event)
    ready: list[str] = field(default_factory=list)
    stored: frozenset[str] = frozenset()
    asks_elsewhere: bool = False
    expected: list[str] = field(default_factory=list)
    failing: frozenset[str] = frozenset()

    def expect(self, wanted: Sequence[Artifact]) -> None:
        self.expected += [one.project for one in wanted]

    def cached(self, wanted: Artifact) -> Path | Miss:
        return Path("there") if wanted.project in self.stored else Miss(reason="not built yet")

    def make_ready(self, wanted: Artifact) -> None:
        self.ready.append(wanted.project)

    def stop(self) -> None:
        self.is_stopped.set()

    def wheel(self, wanted: Artifact, *, name: str | None = None) -> Built:
        assert name
        if self.barrier is not None and threading.current_thread() is not threading.main_thread():
            self.barrier.wait(60)
        if wanted.project == "endless" and not self.is_stopped.wait(60):
            raise TimeoutError
        if wanted.project in self.failing:
            raise BackendFailed(project=wanted.project, hook="build_wheel", output="")
        path = self.folder / f"{wanted.project}-1.0-py3-none-any.whl"
        path.write_bytes(b"built")
        return Built(
            path=path,
            digest=sha256_of(b"built"),
            origin=direct_url.of_editable("file:///x"),
            was_reused=wanted.project in self.stored,
            is_kept=False,
        )


@dataclass
class Shop:
    builder: FakeBuilder
    downloads: FakeDownloads = field(default_factory=FakeDownloads)
    reporter: Recorder = field(default_factory=Recorder)
    said: FakeSaid | None = None

    def ready(
        self,
        *artifacts: Artifact,
        unpacked: frozenset[str] = frozenset(),
        arrived: Callable[[ReadyWheel], None] = lambda _: None,
    ) -> list[ReadyWheel]:
        def is_unpacked(digest: Digest) -> bool:
            return digest.value in unpacked

        wheels = Wheels(
            downloads=cast("Downloads", self.downloads),
            builder=cast("Builder", self.builder),
            reporter=self.reporter,
            said=self.said,
            parallel_builds=2,
        )
        return wheels.ready([pin(one) for one in (*artifacts, None)], is_unpacked=is_unpacked, arrived=arrived)


@dataclass
class FakeSaid:
    """Waits for the wheels at `waiting`, and for nothing that it was shown."""

    waiting: set[str]
    shown: list[str] = field(default_factory=list)

    def is_unconfirmed(self, wanted: Artifact) -> bool:
        return wanted.url in self.waiting

    def confirm(self, download: Download) -> None:
        self.waiting.discard(download.artifact.url)
        self.shown.append(download.artifact.filename)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(builder=FakeBuilder(folder=tmp_path))


def test_wheels_come_in_the_order_of_the_pins(shop: Shop) -> None:
    kinds = (ArtifactKind.SDIST, ArtifactKind.WHEEL, ArtifactKind.DIRECTORY, ArtifactKind.WHEEL)
    found = shop.ready(*(artifact(name, kind) for name, kind in zip("abcd", kinds, strict=True)))
    assert [wheel.filename for wheel in found] == [f"{name}-1.0-py3-none-any.whl" for name in "abcd"]
    contents = []
    for wheel in found:
        with wheel.open() as stream:
            contents.append(stream.read())
    assert contents == [b"built", b"b-1.0-py3-none-any.whl", b"built", b"d-1.0-py3-none-any.whl"]
    assert [wheel.renew is None for wheel in found] == [True, False, True, False]


def test_a_wheel_whose_tree_is_there_is_not_fetched_unless_it_is_opened(shop: Shop) -> None:
    (wheel,) = shop.ready(artifact("a", sha256=AB, size=7), unpacked=frozenset({AB}))
    assert shop.downloads.fetched == {}
    assert wheel.digest.value == AB
    assert shop.reporter.events == [
        FileReused(filename="a-1.0-py3-none-any.whl", size=7),
        Reused(kind="download", subject="a-1.0-py3-none-any.whl", size=7),
    ]
    wheel.open().close()
    assert list(shop.downloads.fetched) == ["a-1.0-py3-none-any.whl"]


def test_what_has_arrived_is_handed_on_while_others_are_under_way(shop: Shop) -> None:
    may_come, arrived = threading.Event(), []

    class Slow(FakeDownloads):
        def fetch(self, wanted: Artifact) -> Download:
            if wanted.project == "slow":
                assert may_come.wait(60)
            return super().fetch(wanted)

    def take(wheel: ReadyWheel) -> None:
        arrived.append(wheel.filename)
        may_come.set()

    shop.downloads = Slow()
    shop.ready(
        artifact("slow", size=9), artifact("a"), artifact("there", sha256=AB), unpacked=frozenset({AB}), arrived=take
    )
    assert arrived == ["a-1.0-py3-none-any.whl", "slow-1.0-py3-none-any.whl"]


def test_what_must_not_be_kept_is_marked(shop: Shop) -> None:
    """Behaviour 27."""
    found = shop.ready(artifact("secret"), artifact("b"))
    assert [wheel.may_be_kept for wheel in found] == [False, True]


def test_damaged_bytes_can_be_had_anew(shop: Shop) -> None:
    (wheel,) = shop.ready(artifact("a"))
    assert wheel.renew is not None
    wheel.renew().close()
    assert shop.downloads.renewed == ["a-1.0-py3-none-any.whl"]


def test_builds_are_announced_for_what_is_not_there(shop: Shop) -> None:
    shop.builder.stored = frozenset({"a"})
    shop.ready(artifact("a", ArtifactKind.SDIST), artifact("b", ArtifactKind.SDIST))
    assert shop.reporter.events == [BuildsPlanned(projects=("b",)), BuildsDone(projects=("b",))]


def test_builds_run_side_by_side_once_everything_for_them_is_there(shop: Shop) -> None:
    shop.builder.barrier = threading.Barrier(2)
    shop.ready(artifact("a", ArtifactKind.SDIST), artifact("b", ArtifactKind.SDIST))
    assert shop.builder.ready == ["a", "b"]


def test_the_first_build_that_fails_ends_the_others(shop: Shop) -> None:
    shop.builder.failing = frozenset({"a"})
    with pytest.raises(BackendFailed):
        shop.ready(*(artifact(name, ArtifactKind.SDIST) for name in ("endless", "a", "c", "d")))
    assert shop.reporter.events[-1] == BuildsDone(projects=(), failed=("a",))
    assert not (shop.builder.folder / "d-1.0-py3-none-any.whl").exists()


def test_the_built_wheel_of_what_was_named_directly_is_said_to_be_reused(shop: Shop) -> None:
    shop.builder.stored = frozenset({"a"})
    shop.ready(artifact("a", ArtifactKind.SDIST, is_direct=True))
    assert shop.reporter.events == [FileReused(filename="a-1.0-py3-none-any.whl", size=None)]


def test_a_failed_build_is_not_said_to_be_done(shop: Shop) -> None:
    shop.builder.failing = frozenset({"a"})
    with pytest.raises(BackendFailed):
        shop.ready(artifact("a", ArtifactKind.SDIST))
    assert shop.reporter.events == [BuildsPlanned(projects=("a",)), BuildsDone(projects=(), failed=("a",))]


def test_an_error_of_one_of_many_downloads_is_raised(shop: Shop) -> None:
    artifacts = [artifact(name) for name in "abcd"]
    shop.downloads.missing = frozenset({artifacts[2].url})
    with pytest.raises(Unreachable) as caught:
        shop.ready(*artifacts)
    assert caught.value.url == artifacts[2].url


def test_a_wheel_for_which_something_waits_is_fetched_and_shown_though_its_tree_is_there(shop: Shop) -> None:
    waiting = artifact("a", sha256=AB)
    shop.said = FakeSaid({waiting.url})
    shop.ready(waiting, artifact("b"), unpacked=frozenset({AB}))
    assert shop.said.shown == ["a-1.0-py3-none-any.whl", "b-1.0-py3-none-any.whl"]
    assert shop.said.waiting == set()
