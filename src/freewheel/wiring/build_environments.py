"""What builds need, resolved and installed with the run's own resolver and cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from freewheel.commands.install import installation_of
from freewheel.commands.wheels import Wheels
from freewheel.install.destination import in_environment
from freewheel.install.installer import Installer, Transaction
from freewheel.model import requirement as requirements
from freewheel.model.digest import Digest
from freewheel.model.requirement import Origin, Requirement
from freewheel.model.target import Interpreter
from freewheel.resolve.remembering import Resolves


class ResolvedEnvironments:
    """A `BuildEnvironment`. `resolver`, `wheels` and `installer` are called when something is to be built.

    `muted` keeps quiet what is said meanwhile: what is installed for builds is not what was asked for.
    """

    def __init__(
        self,
        *,
        resolver: Callable[[], Resolves],
        constraints: Sequence[Requirement],
        wheels: Callable[[], Wheels],
        installer: Callable[[], Installer],
        is_unpacked: Callable[[Digest], bool],
        muted: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._resolver = resolver
        self._constraints = constraints
        self._wheels = wheels
        self._installer = installer
        self._is_unpacked = is_unpacked
        self._muted = muted

    def provide(self, texts: Sequence[str], interpreter: Interpreter) -> tuple[str, ...]:
        """Resolve and install into the new environment; only what the user should know is reported."""
        with self._muted():
            wanted = [requirements.parse(text, origin=Origin(text="build-system.requires")) for text in texts]
            pins = self._resolver().resolve(wanted, constraints=self._constraints).pins
            ready = self._wheels().ready(pins, is_unpacked=self._is_unpacked)
            installer = self._installer()
            with installer.preparing(interpreter) as preparing:
                prepared = preparing.finish(map(installation_of, ready))
            installer.apply(Transaction(install=prepared), in_environment(interpreter))
            return tuple(f"{pin.project}=={pin.version}" for pin in pins)
