# SPDX-License-Identifier: Apache-2.0
"""Which texts a network can write, and how many characters of a text it cannot.

The side of information linkage writes JIS X 0213 in UTF-8; the resident-register
network knows more characters. Laws:

- Nothing is normalised: NFC and NFKC would silently turn one name into another. A text
  is writable or it is not.
- A base character and the variation selector behind it are *one* character, and it is
  external (外字): JIS X 0213 cannot say which form was meant. か with its combining
  mark ゜ is one character too, and JIS X 0213 has it.
- The geta mark (〓) stands where a character is known to be and cannot be shown. It is
  writable, and it counts as external: somebody's name has another character there.
- Half-width kana, ～ and the like are not JIS X 0213, however well they would convert.

Pure: the same text, the same answer.
"""

import re
from collections.abc import Iterator
from typing import Final

from schemas.resident_messages import IdentityRecord

_CODEC: Final = "iso2022_jp_2004"
"""ASCII and the two planes of JIS X 0213, and nothing else. ``shift_jis_2004`` lets
half-width kana in as well, ``euc_jis_2004`` those and JIS X 0212."""

GETA: Final = "〓"

_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_COMBINING_HANDAKUTEN: Final = "\u309a"

_COUNTED: Final = {
    "kanji_name": "name_external_character_count",
    "address": "address_external_character_count",
    "previous_address": "previous_address_external_character_count",
    "former_surname_kanji": "former_surname_external_character_count",
}
"""The four texts of an identity record whose external characters it counts."""


def unwritable(text: str) -> int | None:
    """Where in `text` stands what JIS X 0213 cannot write: the first, in code points.

    None where all of it can be written. A line end can; other controls cannot.
    """
    control = _CONTROL.search(text)
    end = len(text) if control is None else control.start()
    try:
        text[:end].encode(_CODEC)
    except UnicodeEncodeError as error:
        return error.start
    return None if control is None else end


def characters(text: str) -> Iterator[str]:
    """The text cut before every code point that does not belong to the one before."""
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and _continues(text[start:end], text[end]):
            continue
        yield text[start:end]
        start = end


def is_selector(mark: str) -> bool:
    """Whether a code point selects a variant of the character before it."""
    return "\ufe00" <= mark <= "\ufe0f" or "\U000e0100" <= mark <= "\U000e01ef"


def external_count(text: str) -> int:
    """How many characters (not code points) of `text` are external (外字数)."""
    if unwritable(text) is None:
        return text.count(GETA)
    return sum(
        character == GETA or unwritable(character) is not None
        for character in characters(text)
    )


def wrong_counts(record: IdentityRecord) -> tuple[str, ...]:
    """The fields of `record` that count its external characters, and count wrongly.

    In their order; the flag last, where it does not say whether there are any. A text
    that is absent has no count, or none but zero.
    """
    wrong = []
    total = 0
    for text_field, count_field in _COUNTED.items():
        text = getattr(record, text_field)
        told = getattr(record, count_field)
        found = external_count(text or "")
        total += found
        if told != found and not (text is None and told is None):
            wrong.append(count_field)
    if record.external_character_flag != (total > 0):
        wrong.append("external_character_flag")
    return tuple(wrong)


def _continues(character: str, mark: str) -> bool:
    if is_selector(mark):
        return not is_selector(character[0])
    return mark == _COMBINING_HANDAKUTEN and unwritable(character + mark) is None
