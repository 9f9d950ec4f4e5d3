# SPDX-License-Identifier: Apache-2.0
"""The link of a city's own system to its CS, as the scenarios use it."""

from collections.abc import Mapping
from typing import Any

from pki.names import StationName
from schemas import systems
from schemas.extracts import query_of
from schemas.messages import Payload, SubmissionAccepted, read_payload
from schemas.payload import type_of
from simulators.scenario.registry import Kept
from simulators.scenario.world import World
from simulators.web import Client, Reply

XML = "application/xml"
OK, GONE = 200, 204
_ARRIVALS = "/v1/inside/arrivals"
_MESSAGES = "/v1/inside/messages"


def link_of(world: World, party: StationName) -> Client:
    """As this system, to the CS of its organisation."""
    return world.stage.inside(StationName(party.organisation, systems.CS), party)


def post(link: Client, body: bytes, to: str = "") -> Payload:
    """Hand something in, for this municipality; what the CS says."""
    return read(link.post(_MESSAGES + query_of(body, to), XML, body))


def read(reply: Reply) -> Payload:
    """The payload of an answer."""
    return read_payload(type_of(reply.body), reply.body)


def kept_of(value: Payload, facts: Mapping[str, Any] | None = None) -> Kept | None:
    """By which id the CS knows what it accepted; None where it gave none."""
    if not isinstance(value, SubmissionAccepted) or value.message_id is None:
        return None
    return Kept(message_id=value.message_id.hex(), facts=facts or {})


def answer_to(link: Client, message_id: str) -> Payload | None:
    """What came back to a question; None while nothing did."""
    reply = link.get(f"{_MESSAGES}/{message_id}/answer")
    return read(reply) if reply.status == OK else None


def waiting(link: Client) -> list[tuple[str, str]]:
    """Id and type of what waits for this system."""
    lines = link.get(_ARRIVALS).body.decode().splitlines()
    return [(one, kind) for one, kind, _ in map(str.split, lines)]


def taken(link: Client, message_id: str) -> bytes:
    """What it says, acknowledged; empty where the CS does not do its part."""
    target = f"{_ARRIVALS}/{message_id}"
    shown = link.get(target)
    acknowledged = link.post(f"{target}/taken", XML, b"")
    done = (shown.status, acknowledged.status) == (OK, GONE)
    return shown.body if done else b""
