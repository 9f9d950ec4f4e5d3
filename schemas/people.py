# SPDX-License-Identifier: Apache-2.0
"""By what somebody is asked for, and what is compared at a counter.

A key is exactly one of its fields; the XSD holds that. Nothing here shows itself.
"""

from dataclasses import dataclass
from datetime import date

from schemas.shape import Personal


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConfirmedPerson(Personal):
    """The code and the four items (４情報): enough to compare with what is shown."""

    resident_record_code: str
    kanji_name: str
    date_of_birth: date
    sex: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FourItems(Personal):
    """４情報 as a key: what is not asked for is None. How many it takes is a rule."""

    kanji_name: str | None = None
    address: str | None = None
    sex: str | None = None
    date_of_birth: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SearchKey(Personal):
    """Exactly one of code, number and items (R-065)."""

    resident_record_code: str | None = None
    individual_number: str | None = None
    four_items: FourItems | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConfirmationKey(Personal):
    """The code on the card shown, or the items on a document; never a number."""

    resident_record_code: str | None = None
    four_items: FourItems | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddresseeKey(Personal):
    """Exactly one of the two numbers by which the addressee system answers (R-037)."""

    individual_number: str | None = None
    addressee_number: str | None = None
