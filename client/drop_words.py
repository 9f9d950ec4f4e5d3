# SPDX-License-Identifier: Apache-2.0
"""What a drop folder tells: acknowledgements and results, for programs and for people.

JSON in UTF-8. A refusal has code, rules and what to do, in Japanese and English: the
station's own, or one of the reasons here for what never reached it.
"""

from datetime import datetime
from enum import Enum
from typing import Any, Final

import msgspec

from client.drop_names import Item
from client.values import Ended, HandedIn
from protocols.refusals import REFUSALS
from schemas.messages import SubmissionRefused


class Reason(Enum):
    """Why a file was not handed in: code, Japanese, English, what to do in both."""

    NAME = (
        "drop_name",
        "ファイル名が決まりに合わない",
        "the file's name is not as it must be",
        "半角英数字と . _ - だけで、11桁以上続く数字を含まない名前にする。"
        ".answer.xmlで終わる名前は回答のもので使えない。"
        "宛先は名前.to-団体コード.xmlと書く。",
        "Use Latin letters, digits and . _ - without eleven digits on end, "
        "and no name of an answer (.answer.xml); "
        "name the receiver as NAME.to-CODE.xml.",
    )
    NOT_A_FILE = (
        "drop_not_a_file",
        "普通のファイルではない",
        "not a regular file of the drop's own user",
        "リンクやフォルダではなく、ファイルそのものを同じ利用者で置く。",
        "Put the file itself there as the same user, not a link or a folder.",
    )
    UNREADABLE = (
        "drop_unreadable",
        "ファイルを読めない",
        "the file cannot be read",
        "所有者が読めるようにして、もう一度置く。",
        "Let its owner read it, and put it there again.",
    )
    TOO_LARGE = (
        "drop_too_large",
        "ファイルが大きすぎる",
        "the file is too large for one message",
        "1メガバイト以下に分ける。",
        "Divide it into payloads of at most 1 MB.",
    )
    UNCERTAIN = (
        "drop_uncertain",
        "受け付けられたかどうか確かめられない",
        "nobody can say whether it was taken: the station was away for too long",
        "局の記録を調べ、受け付けられていなければもう一度置く。",
        "Look into the station's record; put it there again only if it is not there.",
    )

    def __init__(self, code: str, ja: str, en: str, mend_ja: str, mend: str) -> None:
        self.code = code
        self.ja = ja
        self.en = en
        self.mend_ja = mend_ja
        self.mend = mend


def accepted(item: Item, handed: HandedIn, now: datetime) -> bytes:
    """It is durably at the station."""
    outcome = "accepted" if handed.answer is None else "answered"
    ids = {
        "message_id": (handed.message_id or b"").hex(),
        "processing_number": (handed.processing_number or b"").hex(),
    }
    known = {name: value for name, value in ids.items() if value}
    return _written(item, now, outcome=outcome, **known)


def refused(item: Item, told: SubmissionRefused, now: datetime) -> bytes:
    """The station does not take it."""
    row = REFUSALS.get(told.code)
    return _written(
        item,
        now,
        outcome="refused",
        code=told.code,
        rules=list(told.rules),
        text_ja=told.text_ja,
        text_en=told.text_en,
        what_to_do_ja=told.what_to_do if row is None else row.mend_ja,
        what_to_do_en=told.what_to_do,
        retry=told.retry,
    )


def not_handed_in(item: Item, reason: Reason, now: datetime) -> bytes:
    """It never reached the station, or nobody can say."""
    outcome = "uncertain" if reason is Reason.UNCERTAIN else "refused"
    return _written(
        item,
        now,
        outcome=outcome,
        code=reason.code,
        rules=[],
        text_ja=reason.ja,
        text_en=reason.en,
        what_to_do_ja=reason.mend_ja,
        what_to_do_en=reason.mend,
        retry=False,
    )


def result(item: Item, ended: Ended, now: datetime) -> bytes:
    """What became of it in the end."""
    row = REFUSALS.get(ended.code)
    words: dict[str, Any] = {}
    if row is not None:
        words = {
            "code": ended.code,
            "rules": list(row.rules),
            "text_ja": row.ja,
            "text_en": row.en,
            "what_to_do_ja": row.mend_ja,
            "what_to_do_en": row.mend,
        }
    answer = ended.answer is not None
    return _written(item, now, outcome=ended.state, answer=answer, **words)


FORGOTTEN: Final = Ended("forgotten", "")
"""The station does not know it any more."""


def _written(item: Item, now: datetime, **more: Any) -> bytes:
    at = now.isoformat(timespec="seconds")
    head = {"file": item.name, "submission": item.submission.hex(), "at": at}
    return msgspec.json.format(msgspec.json.encode({**head, **more}), indent=2) + b"\n"
