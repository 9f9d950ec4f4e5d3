# SPDX-License-Identifier: Apache-2.0
"""Characters of names: which are external, by what they are replaced, how they sort.

The linkage network and the intermediate servers carry JIS X 0213 in UTF-8; the
resident record knows more. A character outside that set is external (外字) and crosses
as its recorded substitute (代替文字). Three laws:

- Nothing is normalised: NFC and NFKC would silently turn one name into another.
- A base character and the variation selector behind it are *one* character, and it is
  external: JIS X 0213 cannot say which form was meant. Its substitute is the base.
- What has no substitute in the table becomes the geta mark (〓), as on paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.charset import GETA, characters, external_count, is_selector, unwritable

__all__ = [
    "GETA",
    "SUBSTITUTES",
    "Substitution",
    "external_count",
    "substitute",
    "unvoiced",
]

SUBSTITUTES: Final[Mapping[str, str]] = {
    "髙": "高",
    "𠮷": "吉",
    "𠩤": "原",
    "槗": "橋",
    "𨺓": "隆",
    "𫝆": "今",
    "閒": "間",
    "靑": "青",
    "淸": "清",
    "敎": "教",
    "昻": "昂",
    "\ufa12": "晴",
    "\ufa17": "益",
    "\ufa18": "礼",
    "\ufa1c": "靖",
    "\ufa1d": "精",
    "\ufa1e": "羽",
    "\ufa25": "逸",
    "\ufa2a": "飯",
    "\ufa2c": "館",
    "\ufa2d": "鶴",
    "\uff5e": "〜",
}
"""External character to substitute, both one code point; escapes are compatibility
forms, which an editor might otherwise change unseen."""

_UNVOICED: Final = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゔぁぃぅぇぉっゃゅょゎゕゖ",
    "かきくけこさしすせそたちつてとはひふへほはひふへほうあいうえおつやゆよわかけ",
    "ー\u3099\u309a",
)


@dataclass(frozen=True, slots=True, repr=False)
class Substitution:
    """One character that was replaced; its repr is silent, it is part of a name."""

    position: int
    """Where the original begins in the original text, counted in code points."""
    original: str
    substitute: str


def substitute(text: str) -> tuple[str, tuple[Substitution, ...]]:
    """``text`` in JIS X 0213, and what was replaced, first to last.

    Whatever the text, the result can be encoded; a text without external characters
    comes back as it was.
    """
    if _in_jis(text):
        return text, ()
    parts: list[str] = []
    made: list[Substitution] = []
    position = 0
    for character in characters(text):
        part = character if _in_jis(character) else _substitute_of(character)
        if part != character:
            made.append(Substitution(position, character, part))
        parts.append(part)
        position += len(character)
    return "".join(parts), tuple(made)


def unvoiced(kana: str) -> str:
    """The search key of a hiragana reading (清音化かな): unvoiced, large, no long mark.

    For comparing only; never the name itself. Other characters stay as they are.
    """
    return kana.translate(_UNVOICED)


def _in_jis(text: str) -> bool:
    return unwritable(text) is None


def _substitute_of(character: str) -> str:
    base = "".join(mark for mark in character if not is_selector(mark))
    return SUBSTITUTES.get(base, base if base and _in_jis(base) else GETA)
