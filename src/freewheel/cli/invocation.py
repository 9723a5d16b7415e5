"""One call of a command: what it was told, and the run, the printer and the ledger that it works with."""

from __future__ import annotations

from msgspec import Struct

from freewheel.cli.render import Printer
from freewheel.cli.savings_text import savings_text
from freewheel.commands.savings import Ledger, tally
from freewheel.config.platform import Platform
from freewheel.config.values import Config
from freewheel.wiring.run import Run


class Invocation(Struct, frozen=True, kw_only=True):
    """What every command is given; `ledger` has what the run reused and made so far."""

    config: Config
    run: Run
    printer: Printer
    platform: Platform
    ledger: Ledger

    def say_savings(self) -> None:
        """The last words of a run; nothing where nothing could be reused."""
        line = savings_text(tally(self.ledger.events)) if self.run.reusable is not None else None
        if line is not None:
            self.printer.tell(line)
