"""Changes an environment as a whole: everything that a transaction removes and installs, or nothing of it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from freewheel.errors import FreewheelError, NoSpace, NotWritable, StoreError
from freewheel.errors.store import NO_ROOM
from freewheel.events import Installing, Noted, Reporter, Uninstalled, Warned
from freewheel.install.destination import check_writable, obstacles
from freewheel.install.discovery import installed_in
from freewheel.install.installed import InstalledDistribution
from freewheel.install.journal import Journal
from freewheel.install.link import Linker
from freewheel.install.placing import Placed, Placing
from freewheel.install.plan import Destination, DistributionPlan, Operation, plan
from freewheel.install.preparation import Preparation, Prepared, Preparing
from freewheel.install.uninstall import Removal, announcement, is_within, removal_of, remove
from freewheel.model.artifact import normalize
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Miss


class Transaction(Struct, frozen=True, kw_only=True):
    """What to remove and what to install, which is made ready, in this order; an upgrade is in both.

    `is_announced` says that somebody was told of each removal already, and agreed to it.
    """

    remove: tuple[InstalledDistribution, ...] = ()
    install: tuple[Prepared, ...] = ()
    is_announced: bool = False


class Installer:
    """Carries out transactions; used from one thread."""

    def __init__(self, *, preparation: Preparation, linker: Linker, reporter: Reporter) -> None:
        self._preparation = preparation
        self._linker = linker
        self._reporter = reporter

    def preparing(self, compile_for: Interpreter | None) -> Preparing:
        """A context in which distributions are made ready; bytecode is for `compile_for`, None leaves it out."""
        return self._preparation.begin(compile_for)

    def apply(
        self, transaction: Transaction, destination: Destination, *, replaces: bool = False
    ) -> Sequence[DistributionPlan]:
        """Remove and install, or leave everything as it was; what was installed, as it was planned.

        `replaces` lets what a plain folder has be replaced (`--target` with `--upgrade`). Raises ArtifactError,
        CannotUninstall, NotWritable, NoSpace and StoreError; whatever is raised, the destination is as before.
        """
        self._check_writable(transaction, destination)
        prepared = list(transaction.install)
        if destination.is_folder:
            prepared = [item for item in prepared if not self._is_held_back(item, destination, replaces)]
        removals = self._removals(transaction, prepared, destination)
        homes = (removal.distribution.home for removal in removals)
        journal = Journal(
            (*homes, *destination.schemes.values()),
            place=destination.schemes["purelib"],
            on_wait=lambda: self._say_waiting(destination),
        )
        placing = Placing(self._linker, touch=journal.touch)
        try:
            self._announce(prepared)
            is_told = transaction.is_announced
            self._remove(removals, destination, journal, is_upgrade=bool(prepared), is_announced=is_told)
            done = self._install(prepared, destination, journal, placing)
            placing.stop()
        except BaseException as error:
            self._roll_back(journal, placing)
            if isinstance(error, OSError):
                raise _failure(error, destination) from error
            raise
        journal.commit()
        return done

    def _check_writable(self, transaction: Transaction, destination: Destination) -> None:
        folders = [d.home for d in transaction.remove if is_within(d, destination)]
        if transaction.install:
            folders += [destination.schemes["purelib"], destination.schemes["platlib"]]
        check_writable(folders)

    def _is_held_back(self, item: Prepared, destination: Destination, replaces: bool) -> bool:
        found = obstacles(item.unpacked.tree.manifest, destination, replaces=replaces)
        for path in found:
            hint = "It is a link, which is not replaced" if replaces else "Specify --upgrade to force replacement"
            self._reporter.emit(Warned(message=f"Target directory {path} already exists. {hint}."))
        return bool(found)

    def _removals(
        self, transaction: Transaction, prepared: Sequence[Prepared], destination: Destination
    ) -> list[Removal]:
        """What to remove, decided before anything is; outside an environment also the versions that are replaced."""
        distributions = list(transaction.remove)
        if destination.is_folder or destination.is_apart:
            there = installed_in(dict.fromkeys(destination.schemes[key] for key in ("purelib", "platlib")))
            names = {normalize(item.installation.name) for item in prepared}
            names -= {distribution.project for distribution in distributions}
            distributions += [there[name] for name in sorted(names) if name in there and _is_known(there[name])]
        return [self._removal(distribution, destination) for distribution in distributions]

    def _removal(self, distribution: InstalledDistribution, destination: Destination) -> Removal:
        removal = removal_of(distribution, destination)
        for path in removal.refused:
            message = f"{distribution.name} records {path}, which lies outside the environment and stays."
            self._reporter.emit(Warned(message=message))
        for info in removal.unrecorded:
            message = f"{info} has no RECORD: other files of {distribution.name}, if there are any, are not removed."
            self._reporter.emit(Warned(message=message))
        return removal

    def _say_waiting(self, destination: Destination) -> None:
        place = destination.schemes["purelib"]
        self._reporter.emit(Noted(message=f"Waiting for another process that changes {place}.", verbosity=0))

    def _announce(self, prepared: Sequence[Prepared]) -> None:
        names = tuple(f"{item.installation.name}-{item.installation.version}" for item in prepared)
        if names:
            self._reporter.emit(Installing(distributions=names))

    def _remove(
        self,
        removals: Sequence[Removal],
        destination: Destination,
        journal: Journal,
        *,
        is_upgrade: bool,
        is_announced: bool,
    ) -> None:
        for removal in removals:
            name, version = removal.distribution.name, removal.distribution.version
            if is_upgrade:
                self._note(f"  Attempting uninstall: {name}")
            indent = "    " if is_upgrade else ""
            if not is_announced:
                for sentence in announcement(removal):
                    self._note(indent + sentence)
            if removal.is_empty:
                self._say_kept(removal, destination, indent=indent)
                continue
            remove(removal, destination, journal)
            self._reporter.emit(Uninstalled(project=name, version=version, is_replaced=is_upgrade))

    def _say_kept(self, removal: Removal, destination: Destination, *, indent: str) -> None:
        one = removal.distribution
        if removal.is_outside:
            environment = destination.schemes["data"]
            self._note(f"{indent}Not uninstalling {one.project} at {one.location}, outside environment {environment}")
        self._note(f"{indent}Can't uninstall '{one.name}'. No files were found to uninstall.")

    def _note(self, message: str) -> None:
        self._reporter.emit(Noted(message=message, verbosity=0))

    def _install(
        self,
        prepared: list[Prepared],
        destination: Destination,
        journal: Journal,
        placing: Placing,
    ) -> Sequence[DistributionPlan]:
        decided = plan([item.unpacked for item in prepared], destination)
        for path, earlier, later in decided.overwritten:
            self._reporter.emit(Noted(message=f"{path} of {earlier} is replaced by that of {later}"))
        begun = []
        for single in decided.distributions:
            journal.make_way(operation.destination for operation in single.operations)
            begun.append(placing.begin(single.operations))
        for number, (single, future) in enumerate(zip(decided.distributions, begun, strict=True)):
            miss = _go_on(single.operations, future.result(), journal, placing)
            for attempt in (self._preparation.again, self._preparation.aside):
                if miss is None:
                    break
                prepared[number] = attempt(prepared[number], miss.reason)
                again = plan([item.unpacked for item in prepared], destination).distributions[number].operations
                journal.make_way(operation.destination for operation in again)
                miss = _go_on(again, placing.carry_out(again), journal, placing)
            if miss is not None:
                raise StoreError(path=str(prepared[number].unpacked.tree.root), reason=miss.reason)
        return decided.distributions

    def _roll_back(self, journal: Journal, placing: Placing) -> None:
        try:
            placing.stop()
            failed = journal.roll_back()
        except KeyboardInterrupt:  # once more: half a change is worse than a wait
            placing.stop()
            failed = journal.roll_back()
        for path in failed:
            self._reporter.emit(Warned(message=f"{path} could not be put back where it was."))


def _go_on(operations: Sequence[Operation], stopped: Placed, journal: Journal, placing: Placing) -> Miss | None:
    """Get operations done in spite of what was met; or none of them, and why the tree cannot be used."""
    done = 0
    while stopped is not None:
        done += stopped.done
        if isinstance(stopped.reason, Miss):
            for operation in operations[:done]:
                os.unlink(operation.destination)  # noqa: PTH108
            return stopped.reason
        journal.make_way_again(operations[done].destination)
        stopped = placing.carry_out(operations[done:])
    return None


def _is_known(distribution: InstalledDistribution) -> bool:
    return distribution.has_record or distribution.damage is not None


def _failure(error: OSError, destination: Destination) -> FreewheelError:
    path = str(error.filename2 or error.filename or destination.schemes["purelib"])
    reason = error.strerror or str(error)
    if error.errno in NO_ROOM:
        return NoSpace(path=path, reason=reason)
    return NotWritable(path=path, reason=reason, is_as_before=True)
