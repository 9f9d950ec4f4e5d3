# SPDX-License-Identifier: Apache-2.0
"""A master (配信マスター): the signed list of stations, as `protocols.master` reads it.

A station verifies it under the certificate that its operator was given. Where that is
not at hand, the certificate that the master names for its core is tried, and said so.
"""

from datetime import datetime
from typing import Final

from cryptography import x509

from gateway.inspection import anchors, signed
from gateway.inspection.known import Known
from gateway.inspection.report import (
    Fact,
    Finding,
    Layer,
    ok,
    protocol,
    refused,
    unchecked,
)
from gateway.inspection.words import moment
from pki.trust import Purpose, TrustStore, Untrusted
from protocols import master as masters
from protocols.master import FIRST_LAYOUT, Master, MasterRefused, StationEntry

MAX_STATIONS: Final = 40
"""Stations that are listed."""
_WHAT: Final = "a station takes it at --at"
_RULE: Final = f"R-137, {protocol('13')}"


def look(data: bytes, known: Known) -> tuple[Layer, ...]:
    """The layers of a signed master."""
    seen = signed.look(data, known, signed.MASTER)
    if seen.signed is None:
        return seen.layers
    trust = known.trust
    if trust is None:
        need = "give --trust and --crl, or --config"
        return (*seen.layers, Layer("master", (unchecked(_WHAT, _RULE, need),)))
    usable = anchors.usable(known.certificates, data)
    try:
        found = masters.read(data, usable, trust, known.at)
    except MasterRefused as error:
        why = str(error).partition(":")[0]  # what follows may quote the content
        return (*seen.layers, Layer("master", (refused(_WHAT, _RULE, "", why),)))
    findings = [ok(_WHAT, _RULE), _anchored(seen.signed.key_id, known)]
    facts = (*_facts(found), _believed(found, trust, known.at))
    lines = _stations(found)
    return (*seen.layers, Layer("master", tuple(findings), facts, lines))


def _anchored(key_id: bytes, known: Known) -> Finding:
    what = "it is signed under a certificate that was given"
    if known.verifier(key_id) is not None:
        return ok(what, _RULE)
    need = (
        "it was verified under the certificate that it names itself and the chain "
        "believes; give the operator's with --cert"
    )
    return unchecked(what, _RULE, need)


def _facts(found: Master) -> tuple[Fact, ...]:
    core = found.core()
    return (
        ("version", str(found.version)),
        ("network", found.network),
        ("issued", moment(found.issued)),
        ("realm of numbers", found.realm),
        ("core", "none" if core is None else str(core.name)),
        ("stations", str(len(found.stations))),
        ("layouts", _layouts(found)),
        ("matching lists", _lists(found)),
    )


def _layouts(found: Master) -> str:
    """Each version, and from when on."""
    told = [f"{one.version} from {moment(one.in_force)}" for one in found.layouts]
    return ", ".join(told) or FIRST_LAYOUT


def _lists(found: Master) -> str:
    """Each version with how many items it has, and from when on."""
    told = [
        f"{one.version} of {len(one.items)} items from {moment(one.in_force)}"
        for one in found.lists
    ]
    return ", ".join(told) or "none: nothing may be asked for"


def _believed(found: Master, trust: TrustStore, at: datetime) -> Fact:
    """How many of its certificates are believed at the moment."""
    bad = total = 0
    for entry in found.stations:
        for purpose, certificates in _purposes(entry):
            for certificate in certificates:
                total += 1
                try:
                    trust.check(certificate, purpose, at)
                except Untrusted:
                    bad += 1
    return ("certificates", f"{total}, {total - bad} of them believed at --at")


def _purposes(
    entry: StationEntry,
) -> tuple[tuple[Purpose, tuple[x509.Certificate, ...]], ...]:
    return (
        (Purpose.SIGNING, entry.signing),
        (Purpose.SEALING, entry.sealing),
        (Purpose.PERMIT, entry.permit),
    )


def _stations(found: Master) -> tuple[str, ...]:
    listed = found.stations[:MAX_STATIONS]
    lines = [f"{entry.name} {_place(entry)} {entry.label}" for entry in listed]
    if len(found.stations) > MAX_STATIONS:
        lines.append(f"… and {len(found.stations) - MAX_STATIONS} stations more")
    return tuple(lines)


def _place(entry: StationEntry) -> str:
    if entry.endpoint is None:
        return "-"
    return f"{entry.endpoint.host}:{entry.endpoint.port}"
