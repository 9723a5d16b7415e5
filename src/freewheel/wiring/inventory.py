"""What is installed, for a run that tells its user once what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager

from freewheel.events import Reporter, Warned
from freewheel.install.change_log import is_half_done
from freewheel.install.discovery import installed, installed_in
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import NormalizedName
from freewheel.model.target import Interpreter


class Inventory:
    """Looks at environments and folders, and changes nothing; each fault is told once.

    `changing` holds the locks of folders that are changed: what lies there half done meanwhile is no fault.
    """

    def __init__(
        self, reporter: Reporter, *, changing: Callable[[Iterable[str]], AbstractContextManager[object]]
    ) -> None:
        self._reporter = reporter
        self._changing = changing
        self._told: set[str] = set()

    def of_interpreter(
        self, interpreter: Interpreter, *, before: Iterable[str]
    ) -> Mapping[NormalizedName, InstalledDistribution]:
        """What an interpreter finds, in the folders `before` its own first; raises NotReadable."""
        folders = tuple(before)
        self._look_for_changes(filter(None, (interpreter.paths.get("purelib"), interpreter.user_site)))
        return self._looked_through(lambda: installed(interpreter, before=folders))

    def of_folders(self, folders: Iterable[str]) -> Mapping[NormalizedName, InstalledDistribution]:
        """What plain folders have; raises NotReadable."""
        searched = tuple(dict.fromkeys(folders))
        self._look_for_changes(searched)
        return self._looked_through(lambda: installed_in(searched))

    def _look_for_changes(self, places: Iterable[str]) -> None:
        for place in filter(is_half_done, places):
            self._tell(
                f"An earlier change of {place} was interrupted and is half done. "
                "The next `freewheel install` or `freewheel uninstall` there takes it back first."
            )

    def _looked_through(
        self, look: Callable[[], Mapping[NormalizedName, InstalledDistribution]]
    ) -> Mapping[NormalizedName, InstalledDistribution]:
        found = look()
        places = [one.home for one in found.values() if one.fault is not None]
        if places:
            with self._changing(places):
                found = look()
        for one in found.values():
            if one.fault is not None:
                self._tell(one.fault)
        return found

    def _tell(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._reporter.emit(Warned(message=message))
