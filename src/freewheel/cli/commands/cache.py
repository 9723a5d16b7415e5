"""`freewheel cache`: the words of pip's command, and its exit status."""

from __future__ import annotations

from pathlib import Path

from freewheel.cli.invocation import Invocation
from freewheel.commands.cache_words import checked_action


def run(call: Invocation) -> int:
    """Carry out one action; raises CacheDisabled, CommandMisused, InvalidCacheArchive, OSError."""
    stores, given = call.run.cache, call.config.holdings.given
    action, arguments = checked_action(
        call.config.words, is_enabled=stores is not None, given=given, form=call.config.output.list_format
    )
    if stores is None:
        return 1
    if action == "dir":
        call.printer.print(str(stores.root.path))
        return 0
    if action == "verify":
        from freewheel.cli import cache_verify  # what knows of builds takes as long to import as all the rest

        return cache_verify.run(call, stores.root)
    if action == "keygen":
        from freewheel.commands.cache_keygen import make_key

        public = make_key(Path(call.config.folder, arguments[0]))
        call.printer.tell(f"Wrote a signing key to {arguments[0]}. Keep it where only writers can read it.")
        call.printer.tell(f"What it signs names it {public.id}. Give readers its public half:")
        call.printer.print(f"{public}")
        return 0
    if call.config.holdings.is_shared:
        from freewheel.cli import cache_shared

        return cache_shared.carry_out(call, action, arguments)
    # All that the cache knows of what it holds, twice as many modules as the other action needs.
    from freewheel.cli.cache_actions import carry_out

    return carry_out(call, stores, action, arguments)
