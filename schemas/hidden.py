# SPDX-License-Identifier: Apache-2.0
"""A value that does not show itself.

Wrapped, a number or a name can be handed through code that logs, formats and raises
without appearing there. Whoever needs it says so with `reveal()`, which is easy to
search for. It cannot be pickled (a pickle is a copy outside our care) nor be the
key of a table.
"""

import hmac
from typing import Any, Final, Generic, NoReturn, TypeVar

T = TypeVar("T")

SHOWN: Final = "<hidden>"


class Hidden(Generic[T]):
    """Holds one value; shows `<hidden>` to repr, str, format and the percent sign."""

    __slots__ = ("_value",)

    __hash__ = None  # type: ignore[assignment]
    """Not a key: a table keyed by what is hidden would be a table of it."""

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value itself, for the one place that needs it."""
        return self._value

    def __eq__(self, other: object) -> bool:
        """Constant time for bytes and text; a bare value is never equal."""
        if not isinstance(other, Hidden):
            return NotImplemented
        ours, theirs = _comparable(self._value), _comparable(other._value)
        if isinstance(ours, bytes) and isinstance(theirs, bytes):
            same_type = type(self._value) is type(other._value)
            return hmac.compare_digest(ours, theirs) and same_type
        return bool(ours == theirs)

    def __repr__(self) -> str:
        return SHOWN

    def __format__(self, _spec: str) -> str:
        return SHOWN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a hidden value is not pickled or copied")


def _comparable(value: Any) -> Any:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
