# SPDX-License-Identifier: Apache-2.0
"""Is this text a number of its kind? Four check digits, and two realms.

Kinds: individual number (個人番号, 12 digits), resident record code (住民票コード, 11),
local government code (全国地方公共団体コード, 6) and corporate number (法人番号, 13).
Pure: same text, same realm, same answer.

The remainder rules look alike and are not: a remainder of 0 gives the digit 0 for a
person's number and the digit 1 for a local government code. So each kind has its own
function, and only the two person's numbers share one.

A check digit finds typing errors (about one in fifty passes); it proves nothing else.

**Realms.** A random individual number with a right check digit may be somebody's. In
the `SIMULATION` realm the two person's numbers carry the digit five further, so that
no fixture can be a real number and a real number pasted into a simulation is refused.
A station keeps to one realm. Codes of bodies are public and have no realm.

Sources: individual number by 平成26年総務省令第85号第5条; local government code by
JIS X 0402; corporate number as the 国税庁 publishes it. The rule for the resident
record code is inferred from specimens, not read in its notice (告示); a remainder of
0 or 1 is not evidenced there.
"""

from enum import Enum
from typing import Final

_INDIVIDUAL_NUMBER_LENGTH: Final = 12
_RESIDENT_RECORD_CODE_LENGTH: Final = 11
_LOCAL_GOVERNMENT_CODE_LENGTH: Final = 6
_CORPORATE_NUMBER_LENGTH: Final = 13

_REALM_SHIFT: Final = 5
"""How far the simulation's digit is from the real one: any of 1 to 9 would do."""


class Realm(Enum):
    """Whose numbers these are."""

    SIMULATION = "simulation"
    """Invented people only. A number of this realm is never a real one."""
    STANDARD = "standard"
    """The numbers of living people, by the published rule."""


class NotABody(ValueError):
    """A number was to be made from something other than the right count of digits.

    A caller of ours caused it: the body of a number is its ASCII digits without the
    check digit. The text is not repeated here, it may be part of a real number.
    """


def individual_number_is_valid(text: str, realm: Realm) -> bool:
    """Whether ``text`` is twelve digits, the last the check digit of ``realm``.

    Whether anybody has this number is not asked.
    """
    return _person_number_is_valid(text, _INDIVIDUAL_NUMBER_LENGTH, realm)


def make_individual_number(body: str, realm: Realm) -> str:
    """The individual number of an eleven-digit ``body``; raises `NotABody`."""
    return _make_person_number(body, _INDIVIDUAL_NUMBER_LENGTH, realm)


def resident_record_code_is_valid(text: str, realm: Realm) -> bool:
    """Whether ``text`` is eleven digits, the last the check digit of ``realm``."""
    return _person_number_is_valid(text, _RESIDENT_RECORD_CODE_LENGTH, realm)


def make_resident_record_code(body: str, realm: Realm) -> str:
    """The resident record code of a ten-digit ``body``; raises `NotABody`."""
    return _make_person_number(body, _RESIDENT_RECORD_CODE_LENGTH, realm)


def local_government_code_is_valid(text: str) -> bool:
    """Whether ``text`` is six digits with a right last one.

    Whether such a municipality or prefecture exists is not asked.
    """
    if not _is_digits(text, _LOCAL_GOVERNMENT_CODE_LENGTH):
        return False
    total = sum(w * int(d) for w, d in zip((6, 5, 4, 3, 2), text[:-1], strict=True))
    return int(text[-1]) == (11 - total % 11) % 10


def corporate_number_is_valid(text: str) -> bool:
    """Whether ``text`` is thirteen digits with a right first one (1 to 9).

    Whether such a corporation exists is not asked.
    """
    if not _is_digits(text, _CORPORATE_NUMBER_LENGTH):
        return False
    body = text[1:]
    total = sum(map(int, body[::-2])) + 2 * sum(map(int, body[-2::-2]))
    return int(text[0]) == 9 - total % 9


def _is_digits(text: str, length: int) -> bool:
    """ASCII digits only: full-width and other scripts' digits are other texts."""
    return len(text) == length and text.isascii() and text.isdigit()


def _person_number_is_valid(text: str, length: int, realm: Realm) -> bool:
    if not _is_digits(text, length):
        return False
    return int(text[-1]) == _person_check_digit(text[:-1], realm)


def _make_person_number(body: str, length: int, realm: Realm) -> str:
    if not _is_digits(body, length - 1):
        raise NotABody(f"the body of this number is {length - 1} ASCII digits")
    return f"{body}{_person_check_digit(body, realm)}"


def _person_check_digit(body: str, realm: Realm) -> int:
    """Modulus 11, weights 2 to 7 over and over from the right; 0 and 1 give 0."""
    total = sum((2 + n % 6) * int(digit) for n, digit in enumerate(reversed(body)))
    remainder = total % 11
    digit = 0 if remainder <= 1 else 11 - remainder
    if realm is Realm.SIMULATION:
        return (digit + _REALM_SHIFT) % 10
    return digit
