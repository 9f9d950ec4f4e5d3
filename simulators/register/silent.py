# SPDX-License-Identifier: Apache-2.0
"""Values about people do not show themselves.

A subclass is a frozen dataclass made with ``repr=False``. Its repr, and so its str and
whatever a traceback or a test prints of it, names the type and nothing else.
"""


class Silent:
    """The base of every value of the register that tells of a person."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<hidden>)"
