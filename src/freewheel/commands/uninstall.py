"""`uninstall`: take projects out of an environment, by what was recorded when they went in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from freewheel.events import Noted, Reporter, Warned
from freewheel.install.installed import InstalledDistribution
from freewheel.install.installer import Installer, Transaction
from freewheel.install.plan import Destination
from freewheel.install.uninstall import Removal, removal_of
from freewheel.model.artifact import NormalizedName
from freewheel.model.requirement import Requirement


def uninstall(
    requirements: Sequence[Requirement],
    *,
    installed: Mapping[NormalizedName, InstalledDistribution],
    destination: Destination,
    installer: Installer,
    reporter: Reporter,
    confirm: Callable[[Removal], bool],
) -> None:
    """Remove what is asked for, each project after `confirm` has agreed to its removal; the rest is warned of.

    Raises CannotUninstall before anything is removed, and NotWritable.
    """
    agreed = []
    for name in dict.fromkeys(requirement.name for requirement in requirements):
        distribution = installed.get(name)
        if distribution is None:
            reporter.emit(Warned(message=f"Skipping {name} as it is not installed."))
            continue
        removal = removal_of(distribution, destination)
        found = f"Found existing installation: {distribution.name} {distribution.version}"
        reporter.emit(Noted(message=found, verbosity=0))
        if removal.files:
            reporter.emit(Noted(message=f"Uninstalling {distribution.name}-{distribution.version}:", verbosity=0))
        if not removal.files or confirm(removal):
            agreed.append(distribution)
    installer.apply(Transaction(remove=tuple(agreed)), destination, compile_for=None)
