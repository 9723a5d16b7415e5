"""Options of the cache that several machines share; every command takes them."""

from __future__ import annotations

from typing import Final

from freewheel.options.option import Kind, Option

_FLAG, _VALUE, _LIST = Kind.FLAG, Kind.VALUE, Kind.LIST

SCHEMES: Final = ("s3", "gs", "az", "file")
"""What the address of a shared cache can begin with."""

READ, READ_WRITE = "read", "read-write"

SHARING = (
    Option(name="shared-cache", kind=_VALUE, metavar="url", is_ours=True,
           help="Where machines share what they build: s3://bucket/prefix, gs://bucket/prefix, az://container/prefix"
                " or file:///folder; none for nowhere."),
    Option(name="shared-cache-mode", kind=_VALUE, choices=(READ, READ_WRITE), is_ours=True,
           help="Whether what is built here goes there too: read (default) or read-write."),
    Option(name="shared-cache-endpoint", kind=_VALUE, metavar="url", is_ours=True,
           help="The server of an object store that is not its provider's own."),
    Option(name="shared-cache-timeout", kind=_VALUE, metavar="sec", is_ours=True,
           help="How long a run waits for any sign of an answer before it goes on without (default 0.75)."),
    Option(name="shared-cache-private", kind=_FLAG, is_ours=True,
           help="Share what was got with credentials too: only where all who read the store may see it."),
    Option(name="shared-cache-downloads", kind=_FLAG, is_ours=True,
           help="Share downloaded files too, whose digests the index states."),
    Option(name="shared-cache-signing-key", kind=_VALUE, metavar="path", is_ours=True,
           help="Sign what goes there with this key, which `freewheel cache keygen` makes."),
    Option(name="shared-cache-public-key", kind=_LIST, metavar="key", is_ours=True,
           help="Believe what this key has signed, ed25519:...; several times for several."),
    Option(name="require-signatures", kind=_FLAG, is_ours=True,
           help="Take nothing from there that no public key here confirms (default where there is one)."),
)  # fmt: skip
"""In the order of the help."""
