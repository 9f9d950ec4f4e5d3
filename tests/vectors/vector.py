# SPDX-License-Identifier: Apache-2.0
"""A vector: bytes that a recipe makes, and what a reader must say of them.

What is expected stands beside the recipe, written by hand. Nothing is taken from what
the reader happens to answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Make = Callable[[], bytes]

SIGNED: Final = "signed"
"""Read as the signed header of a message."""
SEALED: Final = "sealed"
"""Read as the seal around a message."""
REFUSAL: Final = "refusal"
"""Read as the answer to the example ``refused``."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One file."""

    id: str
    shape: str
    """What is there, in one sentence."""
    make: Make
    row: str = ""
    """The row of the profile's table that it breaks or uses; empty where none does."""
    error: str = ""
    """The class of the inner error; empty where the message is accepted."""
    place: str = ""
    """The place that the inner error names, if it names one."""
    code: str = ""
    """The refusal that the station's record holds; empty where it is accepted."""

    @property
    def kind(self) -> str:
        return self.id.partition("-")[0]

    @property
    def accepted(self) -> bool:
        return not self.error

    @property
    def file(self) -> str:
        return f"{self.kind}/{self.id}.der"

    def as_json(self, openssl: bool) -> dict[str, Any]:
        """The entry of the manifest."""
        return {
            "id": self.id,
            "file": self.file,
            "shape": self.shape,
            "row": self.row,
            "verdict": "accepted" if self.accepted else "refused",
            "error": self.error,
            "place": self.place,
            "code": self.code,
            "openssl": "accepts" if openssl else "refuses",
        }


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the vectors of one kind, which share code and outermost structure."""

    kind: str
    structure: str
    code: str

    def accepted(self, name: str, shape: str, make: Make, row: str = "") -> Vector:
        return Vector(f"{self.kind}-{name}", shape, make, row)

    def by_value(
        self, name: str, shape: str, make: Make, row: str, place: str | None = None
    ) -> Vector:
        """Refused because a value is not one that the row allows."""
        told = row if place is None else place
        return self._refused(name, shape, make, row, "CmsError", told)

    def by_shape(
        self, name: str, shape: str, make: Make, row: str = "", place: str = ""
    ) -> Vector:
        """Refused because it is not DER, or not the structure that belongs there."""
        told = place or self.structure
        return self._refused(name, shape, make, row, "DerError", told)

    def by_key(
        self, name: str, shape: str, make: Make, place: str, code: str
    ) -> Vector:
        """Refused because no key that is known signed just this."""
        return Vector(f"{self.kind}-{name}", shape, make, "", "CmsError", place, code)

    def by_library(self, name: str, shape: str, make: Make, error: str) -> Vector:
        """Refused by the arithmetic below us, which names no place."""
        return self._refused(name, shape, make, "", error, "")

    def by_protocol(self, name: str, shape: str, make: Make, code: str) -> Vector:
        """Of the profile, and refused by the room above it."""
        return Vector(f"{self.kind}-{name}", shape, make, "", "Unreadable", "", code)

    def by_answer(self, name: str, shape: str, make: Make) -> Vector:
        """An answer that has no effect: its reader has one reason for all of them."""
        return self._refused(name, shape, make, "", "AnswerInvalid", "")

    def _refused(
        self, name: str, shape: str, make: Make, row: str, error: str, place: str
    ) -> Vector:
        return Vector(f"{self.kind}-{name}", shape, make, row, error, place, self.code)


signed = Maker(SIGNED, "SignedContentInfo", "SK-U01")
sealed = Maker(SEALED, "SealedContentInfo", "SK-U02")
