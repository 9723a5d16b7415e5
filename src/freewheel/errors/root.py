"""What every exception of freewheel's is."""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform


@dataclass_transform(kw_only_default=True, eq_default=False)
class FreewheelError(Exception):
    """What freewheel raises on purpose; anything else is a defect.

    A subclass states its fields as a dataclass does, and is made with them as keywords. No dataclass is made of it,
    because that takes 300 us of each start for each of some eighty classes.
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._fields = tuple(dict.fromkeys((*cls._fields, *cls.__annotations__)))

    def __init__(self, **values: Any) -> None:
        super().__init__()
        wrong = set(values) - set(self._fields)
        wrong |= {name for name in self._fields if name not in values and not hasattr(type(self), name)}
        if wrong:
            raise TypeError(f"{type(self).__name__}: {', '.join(sorted(wrong))} missing or unknown")
        for name, value in values.items():
            setattr(self, name, value)

    def but(self, **changes: Any) -> Self:
        """The same error with other values in some fields."""
        return type(self)(**({name: getattr(self, name) for name in self._fields} | changes))

    def __str__(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"
