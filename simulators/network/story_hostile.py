# SPDX-License-Identifier: Apache-2.0
"""Part (c), third part: what an enemy or an accident sends, inside the envelope.

Every message is posted over a proven link of its sender. What can be opened and
verified is refused with its own code; what cannot gets `SK-U00`, whatever was wrong.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from protocols.envelope import Packed
from schemas.payload import NAMESPACE
from simulators.network import parties as people
from simulators.network.stage import Stage, Step, in_words
from simulators.network.story_refusals import ASKER, inquiry_payload
from simulators.peer import CMS, MESSAGES
from simulators.shapes import SEALED, SIGNED, Change

KIND = "information_inquiry"
_ROOT = f'<{KIND} xmlns="{NAMESPACE}">'
_LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">'
    for n in range(10)
)

PAYLOADS: dict[str, tuple[str, str, Callable[[str], bytes]]] = {
    "doctype": (
        "文書型宣言のある本文",
        "SK-X01",
        lambda good: f'<!DOCTYPE {KIND} SYSTEM "file:///etc/passwd">{good}'.encode(),
    ),
    "entity-bomb": (
        "実体参照が十億倍に膨らむ本文",
        "SK-X01",
        lambda good: (
            f"<!DOCTYPE {KIND} [{_LAUGHS}]>{_ROOT}<item_no>&l9;</item_no></{KIND}>"
        ).encode(),
    ),
    "other-encoding": (
        "UTF-16で書かれた本文",
        "SK-X01",
        lambda good: good.encode("utf-16"),
    ),
    "not-of-the-schema": (
        "様式と一致しない本文",
        "SK-X02",
        lambda good: good.replace("item_no>", "kind>").encode(),
    ),
}
"""A title, what the sender is told, and what becomes of a lawful payload."""

TIMES: dict[str, tuple[str, str, timedelta, timedelta]] = {
    "expired": ("期限の切れた電文", "SK-M06", timedelta(hours=-2), timedelta(hours=1)),
    "from-the-future": (
        "十分先の時刻に作られた電文",
        "SK-M07",
        timedelta(minutes=10),
        timedelta(hours=1),
    ),
    "lives-too-long": (
        "有効期間が一日を超える電文",
        "SK-M08",
        timedelta(0),
        timedelta(hours=25),
    ),
}
"""A title, what the sender is told, the shift of its clock, and the lifetime."""

SHAPES: dict[str, tuple[str, Change | None, Change | None]] = {
    "two-signers": ("署名者が二人", None, SIGNED["two signers"]),
    "unsigned-attributes": ("署名の外の属性", None, SIGNED["unsigned attributes"]),
    "sha-1": ("SHA-1による署名", None, SIGNED["a signature over SHA-1"]),
    "two-recipients": ("受信者が二人", SEALED["two recipients"], None),
    "short-tag": ("12バイトのGCMタグ", SEALED["a tag of 12 bytes"], None),
    "off-the-curve": ("曲線上にない点", SEALED["a point off the curve"], None),
    "unauthenticated-attributes": (
        "認証されない属性",
        SEALED["unauthenticated attributes"],
        None,
    ),
    "ber": ("長さの不定なBER", SEALED["a length without end"], None),
    "trailing-byte": ("電文の後の余分な一バイト", SEALED["a byte behind it"], None),
}
"""A title, and what is done to the envelope or to the signed header in it."""


def hostile(
    stage: Stage,
    payload: bytes | None = None,
    shift: timedelta = timedelta(0),
    lifetime: timedelta = timedelta(hours=1),
    reshape: Change | None = None,
) -> Packed:
    """An inquiry to the core that is lawful but for what the keywords say."""
    return stage.peer(ASKER).write(
        KIND,
        people.CORE,
        inquiry_payload(stage, ASKER) if payload is None else payload,
        processing_number=os.urandom(16),
        now=stage.now() + shift,
        lifetime=lifetime,
        reshape=reshape,
    )


def _payload(stage: Stage, change: Callable[[str], bytes]) -> str:
    return _told(stage, hostile(stage, change(inquiry_payload(stage, ASKER).decode())))


def _time(stage: Stage, shift: timedelta, lifetime: timedelta) -> str:
    return _told(stage, hostile(stage, shift=shift, lifetime=lifetime))


def _shape(stage: Stage, outside: Change | None, inside: Change | None) -> str:
    packed = hostile(stage, reshape=inside)
    return _told(stage, packed if outside is None else reshaped(packed, outside))


def reshaped(packed: Packed, change: Change) -> Packed:
    """The same message in a changed envelope."""
    return Packed(
        packed.header,
        packed.signed_header,
        packed.header_digest,
        change(packed.envelope),
    )


def _told(stage: Stage, packed: Packed) -> str:
    """Post it to the core, and tell the answer."""
    sender = stage.peer(ASKER)
    reply = sender.post(packed)
    return in_words(sender.understand(packed, reply, people.CORE))


def _alive(stage: Stage) -> str:
    """After a refusal, the same link takes the next good message."""
    sender = stage.peer(ASKER)
    bad, good = hostile(stage, b"<"), hostile(stage)
    stage.forge(good.header.processing_number)
    link = sender.client(people.CORE)
    try:
        answers = [link.post(MESSAGES, CMS, each.envelope) for each in (bad, good)]
    finally:
        link.close()
    return ", ".join(
        in_words(sender.understand(packed, reply, people.CORE))
        for packed, reply in zip((bad, good), answers, strict=True)
    )


def _steps() -> Iterator[Step]:
    for key, (title, code, change) in PAYLOADS.items():
        yield Step(f"hostile/{key}", title, code, partial(_payload, change=change))
    for key, (title, code, shift, lifetime) in TIMES.items():
        run = partial(_time, shift=shift, lifetime=lifetime)
        yield Step(f"hostile/{key}", title, code, run)
    for key, (title, outside, inside) in SHAPES.items():
        run = partial(_shape, outside=outside, inside=inside)
        yield Step(f"hostile/{key}", title, "SK-U00", run)
    yield Step(
        "hostile/the-link-lives-on",
        "拒否の後も同じ接続で正しい電文は受け付ける",
        "SK-X01, reply",
        _alive,
    )


STEPS = tuple(_steps())
