# SPDX-License-Identifier: Apache-2.0
"""Targets of schemas: the payload reader, once for each message type and once for all.

What is read is written and read again: one value, whatever the spelling was.
"""

from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, Final

from schemas.catalogue import ROWS
from schemas.errors import XmlRefused
from schemas.messages import Payload, read_payload, write_payload
from schemas.payload import type_of
from tests.fuzz.target import Target, same

HOSTILE: Final = (
    b'<!DOCTYPE a [<!ENTITY b "c">]>',
    b"<![CDATA[",
    b"<!--",
    b"&#0;",
    b"&amp;",
    b"&#x1F600;",
    b'<?xml version="1.0" encoding="utf-16"?>',
    b'xmlns="urn:x-sekisho:payload:1"',
)


def _sample(name: str) -> bytes:
    return files("schemas").joinpath("samples", f"{name}.xml").read_bytes()


def _tight(data: bytes) -> bytes:
    """The sample without its indentation: half the bytes, the same value."""
    return b"".join(line.strip() for line in data.splitlines())


def _seeds(name: str) -> Callable[[], Iterator[bytes]]:
    def seeds() -> Iterator[bytes]:
        yield _sample(name)
        yield _tight(_sample(name))

    return seeds


def _reader(name: str) -> Callable[[bytes], Payload]:
    return lambda data: read_payload(name, data)


def _holds(name: str) -> Callable[[bytes, Any], None]:
    def holds(data: bytes, value: Payload) -> None:
        same(f"xml-{name}", read_payload(name, write_payload(value)), value)

    return holds


def _any(data: bytes) -> Payload:
    return read_payload(type_of(data), data)


TARGETS: Final = (
    *(
        Target(
            f"xml-{name}",
            _reader(name),
            (XmlRefused,),
            _seeds(name),
            _holds(name),
            words=HOSTILE,
        )
        for name in ROWS
    ),
    Target(
        "xml-any",
        _any,
        (XmlRefused,),
        lambda: (_tight(_sample(name)) for name in sorted(ROWS)[:4]),
        words=(*HOSTILE, *(f"<{name}".encode() for name in ROWS)),
    ),
)
