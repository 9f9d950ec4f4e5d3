# SPDX-License-Identifier: Apache-2.0
"""The authority in a scenario: certificates taken back and renewed, lists, masters.

All of it is done with the network's own authority, as `sekisho pki` does it. What a
station then makes of a link that stands is seen from the other end of that link.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal

from pki.authority import Authority
from pki.cms import Verifier, parse_signed
from pki.errors import CmsError
from pki.keystore import load_certificate
from pki.names import StationName
from pki.profiles import Purpose
from pki.serials import RevocationReason
from simulators.network.masters import issue_next
from simulators.network.moves import Choice, move
from simulators.scenario.registry import (
    Action,
    Happened,
    Kept,
    Look,
    Need,
    Nothing,
    Params,
    Seen,
)
from simulators.scenario.world import World

DONE: Final = "done"
SHORT: Final = timedelta(seconds=60)
"""What is left of a list that is about to lapse."""
AFTER: Final = timedelta(minutes=2)


class Certificate(Params, frozen=True):
    """Whose certificate, and for what."""

    parties: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    purpose: Literal["tls", "signing"] = "tls"


class NewMaster(Params, frozen=True):
    """Which version of the layouts is in force from now on."""

    layout: str

    def fault(self) -> tuple[str, str, str] | None:
        if 0 < len(self.layout) <= 16 and self.layout.isascii():
            return None
        return "layout", "is no version", "write a short one, such as 2026-07"


class Signed(Params, frozen=True):
    """Which message was signed, and which step took the certificate back."""

    names: ClassVar[tuple[str, ...]] = ("of", "revoked")
    of: str
    revoked: str


def revoke(world: World, _: StationName, params: Certificate) -> Happened:
    """Take a certificate back, and publish the list that says so."""
    party, files = world.parties[params.of], world.files
    certificate = load_certificate(
        files.pki.certificate(party, Purpose(params.purpose))
    )
    authority, at = Authority.open(files.pki.directory), world.stage.clock()
    serial = authority.serial_of(certificate)
    authority.revoke(serial, RevocationReason.KEY_COMPROMISE, at)
    world.interlude(f"its {params.purpose} certificate is revoked", party)
    return Happened(DONE, Kept(facts={"certificate": certificate, "at": at}))


def renew(world: World, _: StationName, params: Certificate) -> Happened:
    """A new certificate; where a master names it, a new master for everybody."""
    party, files, at = world.parties[params.of], world.files, world.stage.clock()
    purpose = Purpose(params.purpose)
    Authority.open(files.pki.directory).renew(party, purpose, at)
    world.interlude(f"it has a new {params.purpose} certificate", party)
    if purpose is not Purpose.TLS:
        issue_next(files, at)
        _start_again(world)
    world.stage.read_again()
    return Happened(DONE)


def new_master(world: World, _: StationName, params: NewMaster) -> Happened:
    """Issue a master with new layouts; running stations take it within seconds."""
    version = issue_next(world.files, world.stage.clock(), params.layout)
    world.interlude(f"master {version}: layouts {params.layout}")
    world.stage.read_again()
    return Happened(DONE)


def start_again(world: World, _: StationName, params: Nothing) -> Happened:
    """Every process ends in good order and starts again."""
    _start_again(world)
    world.stage.read_again()
    return Happened(DONE)


def _start_again(world: World) -> None:
    assert world.processes is not None
    world.processes.stop()
    world.processes.start()
    world.interlude("every station starts again")


def list_lapses(world: World, _: StationName, params: Nothing) -> Happened:
    """The list in force ends, and no new one comes."""
    authority = Authority.open(world.files.pki.directory)
    days = timedelta(days=authority.plan.validity.crl_days)
    authority.publish_crl(world.stage.clock() - days + SHORT)
    move(world.files, AFTER, Choice(keep_list=True))
    world.interlude("the revocation list is out of time")
    return Happened(DONE)


def publish_list(world: World, _: StationName, params: Nothing) -> Happened:
    """A fresh list; a minute passes, so that nobody waits to try again."""
    move(world.files, timedelta(minutes=1), Choice())
    world.interlude("a new revocation list")
    world.stage.read_again()
    return Happened(DONE)


def _see_signed(world: World, party: StationName, params: Signed) -> Seen:
    """What an auditor asks: who signed it, and was that before the revocation?

    The record of whoever took it says when it came, and which bytes were signed.
    """
    kept, revoked = world.names[params.of], world.names[params.revoked].facts
    events = [
        event
        for event in world.every_event()
        if event["station"] == str(party)
        and event["kind"] == "received"
        and event["message_id"] == kept.message_id
    ]
    packed = kept.facts["packed"]
    try:
        verifier = Verifier(revoked["certificate"])
        verifier.verify(parse_signed(packed.signed_header))
    except CmsError:
        return Seen(PROVEN, "not signed under that certificate")
    if [one["header_digest"] for one in events] != [packed.header_digest.hex()]:
        return Seen(PROVEN, "not on record as it was signed")
    early = datetime.fromisoformat(events[0]["at"]) < revoked["at"]
    return Seen(PROVEN, PROVEN if early else "on record after the revocation")


PROVEN: Final = "signed, and on record, before the revocation"


def _does(
    name: str, params: type[Params], run: Any, tells: str, *needs: Need
) -> Action:
    return Action(name, params, run, (DONE,), tells, frozenset({Need.KEYS, *needs}))


AUTHORITY: Final = (
    _does("revoke", Certificate, revoke, "A party's certificate is taken back."),
    _does(
        "renew",
        Certificate,
        renew,
        "A party gets a new certificate; with a new master, all start again.",
        Need.PROCESSES,
    ),
    _does("new_master", NewMaster, new_master, "A master with new layouts is issued."),
    _does(
        "start_again",
        Nothing,
        start_again,
        "Every station reads the master that lies there: all start again.",
        Need.PROCESSES,
    ),
    _does(
        "list_lapses",
        Nothing,
        list_lapses,
        "The revocation list goes out of time, and no other comes.",
        Need.CLOCK,
    ),
    _does(
        "publish_list",
        Nothing,
        publish_list,
        "The authority publishes a list again.",
        Need.CLOCK,
    ),
)
SIGNED: Final = Look(
    "signed_before",
    Signed,
    _see_signed,
    "That a message is proven still, though its certificate was revoked since.",
)
