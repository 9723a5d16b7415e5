"""`Request`, `Response`, `Headers`, without bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import force_setattr

from freewheel.httpcache import lists
from freewheel.model.digest import Digest
from freewheel.model.url import Credentials


class Headers(Struct, frozen=True, eq=False):
    """Field lines as received: order, case and repetition kept (RFC 9110 §5). Look-ups ignore case.

    >>> fields = Headers((("Vary", "Accept"), ("vary", "Cookie")))
    >>> fields.get("VARY"), fields.get_all("vary")
    ('Accept', ('Accept', 'Cookie'))
    """

    lines: tuple[tuple[str, str], ...] = ()
    _values: dict[str, tuple[str, ...]] | None = None

    def get(self, name: str) -> str | None:
        """The first value of a field, or None."""
        values = self._by_name().get(name.lower())
        return None if values is None else values[0]

    def get_all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, a line each, in order."""
        return self._by_name().get(name.lower(), ())

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a list field over all its lines (RFC 9110 §5.3, §5.6.1)."""
        lines = self.get_all(name)
        return lists.members(lines) if lines else ()

    def without(self, names: Iterable[str]) -> Headers:
        """The same without the named fields."""
        dropped = {name.lower() for name in names}
        return Headers(tuple([line for line in self.lines if line[0].lower() not in dropped]))

    def plus(self, name: str, value: str) -> Headers:
        """The same with one more line at the end."""
        return Headers((*self.lines, (name, value)))

    def replacing(self, name: str, value: str) -> Headers:
        """The same with this line instead of all of that name."""
        return self.without((name,)).plus(name, value) if name in self else self.plus(name, value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._by_name()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(self.lines)

    def __repr__(self) -> str:
        return f"Headers({', '.join(name for name, _ in self.lines)})"

    def _by_name(self) -> dict[str, tuple[str, ...]]:
        """The values by the field's name in lower case: a stored response's are looked up a dozen times a reuse."""
        values = self._values
        if values is None:
            values = {}
            for name, value in self.lines:
                lower = name.lower()
                values[lower] = (*values[lower], value) if lower in values else (value,)
            force_setattr(self, "_values", values)
        return values


class Request(Struct, frozen=True, kw_only=True):
    """A request; `url` is absolute and carries no credentials.

    `digest` is what somebody trusted states the target's bytes to be: then identity decides about reuse, not
    freshness. `credentials` become the Authorization field on the wire alone: no rule and no record sees them. Nor do
    they see `content`, the request's own body.
    """

    url: str
    method: str = "GET"
    headers: Headers = Headers()
    digest: Digest | None = None
    credentials: Credentials | None = None
    content: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url})"


class Response(Struct, frozen=True, kw_only=True):
    """A final response's status line and fields."""

    status: int
    reason: str = ""
    headers: Headers = Headers()
