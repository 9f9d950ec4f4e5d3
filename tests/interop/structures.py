# SPDX-License-Identifier: Apache-2.0
"""Our structures for asn1crypto: a second reading of ``schemas/asn1/sekisho.asn1``."""

from typing import ClassVar

from asn1crypto import core

OPTIONAL = {"optional": True}


class InReplyTo(core.Sequence):
    _fields: ClassVar = [
        ("message_id", core.OctetString),
        ("header_digest", core.OctetString),
    ]


class MessageHeader(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("message_id", core.OctetString),
        ("message_type", core.UTF8String),
        ("sender", core.UTF8String),
        ("receiver", core.UTF8String),
        ("processing_number", core.OctetString, {"implicit": 0, **OPTIONAL}),
        ("created", core.GeneralizedTime),
        ("expires", core.GeneralizedTime),
        ("in_reply_to", InReplyTo, {"implicit": 1, **OPTIONAL}),
        ("permit_digest", core.OctetString, {"implicit": 2, **OPTIONAL}),
        ("sealing_certificate_digest", core.OctetString),
        ("content_digest", core.OctetString),
    ]


class EnvelopeContent(core.Sequence):
    _fields: ClassVar = [
        ("signed_header", core.OctetString),
        ("salt", core.OctetString),
        ("payload", core.OctetString),
    ]


class Kinds(core.SequenceOf):
    _child_spec = core.UTF8String


class PermitValue(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("permit_id", core.OctetString),
        ("processing_number", core.OctetString),
        ("requester", core.UTF8String),
        ("provider", core.UTF8String),
        ("item_no", core.Integer),
        ("kinds", Kinds),
        ("subject_commitment", core.OctetString),
        ("request_digest", core.OctetString),
        ("sealing_certificate_digest", core.OctetString),
        ("route_digest", core.OctetString),
        ("issued", core.GeneralizedTime),
        ("answer_by", core.GeneralizedTime),
        ("release_by", core.GeneralizedTime),
    ]


class RouteValue(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("route_id", core.OctetString),
        ("requester", core.UTF8String),
        ("host", core.UTF8String),
        ("port", core.Integer),
        ("sealing_certificate_digest", core.OctetString),
        ("not_before", core.GeneralizedTime),
        ("not_after", core.GeneralizedTime),
    ]


class Receipt(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("message_id", core.OctetString),
        ("header_digest", core.OctetString),
        ("receiver", core.UTF8String),
        ("at", core.GeneralizedTime),
        ("record_commitment", core.OctetString),
    ]


class Refusal(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("request_digest", core.OctetString),
        ("header_digest", core.OctetString, {"implicit": 0, **OPTIONAL}),
        ("receiver", core.UTF8String),
        ("at", core.GeneralizedTime),
        ("code", core.UTF8String),
        ("rule", core.UTF8String, {"implicit": 1, **OPTIONAL}),
        ("retry", core.Boolean),
        ("record_commitment", core.OctetString),
        ("retry_after", core.GeneralizedTime, {"implicit": 2, **OPTIONAL}),
    ]


class Pieces(core.SequenceOf):
    _child_spec = core.OctetString


class ReconcileRequest(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("nonce", core.OctetString),
        ("sender", core.UTF8String),
        ("receiver", core.UTF8String),
        ("at", core.GeneralizedTime),
        ("since", core.GeneralizedTime),
        ("place", core.Integer),
    ]


class ReconcileEntry(core.Sequence):
    _fields: ClassVar = [
        ("sent", core.Boolean),
        ("taken", core.Boolean),
        ("message_type", core.UTF8String),
        ("message_id", core.OctetString),
        ("header_digest", core.OctetString),
        ("at", core.GeneralizedTime),
        ("processing_number", core.OctetString, {"implicit": 0, **OPTIONAL}),
        ("third", core.UTF8String, {"implicit": 1, **OPTIONAL}),
        ("item_no", core.Integer, {"implicit": 2, **OPTIONAL}),
        ("kinds", Kinds),
        ("permit_digest", core.OctetString, {"implicit": 3, **OPTIONAL}),
        ("permit", core.OctetString, {"implicit": 4, **OPTIONAL}),
        ("receipt", core.OctetString, {"implicit": 5, **OPTIONAL}),
        ("outcome", core.UTF8String),
    ]


class ReconcileEntries(core.SequenceOf):
    _child_spec = ReconcileEntry


class ReconcileAnswer(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("request_digest", core.OctetString),
        ("sender", core.UTF8String),
        ("receiver", core.UTF8String),
        ("at", core.GeneralizedTime),
        ("heads", Pieces),
        ("entries", ReconcileEntries),
        ("place", core.Integer, {"implicit": 0, **OPTIONAL}),
    ]


class MediaPart(core.Sequence):
    _fields: ClassVar = [
        ("message_type", core.UTF8String),
        ("size", core.Integer),
        ("digest", core.OctetString),
    ]


class MediaParts(core.SequenceOf):
    _child_spec = MediaPart


class MediaManifest(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("output_id", core.OctetString),
        ("content", core.UTF8String),
        ("legal_basis", core.UTF8String),
        ("sender", core.UTF8String),
        ("receiver", core.UTF8String),
        ("created", core.GeneralizedTime),
        ("take_in_by", core.GeneralizedTime),
        ("sealing_certificate_digest", core.OctetString),
        ("persons", core.Integer),
        ("parts", MediaParts),
    ]
