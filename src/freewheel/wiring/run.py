"""One run: its cache, its temporary folders, and where its events go."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from freewheel.commands.existing import Choose
from freewheel.config.values import Config
from freewheel.errors import UnusableInterpreter
from freewheel.events import Noted, Reporter
from freewheel.install.environment import interrogate
from freewheel.model.target import Interpreter
from freewheel.net.credentials import Person, RunCredentials
from freewheel.wiring.credentials import run_credentials
from freewheel.wiring.muting import Muting
from freewheel.wiring.scratch import Scratch
from freewheel.wiring.stores import OwnStores, Stores, clear_way, open_cache, temporary_cache

if TYPE_CHECKING:
    from freewheel.store.foreign import ForeignFolder
    from freewheel.store.shared import SharedStore


class Run:
    """What outlives a change of options by a requirements file: cache, scratch, credentials, interpreter, reporter.

    `person` is somebody who can be asked for passwords, if there is one. `choose` puts any other question to one;
    None where nobody may be asked.
    """

    def __init__(
        self,
        config: Config,
        *,
        reporter: Reporter,
        clock: Callable[[], float] = time.time,
        person: Person | None = None,
        choose: Choose | None = None,
    ) -> None:
        self.reporter = Muting(reporter)
        self.clock = clock
        self.person = person
        self.choose = choose
        self._config = config
        self._stack = ExitStack()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def at_end(self, action: Callable[[], None]) -> None:
        """Have something done when the run ends, whatever happens till then: the last first."""
        self._stack.callback(action)

    @cached_property
    def credentials(self) -> RunCredentials:
        """What is known of credentials; it learns while the run goes on."""
        config = self._config
        return run_credentials(
            config.network, environment=config.environment, person=self.person, reporter=self.reporter
        )

    @cached_property
    def scratch(self) -> Scratch:
        """Temporary folders of this run."""
        keeps = ("build", "build-env") if self._config.build.keeps_folders else ()
        scratch = self._stack.enter_context(Scratch(keeps=keeps))
        self._stack.callback(self._say_left, scratch)
        return scratch

    def _say_left(self, scratch: Scratch) -> None:
        if scratch.left is not None:
            self.reporter.emit(Noted(message=f"The folders of builds are left in {scratch.left}", verbosity=0))

    @cached_property
    def cache(self) -> OwnStores | None:
        """The user's own cache, if there is one."""
        stores = open_cache(self._config.cache, clock=self.clock, reporter=self.reporter)
        if stores is not None and self._config.command != "cache":
            clear_way(stores, self.reporter)
        return stores

    @cached_property
    def pips_cache(self) -> ForeignFolder | None:
        """pip's own cache, where what is there is to be taken over, and may be."""
        place = self._config.cache.adopts_from
        if place is None or self.cache is None:
            return None
        from freewheel.wiring.pips_cache import open_pips_cache

        return open_pips_cache(place, self.reporter)

    @cached_property
    def shared(self) -> SharedStore | None:
        """What several machines share, where that is wanted and there is a cache that can keep what comes."""
        config = self._config.cache
        # What is to be compared with a build is not what somebody else built.
        if config.shared is None or config.is_verified or self.cache is None:
            if config.shared is not None:
                reason = "--cache-verify builds anew" if config.is_verified else "no cache keeps what comes"
                self.reporter.emit(Noted(message=f"The shared cache {config.shared.url} is not asked: {reason}."))
            return None
        from freewheel.store.shared import FINISHING
        from freewheel.wiring.shared_cache import finish, open_shared_cache

        store = open_shared_cache(self._config, reporter=self.reporter)
        if store is None:
            return None
        if config.shared.may_write:
            _ = self.scratch  # what is uploaded lies there, and goes after this

        def end(kind: type[BaseException] | None, *_: object) -> None:
            is_interrupted = kind is not None and not issubclass(kind, Exception)
            finish(store, self.reporter, within=0.0 if is_interrupted else FINISHING)

        self._stack.push(end)
        return store

    @cached_property
    def interpreter(self) -> Interpreter:
        """The interpreter of the environment acted on; raises UnusableInterpreter."""
        install = self._config.install
        try:
            return interrogate(
                install.python,
                entries=self.stores.entries,
                reporter=self.reporter,
                variables=self._config.environment,
            )
        except UnusableInterpreter as error:
            error.named_by = install.python_source
            raise

    @cached_property
    def temporary(self) -> OwnStores:
        """A cache for this run alone, for what the cache cannot keep."""
        return temporary_cache(self.scratch("cache"), clock=self.clock, reporter=self.reporter)

    @cached_property
    def reusable(self) -> Stores | None:
        """What the run may reuse: the cache, with its layers if it has any; None where there is neither.

        Where there are layers alone, they lie below a temporary cache: what is new is gone when the run ends.
        """
        if not self._config.cache.layers:
            return self.cache
        from freewheel.wiring.layers import above, usable_layers

        layers = usable_layers(self._config.cache, reporter=self.reporter)
        return above(self.cache or self.temporary, layers, clock=self.clock) if layers else self.cache

    @cached_property
    def stores(self) -> Stores:
        """What may be reused and is kept, or a temporary cache."""
        return self.reusable or self.temporary
