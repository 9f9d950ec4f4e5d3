# SPDX-License-Identifier: Apache-2.0
"""Certificates and revocation lists: what they say, and whether they are believed."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.inspection import certificates, known
from gateway.inspection.known import Asked, Known
from gateway.inspection.report import Verdict
from gateway.services import links
from pki import authority
from pki.authority import Authority
from pki.issuance import Issuer
from pki.keystore import load_certificate, load_p256_key
from pki.layout import Layout
from pki.profiles import Purpose
from pki.serials import RevocationReason
from pki.trust import Reason
from tests.gateway.inspection.desk import (
    EXAMPLES,
    NOW,
    at_the,
    codes,
    example,
    facts,
    findings,
    inspected,
    said,
)
from tests.gateway.world import CORE, NOON, REQUESTER, World
from tests.pki import drafts

CERTIFICATES = sorted((EXAMPLES / "keys").glob("*.crt"))


@pytest.mark.parametrize("path", CERTIFICATES, ids=lambda path: path.stem)
def test_a_certificate_is_told_with_its_station_and_purpose(path: Path) -> None:
    purpose = path.stem.rpartition("-")[2]
    report = inspected(path.read_bytes(), at_the("core"))
    assert report.status == 0
    assert "/" in facts(report, f"{purpose} certificate")["station"]
    assert findings(report, Verdict.UNCHECKED) == []


@pytest.mark.parametrize(
    "reason",
    [reason for reason in Reason if reason is not Reason.NOT_ADMITTED],
    ids=lambda reason: reason.name,
)
def test_a_refused_tls_certificate_is_told_by_the_listeners_code(
    reason: Reason,
) -> None:
    """But for NOT_ADMITTED, which only a listener can find."""
    assert certificates._LINK_CODES[reason] == links.code_of(reason.name.lower())


def test_without_a_chain_nobody_is_believed() -> None:
    report = inspected(example("keys/core-signing.crt"))
    assert report.status == 0
    assert [f.why for f in findings(report, Verdict.UNCHECKED)] == [
        "give --trust and --crl, or --config"
    ]


def test_der_and_pem_are_the_same_certificate() -> None:
    path = EXAMPLES / "keys" / "core-signing.crt"
    der = load_certificate(path).public_bytes(Encoding.DER)
    found = facts(inspected(der), "signing certificate")
    assert found == facts(inspected(path.read_bytes()), "signing certificate")


@pytest.mark.parametrize(
    ("at", "code"),
    [(NOW + timedelta(days=365 * 100), "SK-U05"), (NOW - timedelta(2000), "SK-U05")],
)
def test_out_of_its_time_it_is_not_believed(at: datetime, code: str) -> None:
    report = inspected(example("keys/core-signing.crt"), replace(at_the("core"), at=at))
    assert codes(report) == [code]


def test_the_chain_itself_is_known_as_the_anchor() -> None:
    report = inspected(example("pki/chain.pem"), at_the("core"))
    assert report.status == 0
    assert len(report.layers) == 3


def test_a_list_out_of_its_time_is_told_with_its_times() -> None:
    late = replace(at_the("core"), at=NOW + timedelta(days=365 * 100))
    report = inspected(example("pki/crl.pem"), late)
    assert codes(report) == ["SK-L08"]
    assert "it holds from 2025-" in said(report)


def test_a_list_with_a_turned_bit_is_not_the_authoritys() -> None:
    pem = example("pki/crl.pem")
    at = pem.rindex(b"\n-----END") - 10
    turned = bytearray(pem)
    turned[at] = ord("A") if turned[at] != ord("A") else ord("B")
    report = inspected(bytes(turned), at_the("core"))
    assert codes(report) == ["SK-L08"]


def trusting(world: World, crl: Path | None = None) -> Known:
    return known.gather(
        Asked(at=NOON, trust=world.layout.chain, crl=crl or world.layout.crl)
    )


def test_a_tls_certificate_is_judged_by_the_codes_of_the_link(world: World) -> None:
    path = world.layout.certificate(REQUESTER, Purpose.TLS)
    assert inspected(path.read_bytes(), trusting(world)).status == 0
    other = at_the("core")
    assert codes(inspected(path.read_bytes(), other)) == ["SK-L02"]


def test_a_revoked_certificate_is_told_as_revoked(tmp_path: Path, world: World) -> None:
    layout = Layout(tmp_path / "pki")
    authority.build(Authority.open(world.layout.directory).plan, layout.directory, NOON)
    opened = Authority.open(layout.directory)
    mine = load_certificate(layout.certificate(CORE, Purpose.TLS))
    opened.revoke(mine.serial_number, next(iter(RevocationReason)), NOON)
    believing = known.gather(Asked(at=NOON, trust=layout.chain, crl=layout.crl))
    report = inspected(mine.public_bytes(Encoding.PEM), believing)
    assert codes(report) == ["SK-L04"]
    crl = inspected(layout.crl.read_bytes(), believing)
    assert facts(crl, "revocation list")["revoked certificates"] == "1"


SAID = {
    "an authority below the authority": "it is not in the file given with --trust",
    "an extension that cannot be read": "its extensions or its key cannot be read",
}
"""Where inspecting says more than the daemon's reason."""


@pytest.mark.parametrize("fault", sorted(set(drafts.FAULTS) - {"another purpose"}))
def test_each_faulty_certificate_is_refused_for_the_daemons_reason(
    world: World, fault: str
) -> None:
    reason, draft = drafts.FAULTS[fault]
    made = draft.signed(issuer(world)).public_bytes(Encoding.DER)
    report = inspected(made, trusting(world))
    assert report.status == 1
    expected = SAID.get(fault, reason.value)
    if reason is Reason.WRONG_PURPOSE:
        expected = "it is for none of the five purposes, or for more than one"
    assert expected in said(report)


def issuer(world: World) -> Issuer:
    return Issuer(
        load_p256_key(world.layout.issuing_key),
        load_certificate(world.layout.issuing_certificate),
    )


def test_a_strangers_name_is_not_shown(world: World) -> None:
    stranger = replace(drafts.GOOD, names=None).signed(issuer(world))
    told = facts(
        inspected(stranger.public_bytes(Encoding.DER), trusting(world)),
        "signing certificate",
    )
    assert told["subject"] == "<hidden>"
