# SPDX-License-Identifier: Apache-2.0
"""在留カード番号 of the simulation: no real one begins and ends with ZZ."""

import re
from typing import Final

_SIMULATED: Final = re.compile(r"ZZ[0-9]{8}ZZ")


def is_simulated(number: str) -> bool:
    """Whether it can be nobody's."""
    return _SIMULATED.fullmatch(number) is not None
