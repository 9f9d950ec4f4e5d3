# SPDX-License-Identifier: Apache-2.0
"""The ledger of media (媒体管理簿) in words, in two languages.

What a medium's row and its acts say is laid out here once, so that the ledger on the
screen and the one on paper are the same, whoever reads it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gateway.records.jst import jst
from gateway.records.media import Act, Medium
from gateway.refusal_words import Language
from gateway.rules.media import has_lapsed, is_over, is_overdue, waits

_JA: Final[Mapping[str, str]] = {
    "number": "番号",
    "way": "区分",
    "content": "内容",
    "persons": "人数",
    "peer": "相手先",
    "device": "媒体種別",
    "state": "状態",
    "since": "日時",
    "id": "媒体識別子",
    "law": "根拠",
    "reason": "理由",
    "asked": "申請者",
    "out": "出力",
    "in": "受入",
    "consistency_check": "整合性確認用本人確認情報",
    "sending_destination": "送付先情報",
    "optical_disc": "光ディスク",
    "magnetic_tape": "磁気テープ",
    "hard_disk": "ハードディスク",
    "requested": "申請中",
    "waits": "承認待ち",
    "approved": "承認済",
    "declined": "取下げ・不承認",
    "writing": "書込中",
    "written": "書込済",
    "handed_over": "引渡済",
    "returned": "返却済",
    "destroyed": "廃棄済",
    "taken_in": "受入済",
    "lapsed": "失効",
    "over": "終了",
    "overdue": "期限超過",
    "request": "申請",
    "approve": "承認",
    "decline": "取下げ・不承認",
    "begin": "書込開始",
    "place": "書込完了",
    "hand_over": "引渡し",
    "return": "返却",
    "destroy": "廃棄",
    "take_in": "受入れ",
    "to": "宛先",
    "scope": "範囲",
    "selection": "対象識別",
    "witness": "立会者",
    "parts": "分割数",
    "manifest": "目録ダイジェスト",
    "carrier": "運搬者",
    "recipient": "受領者",
    "seal": "封印番号",
    "method": "廃棄方法",
    "place_of_keeping": "保管場所",
}
_EN: Final[Mapping[str, str]] = {
    "peer": "other end",
    "since": "since (JST)",
    "id": "output id",
    "asked": "asked for by",
    "law": "legal basis",
    "waits": "waits for approval",
    "place_of_keeping": "kept at",
    "hand_over": "hand over",
    "handed_over": "handed over",
    "take_in": "take in",
    "taken_in": "taken in",
    "consistency_check": "consistency check",
    "sending_destination": "sending destination",
    "optical_disc": "optical disc",
    "magnetic_tape": "magnetic tape",
    "hard_disk": "hard disk",
}
HEADS: Final = (
    "number",
    "way",
    "content",
    "persons",
    "peer",
    "device",
    "state",
    "since",
)


def word(name: str, language: Language) -> str:
    """A name of the ledger as a reader of that language has it."""
    words = _JA if language == "ja" else _EN
    return words.get(name, name)


def line(medium: Medium, days: int, now: datetime, language: Language) -> list[str]:
    """One medium, as `HEADS` wants it."""
    return [
        str(medium.number),
        word(medium.direction, language),
        word(medium.content, language),
        f"{medium.persons:,}",
        medium.peer,
        word(medium.device, language),
        standing(medium, days, now, language),
        jst(medium.since)[:16],
    ]


def standing(medium: Medium, days: int, now: datetime, language: Language) -> str:
    """Where it stands, and whether somebody has to act."""
    said = [word(medium.state, language)]
    if has_lapsed(medium, now):
        said.append(word("lapsed", language))
    elif waits(medium, now):
        said.append(word("waits", language))
    elif is_overdue(medium, days, now):
        said.append(word("overdue", language))
    elif is_over(medium, now):
        said.append(word("over", language))
    return ("、" if language == "ja" else ", ").join(said)


def act_line(act: Act, language: Language) -> str:
    """One act: when, what, who, and what belongs to it."""
    facts = [f"{word(name, language)}: {value}" for name, value in act.facts.items()]
    said = f"{jst(act.at)[:19]}  {word(act.act, language)}  {act.operator}"
    return said + (f"  ({'; '.join(facts)})" if facts else "")
