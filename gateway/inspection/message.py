# SPDX-License-Identifier: Apache-2.0
"""A message: its seal, what is in it, who signed it, and what a station says of it.

The order is the daemon's (docs/protocol.md 6): seal, content, signed header, header,
the digest that binds the payload, the checks of every message, the payload, the checks
of its type. Where the daemon would stop, the layers behind are still shown as far as
they read, because the person who asks wants to see them; the verdict is not changed by
that.
"""

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap

from gateway.inspection import (
    payload,
    rules,
    shape,
    signed,
    structures,
    throwaway,
    words,
)
from gateway.inspection.known import Known
from gateway.inspection.report import Finding, Layer, ok, protocol, refused, unchecked
from pki.cms_profile import PROFILE
from pki.errors import CmsError
from pki.sealing import Opener, Recipient
from protocols import envelope, limits
from protocols.envelope import Opened, Unpacked
from protocols.errors import Unreadable
from protocols.header import Header, content_digest

SEAL_RULE: Final = f"RFC 5083, RFC 5753, {protocol('5.3')}"
_FOR_ANOTHER: Final = "RecipientEncryptedKey.rid"
"""The last place that `Opener` looks at: all before it was right."""


def sealed(data: bytes, known: Known) -> tuple[Layer, ...]:
    """The layers of an envelope."""
    if len(data) > limits.MAX_ENVELOPE:
        why = f"{len(data)} bytes, at most {limits.MAX_ENVELOPE}"
        no = refused("it is no longer than an envelope", protocol("1.2"), "SK-U01", why)
        return (Layer("seal", (no,)),)
    ids = structures.recipient_key_ids(data)
    facts = tuple(("sealed for key", _whose(one, known)) for one in ids)
    opener = known.opener(ids)
    form = _form(data)
    if form.code or opener is None:
        lines = shape.explained(data) if form.code else ()
        also = () if form.code else (_not_opened(known),)
        return (Layer("seal", (form, *also), facts, lines),)
    return _opened(data, opener, known, form, facts)


def _whose(key_id: str, known: Known) -> str:
    holder = known.holder(bytes.fromhex(key_id))
    return f"{key_id} ({holder})" if holder else key_id


def _opened(
    data: bytes,
    opener: Opener,
    known: Known,
    form: Finding,
    facts: tuple[tuple[str, str], ...],
) -> tuple[Layer, ...]:
    what = "our key opens it, and nothing was changed"
    rule = f"R-132, RFC 5084, {protocol('5.3')}"
    try:
        opener.open(data)
    except CmsError as error:
        no = refused(what, rule, "SK-U02", _cause(error))
        return (Layer("seal", (form, no), facts),)
    layer = Layer("seal", (form, ok(what, rule)), facts)
    return (layer, *_content(data, opener, known))


def _cause(error: CmsError) -> str:
    """What a station records beside the code, and never tells the sender."""
    cause = error.__cause__
    if isinstance(cause, InvalidTag):
        return "its tag is wrong: the sealed content or the tag was changed"
    if isinstance(cause, InvalidUnwrap):
        return "the content key does not unwrap: it, or the sender's key, was changed"
    return str(cause or error)


def _form(data: bytes) -> Finding:
    """Whether the seal is of the profile, by the daemon's reader and nobody's key."""
    what = "one receiver, DER, the strict profile"
    opener, _ = throwaway.pair()
    try:
        opener.open(data)
    except CmsError as error:
        cause = error.__cause__
        place = cause.place if isinstance(cause, CmsError) else ""
        if place == _FOR_ANOTHER:
            return ok(what, SEAL_RULE)
        clause = PROFILE.get(place)
        why = str(cause) if clause is None else f"{cause} ({clause.why})"
        return refused(what, SEAL_RULE, "SK-U02", why)
    return ok(what, SEAL_RULE)


def _not_opened(known: Known) -> Finding:
    what = "it opens with our key"
    if known.openers:
        why = "none of the keys given is the one that it is sealed for"
        return refused(what, f"R-132, {protocol('5.3')}", "SK-U02", why)
    need = "give the receiver's key: --keys, --config, or --key and --sealing-cert"
    return unchecked(what, f"R-132, {protocol('5.3')}", need)


def bare_content(data: bytes, known: Known) -> tuple[Layer, ...]:
    """The layers of an EnvelopeContent that somebody took out of its seal."""
    if known.openers:
        opener, recipient = known.openers[0], Recipient(known.openers[0].certificate)
    else:
        opener, recipient = throwaway.pair()
    return _content(recipient.seal(data), opener, known)


def _content(data: bytes, opener: Opener, known: Known) -> tuple[Layer, ...]:
    what = "signed header, salt and payload are in it"
    try:
        parts = envelope.unseal(data, opener)
    except Unreadable as error:
        return (Layer("content", (refused(what, protocol("5.1"), error.code),)),)
    facts = (
        ("signed header", f"{len(parts.signed_header)} bytes"),
        ("payload", f"{len(parts.payload)} bytes"),
    )
    layer = Layer("content", (ok(what, protocol("5.1")),), facts)
    return (layer, *_parts(data, parts, known))


def _parts(data: bytes, parts: Unpacked, known: Known) -> tuple[Layer, ...]:
    seen = signed.look(parts.signed_header, known, signed.HEADER)
    if seen.signed is None:
        return seen.layers
    try:
        header = Header.decode(seen.signed.content)
    except Unreadable as error:
        return (*seen.layers, _no_header(error.code))
    named = Layer(
        "header",
        (ok("a header of version 1", protocol("4")), _bound(parts, header)),
        words.header(header),
    )
    opened = None
    if seen.signer is not None:
        opened = Opened(
            header=header,
            signed_header=parts.signed_header,
            header_digest=envelope.digest(parts.signed_header),
            signer=seen.signer,
            payload=parts.payload,
        )
    return (
        *seen.layers,
        named,
        *rules.message(data, header, opened, known),
        payload.look(parts.payload, known, header.message_type),
        *rules.of_its_type(header, opened, known),
    )


def _no_header(code: str) -> Layer:
    no = refused("a header of version 1", protocol("4"), code)
    return Layer("header", (no,))


def _bound(parts: Unpacked, header: Header) -> Finding:
    what = "salt and payload have the digest that was signed"
    rule = f"R-135, {protocol('4')}"
    bound = content_digest(parts.salt, parts.payload)
    if hmac.compare_digest(bound, header.content_digest):
        return ok(what, rule)
    return refused(what, rule, "SK-U07", "the payload or the salt was changed")
