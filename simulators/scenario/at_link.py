# SPDX-License-Identifier: Apache-2.0
"""One link of a station's own, held open by a scenario: what the other end does to it.

It is a true TLS link under the station's certificate. The other end is seen to cut it,
to refuse a resumed session, or to let the station in.
"""

import socket
import ssl
import time
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Final

import msgspec

from pki.names import StationName
from simulators.scenario.at_stations import message_fault
from simulators.scenario.by_hand import posted
from simulators.scenario.registry import (
    DELIVERED,
    REFUSED,
    Action,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
)
from simulators.scenario.world import World

STANDS, CUT = "it stands", "cut in time"
LET_IN, TURNED_AWAY = "let in", "turned away"
ASK: Final = b"GET / HTTP/1.1\r\nHost: peer\r\n\r\n"
SECONDS: Final = 10.0
"""For an answer."""


class To(Params, frozen=True):
    """To whom."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    to: str


class Held(Params, frozen=True):
    """Which link, and how long it may stand."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    within: Annotated[float, msgspec.Meta(gt=0, le=60)] = 3.0


class Handed(Params, frozen=True):
    """Which message, to whom; it is the sample of its type."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    message: str
    to: str

    def fault(self) -> tuple[str, str, str] | None:
        return message_fault(self.message)


class CutOff(Params, frozen=True):
    """Who was cut off or turned away, and for which cause."""

    parties: ClassVar[tuple[str, ...]] = ("peer",)
    code: str
    peer: str = ""
    """Empty for a caller that was not proven: his address is all that is known."""

    def fault(self) -> tuple[str, str, str] | None:
        if self.code.startswith("SK-L"):
            return None
        return "code", "is no code of a link", "write one such as SK-L04"


def _opened(
    world: World, own: StationName, to: StationName, before: Any = None
) -> ssl.SSLSocket:
    """A link under the station's certificate; raises `OSError`.

    Where there was one ``before``, it is resumed if the other end let it be.
    """
    peer = world.stage.directory.peer(to)
    assert peer is not None
    assert peer.endpoint is not None
    where = (peer.endpoint.host, peer.endpoint.port)
    plain = socket.create_connection(where, SECONDS)
    try:
        if before is None:
            link = world.stage.peer(own).blind_context().wrap_socket(plain)
        else:
            link = before.context.wrap_socket(plain, session=before.session)
    except BaseException:
        plain.close()
        raise
    link.settimeout(SECONDS)
    return link


def _answers(link: ssl.SSLSocket) -> bool:
    """Whether the other end answers a request for nothing."""
    try:
        link.sendall(ASK)
        return link.recv(65536).startswith(b"HTTP/1.1 404")
    except OSError:
        return False


def hold_link(world: World, party: StationName, params: To) -> Happened:
    """Open a link, and use it once."""
    to = world.parties[params.to]
    link = _opened(world, party, to)
    kept = Kept(facts={"link": link, "to": to})
    return Happened(STANDS if _answers(link) else TURNED_AWAY, kept)


def link_ends(world: World, party: StationName, params: Held) -> Happened:
    """Wait for the other end to cut it; nothing is said meanwhile."""
    kept: Kept = world.names[params.of]
    link: ssl.SSLSocket = kept.facts["link"]
    begun = time.monotonic()
    link.settimeout(params.within)
    try:
        gone = not link.recv(65536)
    except TimeoutError:
        gone = False
    except OSError:
        gone = True
    if not gone:
        return Happened(STANDS, kept)
    took = time.monotonic() - begun
    world.interlude(f"its link is cut after {took:.1f} s", party)
    return Happened(CUT, kept)


def come_again(world: World, party: StationName, params: Held) -> Happened:
    """Open another link, with the session of the first if the other end gave one."""
    kept: Kept = world.names[params.of]
    before: ssl.SSLSocket = kept.facts["link"]
    try:
        link = _opened(world, party, kept.facts["to"], before)
    except OSError:
        return Happened(TURNED_AWAY, kept)
    finally:
        before.close()
    with link:
        return Happened(LET_IN if _answers(link) else TURNED_AWAY, kept)


def sign(world: World, party: StationName, params: Handed) -> Happened:
    """Write a message under the station's keys, and post it."""
    sample = files("schemas").joinpath("samples", f"{params.message}.xml")
    to = world.parties[params.to]
    packed = world.stage.peer(party).write(params.message, to, sample.read_bytes())
    ended = posted(world.stage, packed, to)
    kept = Kept(message_id=packed.header.message_id.hex(), facts={"packed": packed})
    return Happened(ended.ending, kept)


def _see_cut_off(world: World, party: StationName, params: CutOff) -> Seen:
    peer = str(world.parties[params.peer]) if params.peer else ""
    found = any(
        event["station"] == str(party)
        and event["kind"] == "link_refused"
        and event["code"] == params.code
        and peer in ("", event["peer"])
        for event in world.every_event()
    )
    wanted = f"cut off for {params.code}"
    return Seen(wanted, wanted if found else "nobody was cut off for it")


AT_LINK: Final = (
    Action(
        "hold_link",
        To,
        hold_link,
        (STANDS, TURNED_AWAY),
        "It opens a link of its own, and keeps it.",
    ),
    Action(
        "link_ends",
        Held,
        link_ends,
        (CUT, STANDS),
        "It waits for the other end to cut the link that it keeps.",
    ),
    Action(
        "come_again",
        Held,
        come_again,
        (TURNED_AWAY, LET_IN),
        "It opens another link, with the session of the first where there is one.",
    ),
    Action(
        "sign",
        Handed,
        sign,
        (DELIVERED, REFUSED),
        "Its keys sign the sample of a message, and it is posted.",
    ),
)
CUT_OFF: Final = Look(
    "cut_off", CutOff, _see_cut_off, "That it cut somebody off, or turned him away."
)
