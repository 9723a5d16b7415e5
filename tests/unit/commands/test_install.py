"""`install` and `uninstall` as functions of their collaborators."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from freewheel.commands.install import InstallOptions, Outcome, install, installation_of
from freewheel.commands.place import Place, PlaceKind
from freewheel.commands.uninstall import uninstall
from freewheel.commands.wheels import ReadyWheel, Wheels
from freewheel.errors import CannotUninstall, NotWritable
from freewheel.events import Noted, Recorder, Warned
from freewheel.install.discovery import installed_in
from freewheel.install.installed import InstalledDistribution
from freewheel.install.installer import Installer, Transaction
from freewheel.install.plan import Destination, DistributionPlan
from freewheel.install.preparation import Installation
from freewheel.install.uninstall import Removal
from freewheel.model import direct_url
from freewheel.model.artifact import ArtifactKind, NormalizedName, normalize
from freewheel.model.digest import sha256_of
from freewheel.model.requirement import Requirement, parse
from freewheel.model.resolution import Pin, Resolution
from freewheel.model.target import Interpreter
from freewheel.resolve.protocol import Installed
from freewheel.resolve.resolver import Resolver
from tests.support.universe import TARGET
from tests.unit.commands.pins import artifact, pin


@dataclass
class FakeResolver:
    pins: Sequence[Pin]
    seen: Mapping[NormalizedName, Installed] | None = None

    def resolve(
        self,
        _wanted: Sequence[Requirement],
        *,
        constraints: Sequence[Requirement],
        installed: Mapping[NormalizedName, Installed],
    ) -> Resolution:
        assert [str(one) for one in constraints] == ["b<2"]
        self.seen = installed
        return Resolution(pins=tuple(self.pins))


@dataclass
class FakeWheels:
    asked: list[str] = field(default_factory=list)

    def ready(
        self, pins: Sequence[Pin], *, is_unpacked: Callable[..., bool], arrived: Callable[[ReadyWheel], None]
    ) -> list[ReadyWheel]:
        assert is_unpacked(sha256_of(b""))
        self.asked += [one.name for one in pins]
        found = [ready(one) for one in pins]
        for one in found[1:]:  # as if the first were unpacked already
            arrived(one)
        return found


@dataclass
class FakeInstaller:
    carried_out: list[tuple[Transaction, dict[str, Any]]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    during: list[list[str]] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    compile_for: Interpreter | None = None

    @contextmanager
    def preparing(self, compile_for: Interpreter | None) -> Iterator[FakeInstaller]:
        self.compile_for = compile_for
        yield self

    def begin(self, installation: Installation) -> None:
        self.begun.append(installation.name)

    def finish(self, installations: Iterable[Installation]) -> tuple[Installation, ...]:
        return tuple(installations)

    def apply(self, transaction: Transaction, destination: Destination, **options: Any) -> list[DistributionPlan]:
        assert destination.executable
        self.carried_out.append((transaction, options))
        self.during.append(list(self.changes))
        return [
            DistributionPlan(name=one.name, version="1.0", operations=(), console_scripts=(f"/env/bin/{one.name}",))
            for one in transaction.install
            if one.name != "in-the-way"
        ]


def ready(one: Pin) -> ReadyWheel:
    assert one.artifact is not None
    return ReadyWheel(
        pin=one,
        artifact=one.artifact,
        filename=f"{one.name}-1.0-py3-none-any.whl",
        digest=sha256_of(one.name.encode()),
        origin=direct_url.of_editable("file:///x"),
        open=io.BytesIO,
    )


@dataclass
class Stage:
    """An environment that has `there` 1.0, and collaborators that note what they are asked."""

    site: Path
    kind: PlaceKind = PlaceKind.ENVIRONMENT
    counts: bool = True
    changes: list[str] = field(default_factory=list)
    installer: FakeInstaller = field(default_factory=FakeInstaller)
    wheels: FakeWheels = field(default_factory=FakeWheels)
    reporter: Recorder = field(default_factory=Recorder)

    @property
    def destination(self) -> Destination:
        return Destination(
            schemes=dict.fromkeys(("purelib", "platlib", "headers", "scripts", "data"), str(self.site)),
            executable="/env/bin/python",
            python_version="3.12",
            platform="linux-x86_64",
            is_folder=self.kind is PlaceKind.FOLDER,
        )

    @property
    def interpreter(self) -> Interpreter:
        return Interpreter(
            executable="/env/bin/python",
            prefix="/env",
            base_prefix="/env",
            base_executable="/env/bin/python",
            target=TARGET,
            paths={},
            cache_tag="cpython-312",
            magic="00",
            search_paths=(str(self.site),),
        )

    def installed(self) -> Mapping[NormalizedName, InstalledDistribution]:
        return installed_in([str(self.site)])

    @contextmanager
    def changing(self) -> Iterator[None]:
        self.changes.append("begin")
        yield
        self.changes.append("end")

    def install(self, *pins: Pin, options: InstallOptions | None = None) -> tuple[Outcome, FakeResolver]:
        resolver = FakeResolver(pins)
        outcome = install(
            [parse("a")],
            [parse("b<2")],
            place=Place(
                interpreter=self.interpreter,
                destination=self.destination,
                installed=self.installed,
                changing=self.changing,
                recover=lambda: self.changes.append("recover"),
                counts=self.counts,
                kind=self.kind,
            ),
            options=options or InstallOptions(),
            resolver=cast("Resolver", resolver),
            wheels=cast("Wheels", self.wheels),
            installer=cast("Installer", self.installer),
            is_unpacked=lambda _: True,
        )
        return outcome, resolver

    def uninstall(self, *words: str, agrees: Callable[[Removal], bool] | None = lambda _: True) -> list[str]:
        uninstall(
            [normalize(word) for word in words],
            installed=self.installed,
            changing=self.changing,
            recover=lambda: self.changes.append("recover"),
            destination=self.destination,
            installer=cast("Installer", self.installer),
            reporter=self.reporter,
            confirm=agrees,
        )
        ((transaction, options),) = self.installer.carried_out
        assert options == {}
        assert transaction.is_announced is (agrees is not None)
        return [one.name for one in transaction.remove]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    add(tmp_path, "there")
    changes: list[str] = []
    return Stage(site=tmp_path, changes=changes, installer=FakeInstaller(changes=changes))


def add(site: Path, name: str, *, version: str = "1.0", is_recorded: bool = True) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")
    if is_recorded:
        (info / "RECORD").write_text(f"{info.name}/METADATA,,\n", encoding="utf-8")


def test_what_changes_is_made_ready_and_put_in_place_of_what_is_there(stage: Stage) -> None:
    outcome, resolver = stage.install(pin(artifact("there")), pin(artifact("new")), pin(None, "stays"))
    assert resolver.seen is not None
    assert list(resolver.seen) == ["there"]
    ((transaction, options),) = stage.installer.carried_out
    assert [one.name for one in transaction.remove] == ["there"]
    assert [one.name for one in transaction.install] == ["there", "new"]
    assert options == {"replaces": False}
    assert stage.installer.compile_for == stage.interpreter
    assert [one.name for one in outcome.changed] == stage.wheels.asked == ["there", "new"]
    assert outcome.console_scripts == (("/env/bin/there",), ("/env/bin/new",))
    assert stage.changes == ["recover", "begin", "end", "begin", "end"]


def test_where_all_is_well_nothing_is_done(stage: Stage) -> None:
    outcome, _ = stage.install(pin(None, "there"))
    assert (outcome.changed, outcome.wheels, stage.installer.carried_out) == ((), (), [])
    assert stage.changes == ["recover", "begin", "end"]


def test_a_dry_run_fetches_nothing_and_asks_nobody_for_permission(stage: Stage) -> None:
    """Behaviour 101."""
    outcome, _ = stage.install(pin(artifact("new")), options=InstallOptions(dry_run=True))
    assert ([one.name for one in outcome.changed], outcome.wheels) == (["new"], ())
    assert (stage.wheels.asked, stage.installer.carried_out, stage.changes) == ([], [], [])


@pytest.mark.parametrize("kind", [PlaceKind.FOLDER, PlaceKind.ENVIRONMENT])
def test_what_does_not_count_is_neither_seen_nor_removed(stage: Stage, kind: PlaceKind) -> None:
    stage.kind, stage.counts = kind, False
    _, resolver = stage.install(pin(artifact("there")), options=InstallOptions(replaces=True, with_bytecode=False))
    ((transaction, options),) = stage.installer.carried_out
    assert (resolver.seen, transaction.remove) == ({}, ())
    assert options == {"replaces": True}
    assert stage.installer.compile_for is None


def test_what_is_held_back_is_not_done(stage: Stage) -> None:
    stage.kind = PlaceKind.FOLDER
    outcome, _ = stage.install(pin(artifact("in-the-way")), pin(artifact("new")))
    assert (outcome.held_back, [one.name for one in outcome.done]) == ({"in-the-way"}, ["new"])


def test_below_another_prefix_the_environment_counts_and_keeps_what_it_has(stage: Stage) -> None:
    stage.kind = PlaceKind.APART
    _, resolver = stage.install(pin(artifact("there")))
    assert resolver.seen is not None
    assert list(resolver.seen) == ["there"]
    ((transaction, _),) = stage.installer.carried_out
    assert transaction.remove == ()


def test_a_place_that_cannot_be_written_is_found_out_before_anything_is_fetched(stage: Stage) -> None:
    (stage.site / "file").touch()
    stage.site = stage.site / "file"
    with pytest.raises(NotWritable):
        stage.install(pin(artifact("new")))
    assert stage.wheels.asked == []


def test_only_what_was_named_directly_says_where_it_came_from(stage: Stage) -> None:
    """Behaviours 103 and 104."""
    del stage
    direct, indexed = artifact("a", ArtifactKind.SDIST, is_direct=True), artifact("b", ArtifactKind.SDIST)
    secret = replace(direct, url="https://me:s3cret@x.example/a.tar.gz")
    assert installation_of(ready(pin(direct))).direct_url == '{"dir_info": {"editable": true}, "url": "file:///x"}'
    assert installation_of(ready(pin(indexed))).direct_url is None
    assert installation_of(ready(pin(secret))).wheel.url == "https://me:****@x.example/a.tar.gz"


def test_what_is_installed_goes_and_the_rest_is_warned_of(stage: Stage) -> None:
    assert stage.uninstall("There", "absent", "there") == ["there"]
    assert stage.reporter.events == [
        Noted(message="Found existing installation: there 1.0", verbosity=0),
        Noted(message="Uninstalling there-1.0:", verbosity=0),
        Warned(message="Skipping absent as it is not installed."),
    ]


def test_where_nobody_is_asked_each_removal_is_told_when_it_is_made(stage: Stage) -> None:
    assert stage.uninstall("there", agrees=None) == ["there"]
    assert stage.reporter.events == []


def test_who_does_not_agree_keeps_it(stage: Stage) -> None:
    add(stage.site, "second")
    assert stage.uninstall("there", "second", agrees=lambda one: one.distribution.name == "second") == ["second"]


def test_what_is_removed_is_what_is_there_once_nobody_else_changes_the_place(stage: Stage) -> None:
    """As another run may change it while somebody is asked."""
    add(stage.site, "second")

    def meanwhile(removal: Removal) -> bool:
        assert stage.changes == ["recover"]
        if removal.distribution.name == "there":
            shutil.rmtree(stage.site / "there-1.0.dist-info")
            add(stage.site, "there", version="2.0")
        else:
            shutil.rmtree(stage.site / "second-1.0.dist-info")
        return True

    assert stage.uninstall("there", "second", agrees=meanwhile) == ["there"]
    ((transaction, _),) = stage.installer.carried_out
    assert [one.version for one in transaction.remove] == ["2.0"]
    assert stage.reporter.events[-1] == Warned(message="Skipping second as it is not installed.")
    assert (stage.changes, stage.installer.during) == (["recover", "begin", "end"], [["recover", "begin"]])


def test_one_that_cannot_be_removed_keeps_all(stage: Stage) -> None:
    add(stage.site, "unknown", is_recorded=False)
    with pytest.raises(CannotUninstall):
        stage.uninstall("there", "unknown")
    assert stage.installer.carried_out == []
