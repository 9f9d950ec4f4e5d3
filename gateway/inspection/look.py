# SPDX-License-Identifier: Apache-2.0
"""From a path to a report: read it, recognise it, go through its layers.

The first layer is always the carrier: how long, how encoded. Anything but a `Report`
that comes out of `look` is a bug, whatever lies in the file.
"""

import warnings
from pathlib import Path
from typing import Final

from gateway.inspection import (
    carrier,
    certificates,
    document,
    keys,
    master,
    message,
    payload,
    recognise,
    record,
    signed,
    store,
    tlv,
    values,
)
from gateway.inspection.carrier import Block, NotReadable, Taken
from gateway.inspection.known import Known
from gateway.inspection.recognise import Thing
from gateway.inspection.report import Layer, Report, ok, protocol, refused
from schemas.errors import XmlRefused
from schemas.payload import type_of

_UNKNOWN: Final = "nothing that this network knows"


def look(path: Path, known: Known) -> Report:
    """All that can be said of a file; never raises for what is in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library will refuse one day
        return _looked(path, known)


def _looked(path: Path, known: Known) -> Report:
    try:
        taken = carrier.take(path)
        if taken.data.startswith(store.MAGIC):
            layers = (_carrier(taken, []), *store.look(path, known))
            return Report(str(path), "record store", layers)
        if not taken.whole:
            return _too_large(taken)
        return _report(taken, known)
    except NotReadable as error:
        return Report(str(path), str(error), readable=False)


def _report(taken: Taken, known: Known) -> Report:
    found = carrier.blocks(taken.data)
    if not found:
        raise NotReadable("a PEM file without a whole block in it")
    told = [_block(block, taken, known) for block in found]
    name = "; ".join(dict.fromkeys(kind for kind, _ in told))
    layers = [layer for _, several in told for layer in several]
    return Report(str(taken.path), name, (_carrier(taken, found), *layers))


def _carrier(taken: Taken, found: list[Block]) -> Layer:
    facts = [("size", f"{taken.size} bytes")]
    facts += [
        ("holds", f"{_encoding(block)}, {len(block.data)} bytes") for block in found
    ]
    what, rule = "it is bounded, and read to its end", protocol("1.2")
    return Layer("carrier", (ok(what, rule),), tuple(facts))


def _encoding(block: Block) -> str:
    """How it stood there; a PEM label only if it is one that is known."""
    if block.is_pem and recognise.thing(b"", block.label) is None:
        return "PEM of another kind"
    return block.encoding


def _block(block: Block, taken: Taken, known: Known) -> tuple[str, tuple[Layer, ...]]:
    """What one block is called, and its layers; raises `NotReadable`."""
    if block.is_pem and not block.data and recognise.thing(b"", block.label) is None:
        raise NotReadable("a PEM block of another kind, which cannot be read")
    if block.encoding == "text":
        return _text(block.data, taken, known)
    if block.data[:1] == b"<":
        return _xml(block.data, known)
    kind = recognise.thing(block.data, block.label)
    if kind is None:
        raise NotReadable(_nothing(block.data))
    if kind is Thing.SIGNED:
        return _signed(block.data, known)
    return kind.value, _layers(kind, block, taken, known)


def _layers(kind: Thing, block: Block, taken: Taken, known: Known) -> tuple[Layer, ...]:
    data = block.data
    match kind:
        case Thing.SEALED | Thing.OTHER_CMS:
            return message.sealed(data, known)
        case Thing.CONTENT:
            return message.bare_content(data, known)
        case Thing.CERTIFICATE:
            return certificates.certificate(data, known)
        case Thing.REVOCATION_LIST:
            return certificates.revocation_list(data, known)
        case Thing.PRIVATE_KEY:
            return keys.private_key(taken.path, block.label, known)
        case Thing.PUBLIC_KEY:
            return keys.public_key()
        case Thing.REQUEST:
            return keys.request()
        case _:
            return values.unsigned(data, kind)


def _signed(data: bytes, known: Known) -> tuple[str, tuple[Layer, ...]]:
    kind = signed.kind_of(data)
    if kind is None:
        name = "signed, but nothing that this network signs"
        return name, signed.look(data, known).layers
    if kind is signed.HEADER:
        return kind.name, values.header(data, known)
    if kind is signed.PERMIT:
        return kind.name, values.permit(data, known)
    if kind is signed.ROUTE:
        return kind.name, values.route(data, known)
    if kind is signed.MASTER:
        return kind.name, master.look(data, known)
    return kind.name, values.answer(data, known, kind)


def _text(data: bytes, taken: Taken, known: Known) -> tuple[str, tuple[Layer, ...]]:
    if document.may_be(data):
        return _xml(data, known)
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return "record", record.look(data, known)
        except record.NoRecord:
            raise NotReadable("JSON, but no record of this network") from None
    if len(data) == keys.SECRET_SIZE:
        return "perhaps the key of a store", keys.secret(taken.path)
    raise NotReadable(_UNKNOWN)


def _xml(data: bytes, known: Known) -> tuple[str, tuple[Layer, ...]]:
    try:
        name = f"payload: {type_of(data)}"
    except XmlRefused:
        name = "XML"
    return name, (payload.look(data, known),)


def _nothing(data: bytes) -> str:
    fault = tlv.fault(data)
    return f"DER of {_UNKNOWN}" if fault is None else f"{_UNKNOWN}; not DER {fault}"


def _too_large(taken: Taken) -> Report:
    """A known kind of file that no station would read to its end, or nothing."""
    data = taken.data
    text = document.may_be(data)
    kind = None if text else recognise.thing(data)
    if not text and kind is None:
        raise NotReadable(f"{taken.size} bytes of {_UNKNOWN}")
    code, section = ("SK-X01", "9.1") if text else ("SK-U01", "1.2")
    why = f"{taken.size} bytes; no more than {carrier.MAX_FILE} are looked at"
    what = "it is no longer than anything of this network"
    no = refused(what, protocol(section), code, why)
    name = "XML" if kind is None else kind.value
    return Report(str(taken.path), name, (Layer("carrier", (no,)),))
