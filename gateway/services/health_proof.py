# SPDX-License-Identifier: Apache-2.0
"""Is the record vouched for? One check of a station's health."""

from datetime import datetime, timedelta
from typing import Final

from gateway.records.errors import StoreUnavailable
from gateway.services.health_check import Check, State
from gateway.services.overview import Overview

DAY: Final = timedelta(days=1)


def proof(of: Overview, now: datetime) -> Check:
    """Whether witnesses and the time-stamp authority vouch for the record."""
    stops = of.station.facts.vouched.problem
    if stops:
        return Check("proof", State.FAILING, f"nothing is sent or taken: {stops}")
    asked = of.station.config.proof
    if of.freshness is None or not (asked.witnesses or asked.authority):
        return Check("proof", State.OK, "neither witnesses nor an authority are asked")
    if of.freshness.warning:
        said = f"{of.freshness.warning}; before long nothing will be sent"
        return Check("proof", State.WARNING, said)
    bad = list(of.freshness.problems())
    if bad:
        return Check("proof", State.WARNING, "; ".join(bad))
    try:
        stamp, proven = of.store.last_stamp(), of.store.proven_size()
    except StoreUnavailable as error:
        return Check("proof", State.WARNING, str(error))
    days = of.station.config.health.certificate_days
    if stamp is not None and stamp.until - now < days * DAY:
        said = f"the time-stamp authority's certificate ends {stamp.until:%Y-%m-%d}"
        return Check("proof", State.WARNING, f"{said}: ask it for its next one")
    return Check("proof", State.OK, f"{proven} entries are co-signed and stamped")
