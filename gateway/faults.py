# SPDX-License-Identifier: Apache-2.0
"""A fault of this program as log and record may tell it: what, and where.

An exception's own text may hold the very value that it could not take, so it stays
out. Its type and the line of ours that met it are enough to find the fault.
"""

from traceback import walk_tb
from typing import Final

_OURS: Final = ("gateway", "protocols", "pki", "schemas")


def place(error: BaseException | None) -> str:
    """Type of an exception, and the innermost line of ours that it passed through."""
    kind = type(error).__name__
    raised = None if error is None else error.__traceback__
    for frame, line in reversed(list(walk_tb(raised))):
        module = str(frame.f_globals.get("__name__"))
        if module.partition(".")[0] in _OURS:
            return f"{kind} in {module}:{line} {frame.f_code.co_name}"
    return kind
