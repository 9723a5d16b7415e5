"""`Request`, `Response`, `Headers`, without bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from freewheel.httpcache import lists
from freewheel.model.digest import Digest
from freewheel.model.url import Credentials


@dataclass(frozen=True, slots=True, repr=False)
class Headers:
    """Field lines as received: order, case and repetition kept (RFC 9110 §5). Look-ups ignore case.

    >>> fields = Headers((("Vary", "Accept"), ("vary", "Cookie")))
    >>> fields.get("VARY"), fields.get_all("vary")
    ('Accept', ('Accept', 'Cookie'))
    """

    lines: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The first value of a field, or None."""
        wanted = name.lower()
        for line_name, value in self.lines:
            if line_name.lower() == wanted:
                return value
        return None

    def get_all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, a line each, in order."""
        wanted = name.lower()
        return tuple([value for line_name, value in self.lines if line_name.lower() == wanted])

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a list field over all its lines (RFC 9110 §5.3, §5.6.1)."""
        return lists.members(self.get_all(name))

    def without(self, names: Iterable[str]) -> Headers:
        """The same without the named fields."""
        dropped = {name.lower() for name in names}
        return Headers(tuple(line for line in self.lines if line[0].lower() not in dropped))

    def plus(self, name: str, value: str) -> Headers:
        """The same with one more line at the end."""
        return Headers((*self.lines, (name, value)))

    def replacing(self, name: str, value: str) -> Headers:
        """The same with this line instead of all of that name."""
        return self.without((name,)).plus(name, value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __repr__(self) -> str:
        return f"Headers({', '.join(name for name, _ in self.lines)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; `url` is absolute and carries no credentials.

    `digest` is what somebody trusted states the target's bytes to be: then identity decides about reuse, not
    freshness. `credentials` become the Authorization field on the wire alone: no rule and no record sees them. Nor do
    they see `content`, the request's own body.
    """

    url: str
    method: str = "GET"
    headers: Headers = field(default_factory=Headers)
    digest: Digest | None = None
    credentials: Credentials | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A final response's status line and fields."""

    status: int
    reason: str = ""
    headers: Headers = field(default_factory=Headers)
