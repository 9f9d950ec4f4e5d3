# SPDX-License-Identifier: Apache-2.0
"""Signed values that stand by themselves: header, permit, route, receipt, refusal.

Each function takes the signed bytes and gives their layers: form, signature, signer
(`signed`), then what the value's own reader says, then what a station would make of it.
A receipt or refusal answers something that is not at hand; it is judged against what it
names itself, so that everything but that is checked.
"""

from typing import Any

from gateway.inspection import answered, rules, signed, words
from gateway.inspection.known import Known
from gateway.inspection.recognise import Thing
from gateway.inspection.report import Layer, ok, protocol, refused, unchecked
from gateway.inspection.signed import Kind, Seen
from protocols import envelope
from protocols import permit as permits
from protocols.errors import Refused, Unreadable
from protocols.header import Header
from protocols.permit import Permit
from protocols.route import Route, RouteReader

Layers = tuple[Layer, ...]


def header(data: bytes, known: Known) -> Layers:
    """A signed header without its message: evidence, or a part of an order."""
    seen = signed.look(data, known, signed.HEADER)
    if seen.signed is None:
        return seen.layers
    layer = header_layer(seen.signed.content)
    if layer.facts:
        digest = ("digest of the signed header", envelope.digest(data).hex())
        layer = Layer(layer.name, layer.findings, (digest, *layer.facts))
    return (*seen.layers, layer, *_sender(seen))


def header_layer(content: bytes) -> Layer:
    """The header itself."""
    what, rule = "it is a header of version 1", protocol("4")
    try:
        value = Header.decode(content)
    except Unreadable as error:
        return Layer("header", (refused(what, rule, error.code),))
    return Layer("header", (ok(what, rule),), words.header(value))


def _sender(seen: Seen) -> Layers:
    """Whether the signer may speak for the sender that the header names."""
    if seen.signer is None or seen.signed is None:
        return ()
    try:
        value = Header.decode(seen.signed.content)
    except Unreadable:
        return ()
    what, rule = "the signer is the sender", f"R-135, {protocol('6.2')}"
    if seen.signer.station == value.sender:
        return (Layer("sender", (ok(what, rule),)),)
    return (Layer("sender", (refused(what, rule, "SK-M01"),)),)


def permit(data: bytes, known: Known, *, bare: bool = True) -> Layers:
    """A signed permit; ``bare`` where no order came with it, which is judged then."""
    seen = signed.look(data, known, signed.PERMIT)
    if seen.signed is None:
        return seen.layers
    layer = permit_layer(seen.signed.content)
    if not bare or not layer.facts:
        return (*seen.layers, layer)
    return (*seen.layers, layer, rules.permit(data, permits.recall(data), known))


def permit_layer(content: bytes) -> Layer:
    """The permit itself."""
    what, rule = "it is a permit of version 1", f"R-128, {protocol('10.1')}"
    try:
        value = Permit.decode(content)
    except Refused as error:
        return Layer("permit", (refused(what, rule, error.code),))
    return Layer("permit", (ok(what, rule),), words.permit(value))


def route(data: bytes, known: Known) -> Layers:
    """A signed route, and whether a provider would go by it now."""
    seen = signed.look(data, known, signed.ROUTE)
    if seen.signed is None:
        return seen.layers
    layer = route_layer(seen.signed.content)
    if not layer.facts:
        return (*seen.layers, layer)
    what, rule = "a provider takes it at --at", f"R-128, {protocol('10.2')}"
    if known.directory is None or seen.signer is None:
        need = "its signer is not proved (see the layers above)"
        taken = unchecked(what, rule, need)
    else:
        try:
            RouteReader(known.directory).read(data, known.at)
            taken = ok(what, rule)
        except Refused as error:
            value = Route.decode(seen.signed.content)
            times = (
                f"{words.moment(value.not_before)} to {words.moment(value.not_after)}"
            )
            taken = refused(what, rule, error.code, f"it holds from {times}")
    return (*seen.layers, Layer(layer.name, (*layer.findings, taken), layer.facts))


def route_layer(content: bytes) -> Layer:
    """The route itself."""
    what, rule = "it is a route of version 1", f"R-128, {protocol('10.2')}"
    try:
        value = Route.decode(content)
    except Refused as error:
        return Layer("route", (refused(what, rule, error.code),))
    return Layer("route", (ok(what, rule),), words.route(value))


def answer(data: bytes, known: Known, kind: Kind) -> Layers:
    """A receipt or a refusal."""
    seen = signed.look(data, known, kind)
    if seen.signed is None:
        return seen.layers
    found: Any = answered.look(seen.signed.content, kind)
    if found.value is None:
        return (*seen.layers, found.layer)
    judged = answered.judged(data, found.value, kind, known, seen.signer)
    return (*seen.layers, found.layer, Layer("answer", (judged,)))


def unsigned(data: bytes, kind: Thing) -> Layers:
    """What stands inside a signature, by itself."""
    need = "these are the bytes inside a signature"
    layer = Layer("signature", (unchecked("it is signed", "R-135", need),))
    match kind:
        case Thing.HEADER:
            return (layer, header_layer(data))
        case Thing.PERMIT:
            return (layer, permit_layer(data))
        case Thing.ROUTE:
            return (layer, route_layer(data))
        case Thing.RECEIPT:
            return (layer, answered.look(data, signed.RECEIPT).layer)
        case _:
            return (layer, answered.look(data, signed.REFUSAL).layer)
