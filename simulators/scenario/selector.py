# SPDX-License-Identifier: Apache-2.0
"""Which fictional resident is meant: the same one wherever the seed is the same."""

from typing import Annotated

import msgspec

from simulators.network import parties as people

MOST = {(people.CITY, True): 1, (people.SECOND_CITY, True): 0}
"""The last flagged resident that the smallest network has in each city."""


class Selector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One resident of one of the two cities."""

    of: str = people.CITY
    """The city's code."""
    number: Annotated[int, msgspec.Meta(ge=0, le=150)] = 0
    """Counted among the flagged, or among those who are not."""
    flagged: bool = False
    """自動応答不可フラグ: a person must see the answer first."""

    def fault(self) -> tuple[str, str, str] | None:
        """Field, what is wrong, how to mend it."""
        cities = (people.CITY, people.SECOND_CITY)
        if self.of not in cities:
            what = f"no residents live in '{self.of}'"
            return "resident", what, f"write of = one of: {', '.join(cities)}"
        most = MOST.get((self.of, self.flagged))
        if most is not None and self.number > most:
            what = f"there is no flagged resident {self.number} in every network"
            return "resident", what, f"write number = 0 to {most}"
        return None
