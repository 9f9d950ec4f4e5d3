# SPDX-License-Identifier: Apache-2.0
"""Turns a value into another one of the same kind. Laws:

- The same value of the same kind becomes the same fiction within one capture, and in
  another capture a different one: the key is made anew each time and kept nowhere.
- Length and classes of characters stay: hiragana stay hiragana, what JIS X 0213 cannot
  write stays so. No character of a replaced class stays as it was.
- A number of the simulation realm becomes another one of it. Any other number gets a
  check digit of no realm: it stays wrong, and it is nobody's.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    make_individual_number,
    make_resident_record_code,
    resident_record_code_is_valid,
)
from schemas.charset import characters, unwritable

_KANJI: Final = (
    "一丁七三上下中主久九二五京今仁介会伸位佐作保信修倉健元光克八六共兵内冬凪列利前"
    "力加助勇勝北千卓博原友古史司吉同名向君和咲品哲唯善喜四園圭坂城基堀堤夏夕外多大天"
)
_EXTERNAL: Final = "髙𠮷𠩤槗𨺓𫝆閒靑淸敎昻"
_CLASSES: Final = (
    "0123456789",
    "０１２３４５６７８９",
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ",
    "ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよ",
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨ",
    "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖ",
)
_MEANS_NOBODY: Final = "PZS"
"""Punctuation, spaces and signs: they separate, and stay."""


class Fiction:
    """The fictions of one capture."""

    def __init__(self, key: bytes, known: Mapping[str, str] | None = None) -> None:
        """``known``: numbers of the network's own residents to those of others."""
        self._key = key
        self._known = known or {}

    def text(self, value: str, kind: str = "text") -> str:
        """Another text, character by character of the same class."""
        chosen = self._chances(kind, value)
        return "".join(_other(one, next(chosen)) for one in characters(value))

    def individual_number(self, value: str) -> str:
        return self._number(
            value, individual_number_is_valid, make_individual_number, 12
        )

    def resident_record_code(self, value: str) -> str:
        return self._number(
            value, resident_record_code_is_valid, make_resident_record_code, 11
        )

    def addressee_number(self, value: str) -> str:
        return self._known.get(value) or self.text(value, "addressee")

    def code(self, value: str) -> str:
        """Hexadecimal digits, as codes and ids are written."""
        if not value or set(value) - set("0123456789abcdef"):
            return self.text(value, "code")
        size = (len(value) + 1) // 2
        made = hashlib.shake_256(self._digest("code", value)).hexdigest(size)
        return made[: len(value)]

    def shift(self, what: str, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``, the same for the whole capture."""
        chance = int.from_bytes(self._digest("shift", what)[:8], "big")
        return least + chance % (most - least + 1)

    def _number(
        self,
        value: str,
        is_valid: Callable[[str, Realm], bool],
        make: Callable[[str, Realm], str],
        digits: int,
    ) -> str:
        if value in self._known:
            return self._known[value]
        if not (value.isascii() and value.isdigit() and len(value) == digits):
            return self.text(value, "number")
        body = self.text(value[:-1], "number")
        made = make(body, Realm.SIMULATION)
        return made if is_valid(value, Realm.SIMULATION) else _raised(made)

    def _chances(self, kind: str, value: str) -> Iterator[int]:
        seed, turn = self._digest(kind, value), 0
        while True:
            yield from hashlib.sha512(seed + turn.to_bytes(4, "big")).digest()
            turn += 1

    def _digest(self, kind: str, value: str) -> bytes:
        said = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, "sha256")


def _raised(number: str) -> str:
    """With a check digit of no realm."""
    return f"{number[:-1]}{(int(number[-1]) + 3) % 10}"


def _other(character: str, chance: int) -> str:
    """Another character of the same class; a sign stays."""
    if unicodedata.category(character[0])[0] in _MEANS_NOBODY:
        return character
    for pool in _CLASSES:
        if character in pool:
            return _pick(pool, character, chance)
    if unwritable(character) is not None:
        return _pick(_EXTERNAL, character, chance)
    if "\u3041" <= character[0] <= "\u3096":
        return _pick(_CLASSES[6], character, chance)
    if "\u30a1" <= character[0] <= "\u30fc":
        return _pick(_CLASSES[7], character, chance)
    return _pick(_KANJI, character, chance)


def _pick(pool: str, original: str, chance: int) -> str:
    rest = [one for one in pool if one != original]
    return rest[chance % len(rest)]
