# SPDX-License-Identifier: Apache-2.0
"""A message, from its seal to the checks of its type, with and without keys."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.inspection import known
from gateway.inspection.known import Asked
from gateway.inspection.report import Verdict
from gateway.intake import take
from gateway.outcome import Refused
from pki.cms import Signer
from pki.names import StationName
from pki.profiles import Purpose
from protocols.envelope import pack
from protocols.header import Header
from tests.docs import test_examples as stations
from tests.gateway.inspection.desk import (
    NOW,
    RECEIVERS,
    at_the,
    codes,
    example,
    facts,
    findings,
    inspected,
    layer,
    said,
)
from tests.gateway.words import inquiry_message, order, provision
from tests.gateway.world import CORE, NOON, PROVIDER, REQUESTER, World
from tests.protocols.values import crypto


@pytest.mark.parametrize("name", RECEIVERS)
def test_without_a_key_only_the_seal_is_judged(name: str) -> None:
    report = inspected(example(f"{name}-envelope.cms"))
    assert report.status == 0
    assert [each.name for each in report.layers] == ["carrier", "seal"]
    assert layer(report, "seal").verdict is Verdict.UNCHECKED


@pytest.mark.parametrize("name", sorted(set(RECEIVERS) - {"refused"}))
def test_with_the_receivers_key_every_layer_of_a_good_message_is_good(
    name: str,
) -> None:
    report = inspected(example(f"{name}-envelope.cms"), at_the(RECEIVERS[name]))
    assert report.status == 0
    assert [each.name for each in report.layers][:7] == [
        *("carrier", "seal", "content", "CMS SignedData"),
        *("signature", "signer", "header"),
    ]
    assert layer(report, "payload").verdict is Verdict.OK


def test_what_the_core_refused_is_refused_by_the_same_check() -> None:
    report = inspected(example("refused-envelope.cms"), at_the("core"))
    (no,) = findings(report, Verdict.REFUSED)
    assert (no.code, no.rule) == ("SK-P01", "R-104, docs/protocol.md 10.4")
    assert no.what == "the item is on the matching list"


def test_another_stations_key_does_not_open_it() -> None:
    report = inspected(example("inquiry-envelope.cms"), at_the("provider"))
    assert codes(report) == ["SK-U02"]
    assert "none of the keys given" in said(report)
    assert "(C00001/information_provision_network_system)" in said(report)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (-1, "its tag is wrong"),
        (-400, "its tag is wrong"),
        (200, "the content key does not unwrap"),
    ],
)
def test_why_a_seal_does_not_open_is_told_to_whoever_has_the_key(
    at: int, why: str
) -> None:
    data = bytearray(example("inquiry-envelope.cms"))
    data[at] ^= 1
    report = inspected(bytes(data), at_the("core"))
    assert codes(report) == ["SK-U02"]
    assert why in said(report)


def test_only_a_running_station_knows_the_link_and_the_store() -> None:
    report = inspected(example("order-envelope.cms"), at_the("provider"))
    open_questions = {each.what for each in findings(report, Verdict.UNCHECKED)}
    assert open_questions == {
        "the sender is the TLS peer",
        "the permit was not used before",
    }


def test_what_somebody_took_out_of_the_seal_is_judged_like_the_message() -> None:
    report = inspected(example("order-content.der"), at_the("provider"))
    assert report.status == 0
    assert facts(report, "permit")["item"].startswith("106 ")
    assert layer(report, "checks of its type").verdict is Verdict.UNCHECKED


def test_content_needs_no_key_at_all() -> None:
    report = inspected(example("inquiry-content.der"))
    assert report.status == 0
    assert layer(report, "payload").verdict is Verdict.OK
    assert layer(report, "message").verdict is Verdict.UNCHECKED


def test_a_message_is_judged_as_of_the_time_that_was_asked() -> None:
    later = at_the("core", NOW + timedelta(hours=2))
    report = inspected(example("inquiry-envelope.cms"), later)
    assert "SK-M06" in codes(report)
    earlier = at_the("core", NOW - timedelta(minutes=2))
    report = inspected(example("inquiry-envelope.cms"), earlier)
    assert "SK-M07" in codes(report)


def test_a_reply_that_is_out_of_time_answers_nothing() -> None:
    later = at_the("requester", NOW + timedelta(minutes=10))
    report = inspected(example("acceptance-envelope.cms"), later)
    assert codes(report) == ["SK-T04"]


def test_without_a_master_nothing_is_said_of_what_only_a_master_tells() -> None:
    """Loose certificates prove a signature; they are no list of stations."""
    full = at_the("provider")
    assert full.trust is not None
    loose = known.Loose(known.loose_master(NOW, full.certificates), full.trust)
    report = inspected(
        example("order-envelope.cms"), replace(full, master=None, directory=loose)
    )
    assert report.status == 0
    why = {f.what: f.why for f in findings(report, Verdict.UNCHECKED)}
    assert "--master" in why["the requester is the item's"]


# -- messages that the daemon's own code made ------------------------------------------


def known_at(world: World, name: StationName) -> known.Known:
    """A station of the small network, from its key folder."""
    made = known.gather(
        Asked(
            at=NOON,
            keys=world.layout.station(name),
            trust=world.layout.chain,
            crl=world.layout.crl,
        )
    )
    return replace(
        made,
        master=world.directory.master,
        directory=world.directory,
        certificates=tuple(
            world.certificate(each, purpose)
            for each, purpose in (
                (CORE, Purpose.SIGNING),
                (CORE, Purpose.PERMIT),
                (REQUESTER, Purpose.SIGNING),
                (PROVIDER, Purpose.SIGNING),
            )
        ),
    )


def test_an_order_of_the_daemon_is_shown_with_permit_route_and_request(
    world: World,
) -> None:
    made = order(world)
    report = inspected(made.message().envelope, known_at(world, PROVIDER))
    assert report.status == 0
    assert facts(report, "permit")["permit id"] == made.permit.permit_id.hex()
    assert facts(report, "route")["host"] == "127.0.0.1"
    inside = [each.name for each in layer(report, "payload").inside]
    assert inside == [
        "permit (情報提供許可証) in it",
        "route (経路情報) in it",
        "requester's signed header in it",
    ]


def test_a_daemons_order_with_another_ones_permit_is_refused(world: World) -> None:
    message = order(world, provider=REQUESTER).message()
    report = inspected(message.envelope, known_at(world, PROVIDER))
    assert codes(report) == ["SK-C05"]


def test_a_permit_signed_with_the_wrong_key_is_refused_where_it_stands(
    world: World,
) -> None:
    made = order(world)
    forged = made.signed_permit(world.signer(CORE, Purpose.SIGNING))
    message = made.message(made.value(permit=forged))
    report = inspected(message.envelope, known_at(world, PROVIDER))
    assert set(codes(report)) == {"SK-C02"}


def test_a_header_signed_by_another_is_refused(world: World) -> None:
    message = inquiry_message(world, signer=world.signer(PROVIDER))
    report = inspected(message.envelope, known_at(world, CORE))
    assert codes(report) == ["SK-M01"]


def test_a_provision_is_opened_by_its_requester_alone(world: World) -> None:
    message = provision(world, bytes(32))
    assert inspected(message.envelope, known_at(world, REQUESTER)).status == 0
    assert codes(inspected(message.envelope, known_at(world, PROVIDER))) == ["SK-U02"]


# -- the first code is the daemon's ----------------------------------------------------


def first_code_of_the_daemon(data: bytes) -> str:
    """What a core without a store says; empty where it takes the message."""
    sender = stations.certificate("requester-signing")
    link = stations.directory().trust.check(sender, Purpose.SIGNING, NOW)
    outcome = take(data, link, NOW, stations.view("core"))
    return outcome.code if isinstance(outcome, Refused) else ""


@crypto
@given(st.data())
def test_the_first_code_is_the_one_that_the_daemon_records(data: st.DataObject) -> None:
    """A bit is turned inside the seal: any layer can be the one that fails."""
    content = bytearray(example("inquiry-content.der"))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    recipient = stations.Recipient(stations.certificate("core-sealing"))
    sealed = recipient.seal(bytes(content))
    found = codes(inspected(sealed, at_the("core")))
    assert (found or [""])[0] == first_code_of_the_daemon(sealed)


@crypto
@given(
    st.sampled_from(["nothing", "expires", "permit_digest", "receiver"]),
    st.sampled_from(["information_inquiry", "provision_order", "nobody knows this"]),
)
def test_a_lawfully_signed_but_wrong_header_has_the_daemons_code(
    field: str, kind: str
) -> None:
    good = stations.opened("inquiry")
    header = Header(
        message_id=good.header.message_id,
        message_type=kind,
        sender=good.header.sender,
        receiver=PROVIDER if field == "receiver" else good.header.receiver,
        created=NOON,
        expires=NOON + timedelta(days=2 if field == "expires" else 1),
        sealing_certificate=good.header.sealing_certificate,
        content_digest=good.header.content_digest,
        processing_number=good.header.processing_number,
        permit_digest=bytes(32) if field == "permit_digest" else None,
    )
    key = stations.load_pem_private_key(example("keys/requester-signing.key"), None)
    signer = Signer(key, stations.certificate("requester-signing"))
    recipient = stations.Recipient(stations.certificate("core-sealing"))
    salt = example("inquiry-salt.bin")
    sealed = pack(header, good.payload, salt, signer, recipient, NOON).envelope
    found = codes(inspected(sealed, at_the("core")))
    assert (found or [""])[0] == first_code_of_the_daemon(sealed)
