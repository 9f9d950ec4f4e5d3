# SPDX-License-Identifier: Apache-2.0
"""A refusal in words, in two languages: for `sekisho explain` and the documents.

``docs/refusals.md`` and ``docs/refusals.ja.md`` are made of the same lines that
`sekisho explain SK-…` prints, so that an operator reads one text wherever it is found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from protocols.refusals import Cause, Refusal, RefusalClass

Language = Literal["en", "ja"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ja")

_LINK, _UNREADABLE = RefusalClass.LINK, RefusalClass.UNREADABLE
_READABLE, _LOCAL = RefusalClass.READABLE, RefusalClass.LOCAL


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands before the values of a row, and the words for those of them that
    are names."""

    kind: str
    rules: str
    causes: str
    sender: str
    operator: str
    retry: str
    yes: str
    no: str
    comma: str
    classes: Mapping[RefusalClass, str]
    who: Mapping[Cause, str]


_ENGLISH: Final = _Words(
    kind="Class",
    rules="Rules",
    causes="Who may cause it",
    sender="The sender",
    operator="The operator",
    retry="Send the same again",
    yes="yes",
    no="no",
    comma="; ",
    classes={
        _LINK: "link; the peer is told no code",
        _UNREADABLE: "unreadable; the peer is told SK-U00, whatever the cause",
        _READABLE: "readable; the sender is told this code",
        _LOCAL: "local; no peer is ever told it",
    },
    who={
        Cause.STRANGER: "whoever reaches the port or the address",
        Cause.PEER: "the station at the other end, by fault or on purpose",
        Cause.REQUESTER: "the requester",
        Cause.PROVIDER: "the provider",
        Cause.CORE: "the core system",
        Cause.OWN_SYSTEM: "a system of the station's own organisation",
        Cause.THIS_STATION: "this station: its clock, keys, master or lists",
        Cause.OPERATOR: "a person of the station's own organisation",
        Cause.LINE: "the line, or a machine between",
    },
)

_JAPANESE: Final = _Words(
    kind="区分",
    rules="規則",
    causes="原因となりうる者",
    sender="送信側の対処",
    operator="運用担当者の対処",
    retry="同じ電文の再送",
    yes="可",
    no="不可",
    comma="、",
    classes={
        _LINK: "接続（相手にはコードを伝えない）",
        _UNREADABLE: "判読不能（原因によらず、相手に伝えるコードはSK-U00だけ）",
        _READABLE: "判読可能（送信者にこのコードを伝える）",
        _LOCAL: "内部（どの相手にも伝えない）",
    },
    who={
        Cause.STRANGER: "ポート又はアドレスに到達できる者（誰でも）",
        Cause.PEER: "相手の局（誤り又は故意）",
        Cause.REQUESTER: "照会者",
        Cause.PROVIDER: "提供者",
        Cause.CORE: "コア（情報提供ネットワークシステム）",
        Cause.OWN_SYSTEM: "自組織のシステム",
        Cause.THIS_STATION: "自局（時計、鍵、配信マスター、失効リスト）",
        Cause.OPERATOR: "自組織の職員",
        Cause.LINE: "回線又は途中の機器",
    },
)

_WORDS: Final[Mapping[Language, _Words]] = {"en": _ENGLISH, "ja": _JAPANESE}


def title(row: Refusal, language: Language) -> str:
    """The code with its meaning."""
    return f"{row.code} {row.ja if language == 'ja' else row.en}"


def lines(row: Refusal, language: Language) -> tuple[str, ...]:
    """Everything that the table says of a code, below its title."""
    words = _WORDS[language]
    japanese = language == "ja"
    told = (
        (words.kind, words.classes[row.kind]),
        (words.rules, ", ".join(row.rules)),
        (words.causes, words.comma.join(words.who[one] for one in row.causes)),
        (words.sender, row.mend_ja if japanese else row.mend),
        (words.operator, row.operator_ja if japanese else row.operator),
        (words.retry, words.yes if row.retry else words.no),
    )
    return tuple(f"- {name}: {value}" for name, value in told)
