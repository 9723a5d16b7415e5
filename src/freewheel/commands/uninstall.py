"""`uninstall`: take projects out of an environment, by what was recorded when they went in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager

from freewheel.events import Noted, Reporter, Warned
from freewheel.install.installed import InstalledDistribution
from freewheel.install.installer import Installer, Transaction
from freewheel.install.plan import Destination
from freewheel.install.uninstall import Removal, announcement, removal_of
from freewheel.model.artifact import NormalizedName


def uninstall(
    projects: Iterable[NormalizedName],
    *,
    installed: Callable[[], Mapping[NormalizedName, InstalledDistribution]],
    changing: Callable[[], AbstractContextManager[object]],
    recover: Callable[[], None],
    destination: Destination,
    installer: Installer,
    reporter: Reporter,
    confirm: Callable[[Removal], bool] | None,
) -> None:
    """Remove `projects`, each after `confirm` has agreed to its removal; the rest is warned of.

    Without `confirm` everybody has agreed.

    `installed` reads what is there, once to ask about it and once more within `changing`, which keeps other runs from
    changing it: nobody waits for an answer, and what is removed is what is there by then. What a run that died left
    half done is taken back first, by `recover`. Raises CannotUninstall before anything is removed, and NotWritable.
    """
    recover()
    present, agreed = installed(), []
    for name in dict.fromkeys(projects):
        distribution = present.get(name)
        if distribution is None:
            reporter.emit(_skipping(name))
            continue
        if confirm is not None:
            removal = removal_of(distribution, destination)
            for sentence in announcement(removal):
                reporter.emit(Noted(message=sentence, verbosity=0))
            if not (removal.is_empty or confirm(removal)):
                continue
        agreed.append(distribution)
    if not agreed:
        return
    with changing():
        remove = tuple(_still_there(agreed, installed(), reporter))
        transaction = Transaction(remove=remove, is_announced=confirm is not None)
        installer.apply(transaction, destination)


def _still_there(
    agreed: Iterable[InstalledDistribution],
    present: Mapping[NormalizedName, InstalledDistribution],
    reporter: Reporter,
) -> Iterator[InstalledDistribution]:
    """What the same folder has of these projects now; another folder's was not agreed to."""
    for one in agreed:
        now = present.get(one.project)
        if now is not None and now.location == one.location:
            yield now
        else:
            reporter.emit(_skipping(one.project))


def _skipping(project: NormalizedName) -> Warned:
    return Warned(message=f"Skipping {project} as it is not installed.")
