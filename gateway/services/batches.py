# SPDX-License-Identifier: Apache-2.0
"""A batch inquiry (一括照会) is told before its first line, and that is recorded.

    POST /v1/inside/batches?batch=ID&operator=NAME&count=N[&approved=NAME]

The body is plain text: why. The record then names who asks, who approved it and how
many persons it is about, before anything of them is asked; each line names the batch.
"""

import re
from datetime import datetime
from typing import Final

from gateway.records.event import Event, EventKind
from gateway.services.listener import Answer, Request
from gateway.services.submissions import ID, NAME, parameters
from pki.trust import Identity

BATCHES: Final = "/v1/inside/batches"
_COUNT: Final = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)
_FORMS: Final = {"batch": ID, "operator": NAME, "approved": NAME, "count": _COUNT}
_NEEDED: Final = frozenset(_FORMS) - {"approved"}
_MANY_DIGITS: Final = re.compile(r"[0-9０-９]{11}")
"""A number of a person has eleven digits or more: it is no reason, and no record's."""
LONGEST: Final = 200
"""Letters of a reason."""
NOT_TOLD: Final = Answer(
    400,
    "text/plain",
    b"batch, operator, count; approved: somebody else; body: why, without numbers\n",
)
TOLD: Final = Answer(204, "text/plain", b"")


def announced(request: Request, identity: Identity, now: datetime) -> Event | None:
    """What is recorded of a batch; None where it is not told as it must be."""
    found, rest = parameters(request.target.partition("?")[2], _FORMS)
    reason = _reason(request.body)
    if found is None or rest or not set(found) >= _NEEDED or not reason:
        return None
    approved = found.get("approved", "")
    if approved.casefold() == found["operator"].casefold():
        return None
    detail = f"batch inquiry {found['batch']} of {found['count']}"
    if approved:
        detail += f", approved by {approved}"
    return Event(
        kind=EventKind.OPERATOR,
        at=now,
        direction="local",
        peer=str(identity.station),
        operator=found["operator"],
        detail=f"{detail}: {reason}",
    )


def _reason(body: bytes) -> str:
    """One line of plain text; empty where it is none."""
    try:
        text = body.decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
    fits = len(text) <= LONGEST and text.isprintable()
    return text if fits and not _MANY_DIGITS.search(text) else ""
