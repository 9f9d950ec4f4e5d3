# SPDX-License-Identifier: Apache-2.0
"""On what an entry rests, and who does it: notification or decision, operator, manager.

Every entry rests on a notification (届出) or on a decision ex officio (職権); there is
no third. A notification comes in writing from the person or an agent, whose identity
the counter confirmed: a document without a photo needs a second one or an interview, an
agent a letter of attorney.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from simulators.register.errors import Fault, NotAllowed, Rule

__all__ = [
    "Approval",
    "Basis",
    "Cause",
    "Confirmation",
    "Kind",
    "Notifier",
    "Operator",
    "Proof",
    "approved",
    "basis_faults",
    "decided",
    "is_reference",
    "notified",
]

_REFERENCE: Final = re.compile(r"[0-9A-Za-z_.\-]{1,40}")


class Kind(Enum):
    NOTIFICATION = "notification"
    EX_OFFICIO = "ex officio"


class Notifier(Enum):
    """Who brought the notification."""

    SELF = "self"
    AGENT = "agent"


class Proof(Enum):
    """A document that was shown at the counter."""

    CARD = "individual number card"
    LICENCE = "driving licence"
    PASSPORT = "passport"
    RESIDENCE_CARD = "residence card"
    INSURANCE = "insurance certificate"
    PENSION = "pension book"
    NOTIFICATION_CARD = "notification card"


WITH_PHOTO: Final = frozenset(
    {Proof.CARD, Proof.LICENCE, Proof.PASSPORT, Proof.RESIDENCE_CARD}
)


class Cause(Enum):
    """Why something is decided ex officio."""

    COURT = "court"
    SURVEY = "survey"
    NOTICE = "notice"
    """Of another municipality, the family register or the Ministry of Justice."""
    LEAK = "leak"
    """An individual number leaked and may be misused."""
    MAINTENANCE = "maintenance"
    """Reference data changed, such as the name of a building."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an entry rests on; make one with `notified` or `decided`."""

    kind: Kind
    reference: str
    """The number of the notification form, or of the decision."""
    on: date
    notifier: Notifier | None = None
    proofs: tuple[Proof, ...] = ()
    interviewed: bool = False
    letter_of_attorney: bool = False
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """Who sits at which terminal. Both are names that the caller gives."""

    name: str
    terminal: str = "SIMTERMINAL"


@dataclass(frozen=True, slots=True)
class Approval:
    """A manager's permission, by its number."""

    by: str
    reference: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the CS said when it was asked whether this is the person."""

    reference: str
    confirmed: bool


def notified(
    reference: str,
    on: date,
    *,
    notifier: Notifier = Notifier.SELF,
    proofs: tuple[Proof, ...] = (Proof.LICENCE,),
    interviewed: bool = False,
    letter_of_attorney: bool = False,
) -> Basis:
    """届出, received on this day."""
    return Basis(
        kind=Kind.NOTIFICATION,
        reference=reference,
        on=on,
        notifier=notifier,
        proofs=proofs,
        interviewed=interviewed,
        letter_of_attorney=letter_of_attorney,
    )


def decided(reference: str, on: date, cause: Cause) -> Basis:
    """職権, decided on this day."""
    return Basis(kind=Kind.EX_OFFICIO, reference=reference, on=on, cause=cause)


def basis_faults(basis: Basis, kinds: frozenset[Kind], today: date) -> list[Fault]:
    """What is wrong with the basis of a form that may rest on these kinds."""
    faults = []
    if basis.kind not in kinds:
        faults.append(Fault("basis", Rule.BASIS))
    if not is_reference(basis.reference):
        faults.append(Fault("basis.reference", Rule.MISSING))
    if basis.on > today:
        faults.append(Fault("basis.on", Rule.IN_THE_FUTURE))
    if basis.kind is Kind.NOTIFICATION:
        return faults + _counter_faults(basis)
    if basis.cause is None:
        faults.append(Fault("basis.cause", Rule.MISSING))
    return faults


def is_reference(text: str) -> bool:
    """Whether this can be the number of a form, decision, operator or terminal."""
    return _REFERENCE.fullmatch(text) is not None


def approved(approval: Approval | None, *others: str) -> Approval:
    """The approval, if it is one and its manager is none of the ``others``.

    Raises `NotAllowed`.
    """
    if approval is None or not is_reference(approval.reference):
        raise NotAllowed("this needs the approval of a manager")
    if not is_reference(approval.by) or approval.by in others:
        raise NotAllowed("nobody approves what he does himself")
    return approval


def _counter_faults(basis: Basis) -> list[Fault]:
    faults = []
    if basis.notifier is None:
        faults.append(Fault("basis.notifier", Rule.MISSING))
    if basis.notifier is Notifier.AGENT and not basis.letter_of_attorney:
        faults.append(Fault("basis.letter_of_attorney", Rule.NOTIFIER))
    enough = (
        bool(WITH_PHOTO.intersection(basis.proofs))
        or len(set(basis.proofs)) > 1
        or (basis.interviewed and bool(basis.proofs))
    )
    if not enough:
        faults.append(Fault("basis.proofs", Rule.PROOF))
    return faults
