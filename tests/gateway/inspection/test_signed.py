# SPDX-License-Identifier: Apache-2.0
"""Signed things by themselves: each kind, who signed it, and the daemon's codes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.inspection import answered, signed
from gateway.inspection.report import Verdict
from pki import oids
from pki.cms import Signer, parse_signed
from protocols import answers, envelope, permit
from protocols.errors import AnswerInvalid, ProtocolError
from protocols.route import RouteReader
from tests.docs import test_examples as stations
from tests.gateway.inspection.desk import (
    NOW,
    at_the,
    codes,
    example,
    facts,
    inspected,
    layer,
    said,
)
from tests.pki.mangle import spliced
from tests.protocols.values import crypto

NAMES = {
    "inquiry-signed-header.cms": signed.HEADER,
    "permit.cms": signed.PERMIT,
    "route.cms": signed.ROUTE,
    "receipt.cms": signed.RECEIPT,
    "refusal.cms": signed.REFUSAL,
    "master.cms": signed.MASTER,
}


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_is_known_by_its_content(name: str) -> None:
    report = inspected(example(name))
    assert report.kind == NAMES[name].name
    assert report.status == 0


@pytest.mark.parametrize("name", NAMES)
def test_with_trust_and_master_nothing_of_a_good_one_is_refused(name: str) -> None:
    report = inspected(example(name), at_the("provider"))
    assert report.status == 0
    assert layer(report, "signature").verdict is Verdict.OK
    assert layer(report, "signer").verdict is Verdict.OK


@pytest.mark.parametrize("name", NAMES)
def test_without_a_certificate_the_signature_is_not_judged(name: str) -> None:
    assert layer(inspected(example(name)), "signature").verdict is Verdict.UNCHECKED


def test_a_permit_is_for_the_provider_whose_key_was_given() -> None:
    report = inspected(example("permit.cms"), at_the("requester"))
    assert codes(report) == ["SK-C05"]


def test_a_permit_is_judged_as_of_the_time_that_was_asked() -> None:
    late = at_the("provider", NOW + timedelta(hours=1))
    assert codes(inspected(example("permit.cms"), late)) == ["SK-C03"]


def test_a_route_that_is_over_says_when_it_held() -> None:
    late = at_the("provider", NOW + timedelta(days=30))
    report = inspected(example("route.cms"), late)
    assert codes(report) == ["SK-C13"]
    assert "it holds from 2030-01-01T12:00:00Z to 2030-01-02T12:00:00Z" in said(report)


def test_a_refusal_is_told_in_both_languages_with_what_to_do() -> None:
    told = facts(inspected(example("refusal.cms")), "refusal")
    assert told["code"].startswith("SK-P01 照合リストにない項目 / ")
    assert told["what to do"] == "Ask under an item of the list."


def test_a_master_without_the_operators_certificate_says_what_it_rests_on() -> None:
    full = at_the("core")
    alone = replace(full, certificates=(), master=None)
    report = inspected(example("master.cms"), alone)
    assert layer(report, "master").verdict is Verdict.UNCHECKED
    assert "the certificate that it names itself" in said(report)


def test_a_master_that_was_edited_is_refused() -> None:
    text = example("master.cms").replace(b'"version":1', b'"version":2')
    report = inspected(text, at_the("core"))
    assert report.status == 1
    assert "the signed digest is of other content" in said(report)


# -- the rows of kinds, held against the daemon's readers ------------------------------


def permits(data: bytes, at: datetime) -> None:
    permit.read(data, stations.directory(), at)


def routes(data: bytes, at: datetime) -> None:
    RouteReader(stations.directory()).read(data, at)


def headers(data: bytes, at: datetime) -> None:
    envelope.read_signed_header(data, stations.directory(), at)


Reader = Callable[[bytes, datetime], None]
READERS: dict[str, Reader] = {
    "permit.cms": permits,
    "route.cms": routes,
    "inquiry-signed-header.cms": headers,
}
SIGNERS = ("core-permit", "core-signing", "provider-signing")


def code_of(reader: Reader, data: bytes, at: datetime = NOW) -> str:
    try:
        reader(data, at)
    except ProtocolError as error:
        return error.code
    return ""


def first(found: list[str]) -> str:
    return (found or [""])[0]


@crypto
@given(
    st.sampled_from(sorted(READERS)),
    st.sampled_from(SIGNERS),
    st.sampled_from([oids.ID_CT_PERMIT, oids.ID_CT_ROUTE, oids.ID_CT_HEADER]),
    st.booleans(),
)
def test_whoever_signs_what_the_code_is_the_daemons(
    name: str, by: str, content_type: str, turned: bool
) -> None:
    content = parse_signed(example(name)).content
    key = stations.load_pem_private_key(example(f"keys/{by}.key"), None)
    data = Signer(key, stations.certificate(by)).sign(content, content_type, NOW)
    if turned:
        data = data[:-1] + bytes((data[-1] ^ 1,))
    seen = signed.look(data, at_the("provider"), NAMES[name])
    found = [f.code for layer in seen.layers for f in layer.findings if f.code]
    assert first(found) == code_of(READERS[name], data)


@pytest.mark.parametrize("name", READERS)
def test_a_signer_that_nobody_knows_has_the_daemons_code(name: str) -> None:
    kind = NAMES[name]
    known = replace(at_the("core"), certificates=())
    seen = signed.look(example(name), known, kind)
    found = [f.code for layer in seen.layers for f in layer.findings if f.code]
    assert found == [kind.unknown]
    assert kind.unknown in {"SK-U04", "SK-C02", "SK-C13"}


@pytest.mark.parametrize("name", READERS)
def test_a_signer_whose_time_is_over_has_the_daemons_code(name: str) -> None:
    late = NOW + timedelta(days=365 * 100)
    known = replace(at_the("core"), at=late)
    seen = signed.look(example(name), known, NAMES[name])
    found = [f.code for layer in seen.layers for f in layer.findings if f.code]
    assert found == [code_of(READERS[name], example(name), late)]


@crypto
@given(st.data())
def test_an_answer_reads_here_exactly_when_the_daemon_reads_it(
    data: st.DataObject,
) -> None:
    """The reader of answers without their message, against `answers.read`."""
    name, kind = data.draw(
        st.sampled_from(
            [("receipt.cms", signed.RECEIPT), ("refusal.cms", signed.REFUSAL)]
        )
    )
    content = data.draw(spliced(parse_signed(example(name)).content))
    by = "provider" if kind is signed.RECEIPT else "core"
    key = stations.load_pem_private_key(example(f"keys/{by}-signing.key"), None)
    signer = Signer(key, stations.certificate(f"{by}-signing"))
    sent = signer.sign(content, kind.oid, NOW)
    value = answered.look(content, kind).value
    if value is None:
        good = answered.look(parse_signed(example(name)).content, kind).value
        assert good is not None
        offered = good.offered
    else:
        offered = value.offered
    try:
        answers.read(sent, offered, stations.opener("core"), stations.directory(), NOW)
    except AnswerInvalid:
        if value is not None:
            report = inspected(sent, at_the("core"))
            assert "SK-T04" in codes(report)
    else:
        assert value is not None


# -- who it is from --------------------------------------------------------------------


def signed_by(name: str, by: str) -> bytes:
    """What the example says, under another station's signature."""
    good = parse_signed(example(name))
    key = stations.load_pem_private_key(example(f"keys/{by}-signing.key"), None)
    signer = Signer(key, stations.certificate(f"{by}-signing"))
    return signer.sign(good.content, good.content_type, NOW)


def test_a_header_that_another_station_signed_is_refused_as_the_senders() -> None:
    report = inspected(
        signed_by("inquiry-signed-header.cms", "provider"), at_the("core")
    )
    assert codes(report) == ["SK-M01"]
    assert layer(report, "sender").verdict is Verdict.REFUSED


@pytest.mark.parametrize("name", ["receipt.cms", "refusal.cms"])
def test_an_answer_that_another_station_signed_is_refused(name: str) -> None:
    report = inspected(signed_by(name, "requester"), at_the("core"))
    assert codes(report) == ["SK-T04"]


@pytest.mark.parametrize("name", NAMES)
def test_whose_signature_is_wrong_proves_nobody(name: str) -> None:
    data = example(name)
    turned = data[:-1] + bytes((data[-1] ^ 1,))
    seen = signed.look(turned, at_the("provider"), NAMES[name])
    assert seen.layers[1].verdict is Verdict.REFUSED
    assert seen.signer is None
