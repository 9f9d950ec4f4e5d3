# SPDX-License-Identifier: Apache-2.0
"""Targets of protocols: what is signed and sealed, numbers and codes.

Changed bytes end at the signature, so the content is fuzzed before it is signed: the
stations of the examples truly sign and seal what comes.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import msgspec

from pki import oids
from pki.cms import Signer, parse_signed
from pki.errors import UnusableCertificate
from pki.sealing import Recipient
from protocols import answers, envelope, identifiers, master, permit
from protocols.answers import Receipt, SignedRefusal
from protocols.directory import Directory
from protocols.errors import AnswerInvalid, Refused, Unreadable
from protocols.header import Header
from protocols.identifiers import Realm
from protocols.linkage_code import CodeMaker, UnknownCode
from protocols.master import Master, MasterRefused
from protocols.permit import Permit
from protocols.route import Route, RouteReader
from tests.fuzz.target import Broken, Target, same
from tests.vectors.read import offered, opener
from tests.vectors.stations import NOON, certificate, directory, drawn, example, key

STATIONS: Final = (b"102024/intermediate_server", b"Q00001/intermediate_server")
MESSAGES: Final = ("inquiry", "acceptance", "order", "provision", "refused")


@cache
def _signer(name: str) -> Signer:
    return Signer(key(name), certificate(name))


def _signed(name: str, content: bytes, content_type: str) -> bytes:
    return _signer(name).sign(content, content_type, NOON)


def _examples(*names: str) -> Callable[[], Iterator[bytes]]:
    return lambda: map(example, names)


def _contents(*names: str) -> Callable[[], Iterator[bytes]]:
    """What stands inside signed examples."""
    return lambda: (parse_signed(example(name)).content for name in names)


# --- content, signed as it comes ------------------------------------------------------


def _header_holds(data: bytes, value: Header) -> None:
    same("header", value.encode(), data)
    signed = _signed("requester-signing", data, oids.ID_CT_HEADER)
    read, _ = envelope.read_signed_header(signed, directory(), NOON)
    same("header", read, value)


def _permit_holds(data: bytes, value: Permit) -> None:
    same("permit", value.encode(), data)
    signed = _signed("core-permit", data, oids.ID_CT_PERMIT)
    same("permit", permit.read(signed, directory(), NOON), value)
    same("permit", permit.recall(signed), value)


def _route_holds(data: bytes, value: Route) -> None:
    same("route", value.encode(), data)
    signed = _signed("core-signing", data, oids.ID_CT_ROUTE)
    try:
        same("route", RouteReader(directory()).read(signed, NOON), value)
    except Refused:
        if value.not_before <= NOON <= value.not_after:
            raise Broken("route: refused though it is in time") from None


def _receipt(data: bytes) -> answers.Answer:
    return _answer(_signed("core-signing", data, oids.ID_CT_RECEIPT))


def _receipt_holds(data: bytes, value: answers.Answer) -> None:
    assert isinstance(value, Receipt)
    again = answers.write_receipt(value, _signer("core-signing"))
    same("receipt", parse_signed(again).content, data)


def _refusal(data: bytes) -> answers.Answer:
    return _answer(_signed("core-signing", data, oids.ID_CT_REFUSAL))


def _refusal_holds(data: bytes, value: answers.Answer) -> None:
    assert isinstance(value, SignedRefusal)
    again = answers.write_refusal(value, _signer("core-signing"))
    if value.rule:  # an empty rule and none are one value
        same("refusal", parse_signed(again).content, data)


def _answer(data: bytes) -> answers.Answer:
    return answers.read(data, offered(), opener(), directory(), NOON)


def _receipt_seeds() -> Iterator[bytes]:
    to = offered()
    made = Receipt(
        message_id=to.message_id,
        header_digest=to.header_digest,
        receiver=to.receiver,
        at=NOON,
        record_commitment=bytes(32),
    )
    signed = answers.write_receipt(made, _signer("core-signing"))
    yield parse_signed(signed).content


def _master(data: bytes) -> Master:
    signed = _signed("core-signing", data, oids.ID_CT_MASTER)
    return _read_master(signed)


def _read_master(signed: bytes) -> Master:
    anchor = certificate("core-signing")
    return master.read(signed, [anchor], directory().trust, NOON)


def _master_holds(data: bytes, value: Master) -> None:
    again = master.write(value, _signer("core-signing"), NOON)
    same("master", _read_master(again), value)
    try:
        Directory(value, directory().trust)
    except UnusableCertificate:
        return


def _master_seeds() -> Iterator[bytes]:
    content = parse_signed(example("master.cms")).content
    whole = msgspec.json.decode(content)
    whole["stations"] = whole["stations"][:1]
    listed = whole["matching_lists"][0]
    whole["matching_lists"] = [listed | {"items": listed["items"][:1]}]
    yield msgspec.json.encode(whole)
    whole["stations"][0] |= {"sealing": [], "permit": [], "host": None, "port": None}
    yield msgspec.json.encode(whole)
    yield msgspec.json.encode(whole | {"stations": []})


# --- content, sealed as it comes ------------------------------------------------------


@cache
def _recipient() -> Recipient:
    return Recipient(certificate("core-sealing"))


def _content(data: bytes) -> envelope.Unpacked:
    sealed = _recipient().seal(data)
    try:
        opened = envelope.unpack(sealed, opener(), directory(), NOON)
    except Unreadable:
        return envelope.unseal(sealed, opener())
    same("content", opened.header.encode(), parse_signed(opened.signed_header).content)
    return envelope.unseal(sealed, opener())


def _unpack(data: bytes) -> envelope.Opened:
    return envelope.unpack(data, opener(), directory(), NOON)


def _signed_header(data: bytes) -> Header:
    header, _ = envelope.read_signed_header(data, directory(), NOON)
    return header


# --- numbers and codes ----------------------------------------------------------------


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _number(data: bytes) -> list[str]:
    """Every kind of number that the text is."""
    text = _text(data)
    found: list[str] = []
    for name, valid in (
        ("individual", identifiers.individual_number_is_valid),
        ("resident", identifiers.resident_record_code_is_valid),
    ):
        realms = [realm for realm in Realm if valid(text, realm)]
        if len(realms) > 1:
            raise Broken(f"number: {name} is of two realms")
        found += [name] * len(realms)
    if identifiers.local_government_code_is_valid(text):
        found.append("local")
    if identifiers.corporate_number_is_valid(text):
        found.append("corporate")
    if found and not (text.isascii() and text.isdigit()):
        raise Broken("number: it has other signs than digits")
    return found


def _number_seeds() -> Iterator[bytes]:
    yield identifiers.make_individual_number("0" * 11, Realm.SIMULATION).encode()
    yield identifiers.make_resident_record_code("1" * 10, Realm.SIMULATION).encode()
    yield b"102024"
    yield "１０２０２４".encode()


@cache
def _codes() -> CodeMaker:
    return CodeMaker(drawn("code key", 32))


def _code(data: bytes) -> str:
    text = _text(data)
    other = _codes().translate(text, "Q00001", "102024")
    same("code", _codes().translate(other, "102024", "Q00001"), text)
    return other


def _code_seeds() -> Iterator[bytes]:
    yield _codes().code(1, "Q00001").encode()
    yield _codes().code(1, "102024").encode()


Row = tuple[str, Any, type[Exception], Any, Any, int]
ROWS: Final[tuple[Row, ...]] = (
    (
        "header",
        Header.decode,
        Unreadable,
        _examples(*(f"{name}-header.der" for name in MESSAGES)),
        _header_holds,
        512,
    ),
    ("permit", Permit.decode, Refused, _examples("permit.der"), _permit_holds, 512),
    ("route", Route.decode, Refused, _examples("route.der"), _route_holds, 512),
    ("receipt", _receipt, AnswerInvalid, _receipt_seeds, _receipt_holds, 512),
    ("refusal", _refusal, AnswerInvalid, _contents("refusal.cms"), _refusal_holds, 512),
    ("master", _master, MasterRefused, _master_seeds, _master_holds, 4096),
)
TARGETS: Final = (
    *(
        Target(
            name, read, (refuses,), seeds, holds, longest, name != "master", STATIONS
        )
        for name, read, refuses, seeds, holds, longest in ROWS
    ),
    Target(
        "answer",
        _answer,
        (AnswerInvalid,),
        _examples("refusal.cms", "unreadable-refusal.cms", "receipt.cms"),
        der=True,
    ),
    Target(
        "content",
        _content,
        (Unreadable,),
        _examples("inquiry-content.der", "refused-content.der"),
        der=True,
    ),
    Target(
        "envelope",
        _unpack,
        (Unreadable,),
        _examples("inquiry-envelope.cms"),
        der=True,
    ),
    Target(
        "signed-header",
        _signed_header,
        (Unreadable,),
        _examples("inquiry-signed-header.cms", "order-signed-header.cms"),
        der=True,
    ),
    Target(
        "signed-permit",
        lambda data: permit.read(data, directory(), NOON),
        (Refused,),
        _examples("permit.cms"),
        der=True,
    ),
    Target("number", _number, (), _number_seeds, longest=64),
    Target("code", _code, (UnknownCode,), _code_seeds, longest=64),
)
