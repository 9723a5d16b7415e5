"""`install`: resolve, make the wheels ready, and change the environment as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

from msgspec import Struct

from freewheel.commands.place import Place, gives_way
from freewheel.commands.wheels import ReadyWheel, Wheels
from freewheel.install.destination import check_writable
from freewheel.install.installed import InstalledDistribution
from freewheel.install.installer import Installer, Transaction
from freewheel.install.preparation import Installation
from freewheel.install.unpack import WheelFile
from freewheel.model import direct_url
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName, normalize
from freewheel.model.digest import Digest
from freewheel.model.requirement import Requirement
from freewheel.model.resolution import Pin, Resolution
from freewheel.resolve.protocol import Installed
from freewheel.resolve.remembering import Resolves


class InstallOptions(Struct, frozen=True, kw_only=True):
    """How to install. `replaces` lets a folder's distributions be replaced (`--target` with `--upgrade`)."""

    dry_run: bool = False
    with_bytecode: bool = True
    replaces: bool = False


class Outcome(Struct, frozen=True, kw_only=True):
    """What was installed, or in a dry run would have been: pins in the order of installation, and their wheels.

    A dry run has no wheels, as nothing is fetched or built for it. `held_back` are those that stay out of a plain
    folder in which something is in their way. `console_scripts` are paths, by distribution.
    """

    resolution: Resolution
    changed: tuple[Pin, ...]
    wheels: tuple[ReadyWheel, ...]
    held_back: frozenset[NormalizedName] = frozenset()
    console_scripts: tuple[tuple[str, ...], ...] = ()

    @property
    def done(self) -> tuple[Pin, ...]:
        """Those of `changed` that are not held back."""
        return tuple(pin for pin in self.changed if pin.project not in self.held_back)


def install(
    requirements: Sequence[Requirement],
    constraints: Sequence[Requirement],
    *,
    place: Place,
    options: InstallOptions,
    resolver: Resolves,
    wheels: Wheels,
    installer: Installer,
    is_unpacked: Callable[[Digest], bool],
) -> Outcome:
    """Bring a place to what is required; on any error it is as it was.

    `is_unpacked` says whether a wheel's tree is in the store, so that the wheel itself is not needed.
    Raises what resolving, fetching, building and installing raise, and NoUserSite.
    """
    if not options.dry_run:
        # Fail before anything is downloaded in vain.
        check_writable([place.destination.schemes["purelib"], place.destination.schemes["platlib"]])
        place.recover()
    # Another run's half of a change is nothing to resolve with.
    with nullcontext() if options.dry_run else place.changing():
        present = as_installed(place.installed()) if place.counts else {}
    resolution = resolver.resolve(requirements, constraints=constraints, installed=present)
    changed = tuple(pin for pin in resolution.pins if pin.artifact is not None)
    if options.dry_run or not changed:
        return Outcome(resolution=resolution, changed=changed, wheels=())
    with installer.preparing(place.interpreter if options.with_bytecode else None) as preparing:
        ready = wheels.ready(
            changed, is_unpacked=is_unpacked, arrived=lambda wheel: preparing.begin(installation_of(wheel))
        )
        prepared = preparing.finish(map(installation_of, ready))
    with place.changing():
        removed = _there(place, changed) if place.counts else ()
        plans = installer.apply(
            Transaction(remove=removed, install=prepared), place.destination, replaces=options.replaces
        )
    scripts = tuple(plan.console_scripts for plan in plans)
    return Outcome(
        resolution=resolution,
        changed=changed,
        wheels=tuple(ready),
        held_back=frozenset(pin.project for pin in changed) - {normalize(plan.name) for plan in plans},
        console_scripts=scripts,
    )


def _there(place: Place, changed: Sequence[Pin]) -> tuple[InstalledDistribution, ...]:
    """What gives way, read anew: another run may have changed the place since this one resolved."""
    installed = place.installed()
    there = (installed[pin.project] for pin in changed if pin.project in installed)
    return tuple(distribution for distribution in there if gives_way(place, distribution))


def as_installed(present: Mapping[NormalizedName, InstalledDistribution]) -> dict[NormalizedName, Installed]:
    """What the environment has, in the resolver's terms."""
    return {
        project: Installed(
            project=project,
            name=one.name,
            version=one.version,
            location=one.location,
            read_metadata=one.metadata,
            is_editable=one.is_editable,
            source=one.source,
        )
        for project, one in present.items()
    }


def installation_of(ready: ReadyWheel) -> Installation:
    """A wheel in the installer's terms; `direct_url.json` is for what somebody named by URL (PEP 610)."""
    return Installation(
        name=ready.pin.name,
        version=ready.pin.version,
        wheel=WheelFile(
            filename=ready.filename,
            digest=ready.digest,
            open=ready.open,
            renew=ready.renew,
            url=urls.redacted(ready.artifact.url),
            may_be_kept=ready.may_be_kept,
        ),
        is_requested=ready.pin.is_requested,
        direct_url=direct_url.as_text(ready.origin) if ready.artifact.is_direct else None,
    )
