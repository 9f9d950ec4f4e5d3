# SPDX-License-Identifier: Apache-2.0
"""A line to a station that takes a question over now, and has its answer later.

The question is posted once. As long as the answer has not come, the line gives nothing,
so that the question goes on waiting at whoever asked; each further offer of it asks the
station for the answer alone. What the station answers at once is the answer.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from schemas.catalogue import ROWS
from schemas.messages import SubmissionAccepted, read_payload
from schemas.payload import type_of
from schemas.xml import XmlRefused
from simulators.city.door import MESSAGES, XML
from simulators.web import Client, LinkFailed

OK: Final = 200


@dataclass(slots=True)
class AskedLine:
    """One link to one station; called with what is to be posted."""

    client: Client
    _posted: dict[str, str] = field(default_factory=dict)
    """Digest of a question to the id under which the station knows it."""

    def __call__(self, body: bytes) -> bytes:
        digest = hashlib.sha256(body).hexdigest()
        try:
            if digest in self._posted:
                return self._answer(digest)
            answer = self.client.post(MESSAGES, XML, body).body
        except LinkFailed:
            return b""
        message_id = _taken_over(answer)
        if not message_id or ROWS[type_of(body)].reply_type is None:
            return answer
        self._posted[digest] = message_id
        return b""

    def _answer(self, digest: str) -> bytes:
        place = f"{MESSAGES}/{self._posted[digest]}/answer"
        reply = self.client.get(place)
        if reply.status != OK:
            return b""
        self.client.post(f"{place}/taken", XML, b"")
        del self._posted[digest]
        return reply.body


def _taken_over(answer: bytes) -> str:
    """The id of what was taken over; empty where it was answered or refused."""
    try:
        value = read_payload(type_of(answer), answer)
    except XmlRefused:
        return ""
    if not isinstance(value, SubmissionAccepted) or value.message_id is None:
        return ""
    return value.message_id.hex()
