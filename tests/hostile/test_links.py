# SPDX-License-Identifier: Apache-2.0
"""Who may not have a link gets a TLS alert, a local record, and not a word more."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gateway.records.event import Event, EventKind
from pki.names import StationName
from pki.recipe import Recipe
from simulators.network import badges
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER, OTHER
from simulators.raw import HOME, Fate, Heard, RawLink, converse
from simulators.web import client_context
from tests.hostile.desk import Watch, lawful, say, until

DOOR = people.SECOND_CS
"""A station that no other test knocks at, so its record tells of these only."""
Context = Callable[[Stage], ssl.SSLContext | None]


def forged(name: str, **faults: object) -> Context:
    """A certificate of a known station with a fault, signed as it should be."""
    recipe = Recipe(**faults)  # type: ignore[arg-type]

    def make(stage: Stage) -> ssl.SSLContext:
        badge = badges.forged(stage.files, ASKER, name, recipe)
        context = client_context(badge.chain, None, None)
        context.set_ciphers("DEFAULT@SECLEVEL=0")  # our end would not even try it
        context.load_cert_chain(badge.certificate, badge.key)
        return context

    return make


def of(station: StationName, purpose: str = "tls") -> Context:
    """A station's own certificate."""

    def make(stage: Stage) -> ssl.SSLContext:
        keys = stage.files.pki.station(station)
        return client_context(
            stage.files.pki.chain, keys / f"{purpose}.crt", keys / f"{purpose}.key"
        )

    return make


def of_another_network(stage: Stage) -> ssl.SSLContext:
    keys = stage.files.other_pki.station(people.SECOND_PROVIDER)
    chain = stage.files.pki.chain
    return client_context(chain, keys / "tls.crt", keys / "tls.key")


def revoked(stage: Stage) -> ssl.SSLContext:
    """Taken back, and the station has read that it was."""
    badge = badges.second(stage.files, OTHER)
    badges.revoke(stage.files, badge)
    context = badge.context(stage.belief)
    port = stage.network.outside[str(DOOR)]
    until(lambda: not converse(port, context, [ONCE]).statuses)
    return context


def in_version(version: ssl.TLSVersion) -> Context:
    return lambda stage: stage.peer(people.PROVIDER).context("tls", version)


def without_a_common_cipher(stage: Stage) -> ssl.SSLContext:
    context = in_version(ssl.TLSVersion.TLSv1_2)(stage)
    assert context is not None
    context.set_ciphers("ECDHE-RSA-AES128-SHA")
    return context


ONCE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SYSTEM = StationName(ASKER.organisation, "individual_business_system")
STRANGERS: dict[str, tuple[str, str, Context]] = {
    "no certificate": (
        "SK-L01",
        "no_client_certificate",
        lambda stage: client_context(stage.files.pki.chain, None, None),
    ),
    "another network's": ("SK-L02", "unknown_authority", of_another_network),
    "signed by itself": ("SK-L02", "unknown_authority", forged("own", signer="itself")),
    "signed in our name": ("SK-L02", "bad_signature", forged("in", signer="stranger")),
    "a signature with a bit turned": (
        "SK-L02",
        "bad_signature",
        forged("broken", broken=True),
    ),
    "expired": ("SK-L03", "expired", forged("over", begins=-30, ends=-1)),
    "not valid yet": ("SK-L03", "not_yet_valid", forged("early", begins=1)),
    "revoked": ("SK-L04", "revoked", revoked),
    "for signing": ("SK-L05", "wrong_purpose", of(ASKER, "signing")),
    "for sealing": ("SK-L05", "wrong_purpose", of(ASKER, "sealing")),
    "of an inside system": ("SK-L06", "not_admitted", of(SYSTEM)),
    "signed over SHA-1": ("SK-L10", "weak_algorithm", forged("weak", digest="sha1")),
    "of a 1024 bit key": ("SK-L10", "weak_algorithm", forged("short", key="rsa1024")),
    "naming nobody": ("SK-L10", "no_station_name", forged("nobody", uris=())),
    "TLS 1.2": ("SK-L07", "tls_version", in_version(ssl.TLSVersion.TLSv1_2)),
    "TLS 1.2 and an old cipher": ("SK-L07", "tls_version", without_a_common_cipher),
}
"""The code and the exact cause on record, and who knocks."""


def knock(
    stage: Stage, context: ssl.SSLContext | None, *pieces: bytes, source: str = HOME
) -> Heard:
    return converse(stage.network.outside[str(DOOR)], context, pieces, source=source)


@dataclass(frozen=True)
class Told:
    """What a stranger heard, and what stands on record of his address."""

    address: str
    heard: Heard
    event: Event


@pytest.fixture(scope="module")
def told(network: Stage) -> dict[str, Told]:
    """Each stranger knocks from an address of his own."""
    watch = Watch(network, DOOR)
    addresses = {name: f"127.0.1.{n}" for n, name in enumerate(STRANGERS, 1)}
    heard = {
        name: knock(network, make(network), source=addresses[name])
        for name, (_, _, make) in STRANGERS.items()
    }
    wanted = {*addresses.values()}
    events = watch.until(lambda found: {one.peer for one in found} >= wanted)
    last = {one.peer: one for one in events if one.kind is EventKind.LINK_REFUSED}
    return {
        name: Told(address, heard[name], last[address])
        for name, address in addresses.items()
    }


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_gets_an_alert_and_nothing_else(
    told: dict[str, Told], stranger: str
) -> None:
    heard = told[stranger].heard
    assert (heard.fate, heard.data) == (Fate.ALERT, b"")


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_stands_on_record_with_the_exact_cause(
    told: dict[str, Told], stranger: str
) -> None:
    code, word, _ = STRANGERS[stranger]
    event = told[stranger].event
    assert (event.code, cause(event)) == (code, word)


def cause(event: Event) -> str:
    """The exact word in the record of a refused link."""
    return event.detail.rpartition(": ")[2].split(" (")[0]


NOT_TLS = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("said", NOT_TLS)
def test_who_speaks_no_tls_is_cut_off(network: Stage, said: str) -> None:
    heard = knock(network, None, NOT_TLS[said])
    assert heard.fate in (Fate.CLOSED, Fate.RESET)
    assert len(heard.data) <= 7, "an alert at most"


def test_a_revoked_certificate_is_cut_off_where_a_link_stands(network: Stage) -> None:
    """The list is read again while the link is open; its next request ends it."""
    badge = badges.second(network.files, OTHER)
    watch = Watch(network, people.CORE)
    link = RawLink(
        network.network.outside[str(people.CORE)], badge.context(network.belief)
    )
    assert asked(link)
    badges.revoke(network.files, badge)
    until(lambda: not asked(link))
    link.close()
    found = watch.until(lambda events: any(one.code == "SK-L04" for one in events))
    (event,) = [one for one in found if one.code == "SK-L04"]
    assert (event.peer, cause(event)) == (str(OTHER), "revoked")


def asked(link: RawLink) -> bool:
    """Whether one more request on a link is answered."""
    if not link.send(b"GET / HTTP/1.1\r\nHost: core\r\n\r\n"):
        return False
    try:
        return link.answer(b"POST /v1/messages\n").startswith(b"HTTP/1.1 404 ")
    except OSError:
        return False


def test_after_all_strangers_a_peer_is_served(network: Stage) -> None:
    assert say(network, lawful(network)).word == "reply"
