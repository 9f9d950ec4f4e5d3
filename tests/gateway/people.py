# SPDX-License-Identifier: Apache-2.0
"""Fictional people of the gateway's tests, as the inside systems report them."""

from dataclasses import replace
from typing import Any

from schemas.messages import IdentityRecord, read_payload
from schemas.payload import NAMESPACE
from simulators.residents import generate, identity_record

CITY = "102024"


def resident_record(place: int = 0, **changes: Any) -> IdentityRecord:
    """The 40 fields of a resident of the simulated city, the first unless told."""
    *_, resident = generate("gateway", place + 1, CITY)
    fields = "".join(
        f"<{name}>{text}</{name}>" for name, text in identity_record(resident).items()
    )
    kind = "identity_information_update"
    data = f'<{kind} xmlns="{NAMESPACE}"><record>{fields}</record></{kind}>'
    value = read_payload(kind, data.encode())
    return replace(value.record, **changes)
