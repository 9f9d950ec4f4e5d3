# SPDX-License-Identifier: Apache-2.0
"""The forms of the counter: each a closed list of fields, and nothing else goes in.

A move-in form has persons and an address; a move within the city has an address and no
name, so a name cannot be changed with it. `form_of` makes a form of what a terminal
sends, and refuses a field that the form does not have.

Whoever stays behind when others leave stands in ``remaining`` with the relationship to
the head of then; it may be left out where nothing changes for them.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypeAlias

from simulators.register.basis import Approval, Basis, Confirmation
from simulators.register.births import Unknown
from simulators.register.record import Domicile, Foreign, Home, Placement
from simulators.register.silent import Silent


class NumberProof(Enum):
    """How the individual number of somebody who moves in was found genuine."""

    CARD = "card"
    CS_CHECK = "check by way of the CS"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Newcomer(Silent):
    """A person for whom a record is to be made.

    Who never had a record anywhere has neither code nor number; both come here.
    """

    name: str
    furigana: str
    born: date
    born_unknown: Unknown | None = None
    sex: str
    relationship: str
    resident_record_code: str | None = None
    individual_number: str | None = None
    number_proof: NumberProof | None = None
    check_reference: str | None = None
    """The number of the check by way of the CS."""
    former_surname: str | None = None
    former_surname_furigana: str | None = None
    alias: str | None = None
    domicile: Domicile | None = None
    foreign: Foreign | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Form(Silent):
    """What every form has."""

    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveIn(Form):
    """転入届. No previous municipality means from abroad."""

    moved_on: date
    home: Home
    newcomers: tuple[Newcomer, ...]
    household: int | None = None
    """The household that is joined; none means a new one."""
    previous_municipality: str | None = None
    previous_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SpecialMoveIn(Form):
    """特例転入: the persons come out of the move-out certificate information."""

    moved_on: date
    home: Home
    certificate: int
    relationships: tuple[str, ...]
    """One for each person of the certificate, in its order."""
    confirmation: Confirmation
    card: str
    """The serial number of the card that was shown."""
    holder: int = 0
    """Whose card it is: the person's place in the certificate."""
    household: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EnterExOfficio(Form):
    """職権記載."""

    since: date
    home: Home
    newcomers: tuple[Newcomer, ...]
    household: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Birth(Form):
    """出生届. The household that the child belongs to gives the address."""

    newborn: Newcomer
    household: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Death(Form):
    """死亡届."""

    record: int
    died_on: date
    remaining: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveOut(Form):
    """転出届. No destination municipality means abroad."""

    leaving_on: date
    records: tuple[int, ...]
    destination_address: str
    destination_municipality: str | None = None
    remaining: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveOutCancellation(Form):
    """転出取消."""

    record: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveWithin(Form):
    """転居届."""

    moved_on: date
    home: Home
    placements: tuple[Placement, ...]
    household: int | None = None
    """The household that is joined; none keeps a whole household, or makes a new one
    for those who leave theirs."""
    remaining: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HouseholdChange(Form):
    """世帯変更届: these are one household from now on."""

    changed_on: date
    placements: tuple[Placement, ...]
    household: int | None = None
    remaining: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Amendment(Silent):
    """What is to be written in place of what stands; None leaves a field as it is."""

    name: str | None = None
    furigana: str | None = None
    former_surname: str | None = None
    former_surname_furigana: str | None = None
    alias: str | None = None
    born: date | None = None
    """Comes with what of it is unknown; known whole where nothing is said."""
    born_unknown: Unknown | None = None
    sex: str | None = None
    relationship: str | None = None
    home: Home | None = None
    became_resident: date | None = None
    address_established: date | None = None
    domicile: Domicile | None = None
    foreign: Foreign | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FamilyRegisterChange(Form):
    """戸籍異動: name, former surname or domicile, by notification or by a notice."""

    record: int
    changed_on: date
    amendment: Amendment


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChangeExOfficio(Form):
    """職権修正, such as by a decision of a court."""

    record: int
    changed_on: date
    amendment: Amendment


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Correction(Form):
    """訂正: what was entered wrongly; needs a manager's approval."""

    record: int
    changed_on: date
    amendment: Amendment
    approval: Approval | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MinorCorrection(Form):
    """軽微な修正: another form of a character, a street renumbered."""

    record: int
    changed_on: date
    amendment: Amendment


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BuildingRename(Form):
    """方書 changed: all who live in a building of this name in this town."""

    changed_on: date
    town_code: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RemoveExOfficio(Form):
    """職権消除."""

    record: int
    removed_on: date
    remaining: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Naturalisation(Form):
    """帰化: the foreign resident's record goes, a Japanese one is made."""

    record: int
    naturalised_on: date
    name: str
    furigana: str
    domicile: Domicile


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NumberChange(Form):
    """個人番号の変更: on application, or ex officio for a leak."""

    record: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CodeChange(Form):
    """住民票コードの変更: on the resident's request, without a reason."""

    record: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Revision(Form):
    """改製."""

    record: int


AnyForm: TypeAlias = (
    MoveIn
    | SpecialMoveIn
    | EnterExOfficio
    | Birth
    | Death
    | MoveOut
    | MoveOutCancellation
    | MoveWithin
    | HouseholdChange
    | FamilyRegisterChange
    | ChangeExOfficio
    | Correction
    | MinorCorrection
    | BuildingRename
    | RemoveExOfficio
    | Naturalisation
    | NumberChange
    | CodeChange
    | Revision
)
