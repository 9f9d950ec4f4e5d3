# SPDX-License-Identifier: Apache-2.0
"""A payload: is it the XML of its type, and what is in it?

The verdict is `schemas.messages.read_payload`'s, with the code that `gateway.intake`
gives it. Text of elements is shown only where it cannot be about a person: in a valid
document, in an element of `OPEN`, whose form the XSD closes. Permit, route and
requester's header inside are layers of their own.
"""

from typing import Any, Final

from gateway.inspection import document, values
from gateway.inspection.known import Known
from gateway.inspection.report import Finding, Layer, ok, protocol, refused, unchecked
from gateway.inspection.words import HIDDEN
from gateway.intake import payload_code
from gateway.rules import identity_record
from protocols.identifiers import Realm
from protocols.refusals import REFUSALS
from schemas.catalogue import ROWS
from schemas.errors import XmlRefused
from schemas.messages import (
    IdentityInformationUpdate,
    Payload,
    PermitRenewal,
    ProvisionOrder,
    UnknownType,
    read_payload,
)
from schemas.payload import type_of
from schemas.xml import parse, root_name

OPEN: Final = frozenset(
    {
        "answer_by",
        "at",
        "item_no",
        "kind",
        "message_id",
        "outcome",
        "permit_digest",
        "processing_number",
        "provider",
        "reason",
        "release_by",
        "retry",
        "sealing_certificate_digest",
        "status",
    }
)
"""Elements whose text is never about a person, and has a form that the XSD closes."""

_SIGNED: Final = frozenset({"permit", "route", "requester_header"})
"""Elements that hold signed bytes, told as layers."""

MAX_LINES: Final = 80
"""Elements that are listed."""
_RULE: Final = f"R-025, {protocol('9')}"


def look(data: bytes, known: Known, wanted: str | None = None) -> Layer:
    """The layer of a payload; ``wanted`` is the type that its header announces."""
    what = "it is a valid document of its type"
    try:
        name = wanted or type_of(data)
        value = read_payload(name, data)
    except UnknownType:
        no = refused("its type is in the catalogue", protocol("9.4"), "SK-M04")
        return Layer("payload", (no,), (("size", f"{len(data)} bytes"),))
    except XmlRefused as error:
        lines = document.explained(data, wanted, known.personal)
        no = refused(what, _RULE, payload_code(error), str(error))
        return Layer("payload", (no,), (("size", f"{len(data)} bytes"),), lines)
    row = ROWS[name]
    facts = (
        ("type", name),
        ("meaning", document.meaning(name)),
        ("legal basis", row.legal_basis),
        ("holds personal data", "yes" if row.personal else "no"),
        ("size", f"{len(data)} bytes"),
    )
    return Layer(
        "payload",
        (ok(what, _RULE), *_numbers(value, known.realm)),
        facts,
        _listing(parse(data), known),
        _inside(value, known),
    )


def _numbers(value: Payload, realm: Realm | None) -> tuple[Finding, ...]:
    """Check digits, where the type has a whole identity record."""
    if not isinstance(value, IdentityInformationUpdate):
        return ()
    what = "its numbers have right check digits, of this network's realm"
    rule = f"R-063, {protocol('9.2')}"
    codes = {each: identity_record.fault(value.record, each) for each in Realm}
    if realm is not None:
        code = codes[realm]
        return (refused(what, rule, code) if code else ok(what, rule),)
    right = [each.value for each, code in codes.items() if not code]
    if not right:
        return (refused(what, rule, codes[Realm.SIMULATION]),)
    need = f"they are of the realm '{right[0]}'; --master says which is right here"
    return (unchecked(what, rule, need),)


def _inside(value: Payload, known: Known) -> tuple[Layer, ...]:
    """The signed parts of a document, each with its own layers."""
    if not isinstance(value, ProvisionOrder | PermitRenewal):
        return ()
    permit = values.permit(value.permit, known, bare=False)
    route = values.route(value.route, known)
    found = [
        Layer("permit (情報提供許可証) in it", inside=permit),
        Layer("route (経路情報) in it", inside=route),
    ]
    if isinstance(value, ProvisionOrder):
        request = values.header(value.requester_header, known)
        found.append(Layer("requester's signed header in it", inside=request))
    return tuple(found)


def _listing(root: Any, known: Known) -> tuple[str, ...]:
    """Elements in their order, with the text that may be shown."""
    lines: list[str] = []
    _list(root, 0, known.personal, lines)
    if len(lines) > MAX_LINES:
        rest = len(lines) - MAX_LINES
        return (*lines[:MAX_LINES], f"… and {rest} elements more")
    return tuple(lines)


def _list(element: Any, depth: int, personal: bool, lines: list[str]) -> None:
    name = root_name(element)
    if len(element):
        lines.append(f"{'  ' * depth}{name}")
        for child in element:
            _list(child, depth + 1, personal, lines)
        return
    lines.append(f"{'  ' * depth}{name}: {_text(name, element.text or '', personal)}")


def _text(name: str, text: str, personal: bool) -> str:
    if name in _SIGNED:
        return f"{len(text)} characters of base64, told below"
    known_code = name == "code" and text in REFUSALS
    return text if personal or known_code or name in OPEN else HIDDEN
