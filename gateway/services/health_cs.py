# SPDX-License-Identifier: Apache-2.0
"""What only a municipal CS is asked of its health: when it compared its file."""

from datetime import datetime, timedelta
from typing import Final

from gateway.records.errors import StoreUnavailable
from gateway.rules.calendar import JST
from gateway.services.health_check import Check, State
from gateway.services.overview import Overview

YEAR: Final = timedelta(days=366)
"""Between two consistency checks, at most: about once a year."""


def comparison(of: Overview, now: datetime) -> Check:
    """Whether the whole file was compared with the servers within a year (R-080)."""
    try:
        last, compared = of.store.last_compared()
    except StoreUnavailable as error:
        return Check("comparison", State.WARNING, str(error))
    if last is None:
        return Check("comparison", State.OK, "nothing is held yet")
    word = "last compared" if compared else "never compared, and on record since"
    said = f"the file was {word} {last.astimezone(JST):%Y-%m-%d}"
    if now - last > YEAR:
        return Check("comparison", State.WARNING, f"{said}: see 'sekisho cs check'")
    return Check("comparison", State.OK, said)
