# SPDX-License-Identifier: Apache-2.0
"""A signature's three layers: its form, whether it holds, and who made it.

Form is `pki.cms.parse_signed`'s, the signature `Verifier`'s, the signer `TrustStore`'s:
the daemon's own. Which code a station would record depends on what is signed, so that
each kind has a row here, and the tests hold the rows against the daemon's readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.inspection import shape, structures
from gateway.inspection.known import Known
from gateway.inspection.report import (
    Finding,
    Layer,
    Verdict,
    ok,
    protocol,
    refused,
    unchecked,
)
from gateway.inspection.words import moment
from pki import oids
from pki.cms import Signed, Verifier, parse_signed
from pki.cms_profile import PROFILE
from pki.errors import CmsError
from pki.trust import Identity, Purpose, Untrusted
from protocols.master import CORE_ROLE

FORM_RULE: Final = f"RFC 5652, {protocol('5.2')}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be signed in this network, and what is recorded where it is not so."""

    name: str
    oid: str
    purpose: Purpose
    section: str
    form: str
    """Code where it is no SignedData of the profile, or another content type."""
    signature: str
    unknown: str
    """Code where nobody known has that key."""
    untrusted: str
    only_core: bool = False


_ROWS: Final = (
    Kind(
        "signed header",
        oids.ID_CT_HEADER,
        Purpose.SIGNING,
        "4",
        *("SK-U01", "SK-U03", "SK-U04", "SK-U05"),
    ),
    Kind(
        "permit (情報提供許可証)",
        oids.ID_CT_PERMIT,
        Purpose.PERMIT,
        "10.1",
        *("SK-C06", "SK-C01", "SK-C02", "SK-C02"),
        only_core=True,
    ),
    Kind(
        "route (経路情報)",
        oids.ID_CT_ROUTE,
        Purpose.SIGNING,
        "10.2",
        *("SK-C13", "SK-C13", "SK-C13", "SK-C13"),
        only_core=True,
    ),
    Kind(
        "receipt",
        oids.ID_CT_RECEIPT,
        Purpose.SIGNING,
        "7.1",
        *("SK-T04", "SK-T04", "SK-T04", "SK-T04"),
    ),
    Kind(
        "refusal",
        oids.ID_CT_REFUSAL,
        Purpose.SIGNING,
        "7.2",
        *("SK-T04", "SK-T04", "SK-T04", "SK-T04"),
    ),
    Kind(
        "master (配信マスター)",
        oids.ID_CT_MASTER,
        Purpose.SIGNING,
        "13",
        *("", "", "", ""),
        only_core=True,
    ),
)

KINDS: Final[Mapping[str, Kind]] = {row.oid: row for row in _ROWS}
"""By content type."""
HEADER: Final = KINDS[oids.ID_CT_HEADER]
PERMIT: Final = KINDS[oids.ID_CT_PERMIT]
ROUTE: Final = KINDS[oids.ID_CT_ROUTE]
RECEIPT: Final = KINDS[oids.ID_CT_RECEIPT]
REFUSAL: Final = KINDS[oids.ID_CT_REFUSAL]
MASTER: Final = KINDS[oids.ID_CT_MASTER]


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a signed thing could be read."""

    kind: Kind
    layers: tuple[Layer, ...]
    signed: Signed | None = None
    """None where its form was refused."""
    signer: Identity | None = None
    """None where the signer is not proved."""


def kind_of(data: bytes) -> Kind | None:
    """What is meant to be signed here; None where it is nothing of ours."""
    return KINDS.get(structures.signed_content_type(data))


def look(data: bytes, known: Known, wanted: Kind | None = None) -> Seen:
    """The layers of a signed thing; ``wanted`` is what its place calls for."""
    kind = wanted or kind_of(data) or HEADER
    try:
        signed = parse_signed(data)
    except CmsError as error:
        return Seen(kind, (_bad_form(data, kind, error),))
    if signed.content_type != kind.oid:
        return Seen(kind, (_bad_type(signed, kind),))
    form = Layer(
        "CMS SignedData",
        (ok("one signer, DER, the strict profile, its digest", FORM_RULE),),
        facts=_facts(signed, kind),
    )
    verifier = known.verifier(signed.key_id)
    if verifier is None:
        return Seen(kind, (form, Layer("signature", (_nobody(kind, known),))), signed)
    holds = _holds(verifier, signed, kind)
    who, identity = _who(verifier, kind, known)
    layers = (form, Layer("signature", (holds,)), who)
    proved = identity if holds.verdict is Verdict.OK else None
    return Seen(kind, layers, signed, proved)


def _facts(signed: Signed, kind: Kind) -> tuple[tuple[str, str], ...]:
    return (
        ("signed", kind.name),
        ("signed at", f"{moment(signed.signing_time)} (the signer's claim)"),
        ("key identifier", signed.key_id.hex()),
        ("certificate", signed.certificate_digest.hex()),
    )


def _bad_form(data: bytes, kind: Kind, error: CmsError) -> Layer:
    clause = PROFILE.get(error.place)
    why = str(error) if clause is None else f"{error} ({clause.why})"
    finding = refused("it is of the strict CMS profile", FORM_RULE, kind.form, why)
    return Layer("CMS SignedData", (finding,), lines=shape.explained(data))


def _bad_type(signed: Signed, kind: Kind) -> Layer:
    other = KINDS.get(signed.content_type)
    found = "nothing of this network" if other is None else f"a {other.name}"
    finding = refused(
        f"what is signed is a {kind.name}",
        protocol(kind.section),
        kind.form,
        f"its content type says {found} ({signed.content_type})",
    )
    return Layer("CMS SignedData", (finding,))


def _nobody(kind: Kind, known: Known) -> Finding:
    what = "the signer's key is known"
    if known.master is not None:
        why = "no certificate of the master or of those given has this key"
        return refused(what, protocol("6.1"), kind.unknown, why)
    need = "the signer's certificate is not at hand: give --cert, --keys or --master"
    return unchecked(what, protocol("6.1"), need)


def _holds(verifier: Verifier, signed: Signed, kind: Kind) -> Finding:
    what = "the signature holds, under the certificate it names"
    rule = f"R-135, RFC 5652 5.4, RFC 5035, {protocol('5.2')}"
    try:
        verifier.verify(signed)
    except CmsError as error:
        return refused(what, rule, kind.signature, str(error))
    return ok(what, rule)


def _who(verifier: Verifier, kind: Kind, known: Known) -> tuple[Layer, Identity | None]:
    rule = f"R-136, {protocol('2.4')}"
    what = f"its certificate is believed for {kind.purpose.value} at --at"
    if known.trust is None:
        need = "give --trust and --crl, or --config"
        return Layer("signer", (unchecked(what, rule, need),)), None
    try:
        found = known.trust.check(verifier.certificate, kind.purpose, known.at)
    except Untrusted as error:
        no = refused(what, rule, kind.untrusted, error.reason.value)
        return Layer("signer", (no,)), None
    findings = [ok(what, rule)]
    if kind.only_core:
        findings.append(_is_core(found, kind))
    facts = (("station", str(found.station)),)
    return Layer("signer", tuple(findings), facts), found


def _is_core(found: Identity, kind: Kind) -> Finding:
    what = "its signer is a core system"
    if found.station.role == CORE_ROLE:
        return ok(what, protocol(kind.section))
    return refused(what, protocol(kind.section), kind.untrusted, "it is another")
