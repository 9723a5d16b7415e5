"""Hash-checking mode, and what cannot be checked in it."""

from __future__ import annotations

from freewheel.errors.root import FreewheelError


class HashesRequired(FreewheelError):
    """Hash-checking mode, and things without a digest to be held against.

    `repositories`, `folders` and `editables` have no file that could have one. `lacking` are lines as a requirements
    file should have them, with the digests that were found; `unpinned` are requirements without digest that name no
    version, and `pins` such lines for them.
    """

    repositories: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    unpinned: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
