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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_CODEC: Final = "shift_jis_2004"
"""The membership test. ``euc_jis_2004`` lets JIS X 0212 in as well."""

GETA: Final = "〓"
"""Stands where a character is known to be and cannot be shown."""

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

_HANDAKUTEN: Final = "\u309a"
"""Combining mark: か゚ is one character of JIS X 0213 in two code points."""

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
    for character in _characters(text):
        part = character if _in_jis(character) else _substitute_of(character)
        if part != character:
            made.append(Substitution(position, character, part))
        parts.append(part)
        position += len(character)
    return "".join(parts), tuple(made)


def external_count(text: str) -> int:
    """How many characters (not code points) of ``text`` are external (外字数)."""
    if _in_jis(text):
        return 0
    return sum(not _in_jis(character) for character in _characters(text))


def unvoiced(kana: str) -> str:
    """The search key of a hiragana reading (清音化かな): unvoiced, large, no long mark.

    For comparing only; never the name itself. Other characters stay as they are.
    """
    return kana.translate(_UNVOICED)


def _characters(text: str) -> Iterator[str]:
    """The text cut before every code point that does not belong to the one before."""
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and _continues(text[start:end], text[end]):
            continue
        yield text[start:end]
        start = end


def _continues(character: str, mark: str) -> bool:
    if _is_selector(mark):
        return not _is_selector(character[0])
    return mark == _HANDAKUTEN and _in_jis(character + mark)


def _is_selector(mark: str) -> bool:
    return "\ufe00" <= mark <= "\ufe0f" or "\U000e0100" <= mark <= "\U000e01ef"


def _in_jis(text: str) -> bool:
    try:
        text.encode(_CODEC)
    except UnicodeEncodeError:
        return False
    return True


def _substitute_of(character: str) -> str:
    base = "".join(mark for mark in character if not _is_selector(mark))
    return SUBSTITUTES.get(base, base if base and _in_jis(base) else GETA)
