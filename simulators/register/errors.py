# SPDX-License-Identifier: Apache-2.0
"""Every way in which the register says no.

A text names the field of a form and the rule, never a value: a number, a name or a
code stands in no message of ours.
"""

from dataclasses import dataclass
from enum import Enum


class RegisterError(Exception):
    """The register did not do what was asked; nothing in it was changed."""


class Rule(Enum):
    """What an entry may be refused for."""

    NOT_ON_THE_FORM = "the form has no such field"
    MISSING = "must be given"
    FORMAT = "is not in the form that the register keeps"
    NUMBER = "has a wrong check digit, or is of another realm than the simulation"
    UNKNOWN_CODE = "is a code that the tables do not have"
    OTHER_TOWN = "does not lie in the town that is named"
    NOT_THE_FIRST = "is not the first day of what is known of it"
    BEFORE_BIRTH = "is before the birth"
    IN_THE_FUTURE = "is in the future"
    BEFORE_LAST = "is before the last change of this record"
    ALREADY_PRESENT = "is already a resident: nobody moves in twice"
    HELD_BY_ANOTHER = "is the number of another resident"
    NOT_PRESENT = "is not a resident: the record was removed, or never made"
    MORE_THAN_ALLOWED = "is changed, which this reason does not allow"
    NOTHING_CHANGED = "nothing would be changed"
    NO_HEAD = "residents would be left without a head of household"
    TWO_HEADS = "would have more than one head"
    TWO_HOMES = "members of one household would live at two addresses"
    DOMICILE = "a Japanese has a registered domicile, a foreign resident has none"
    BASIS = "this form needs the other kind of basis"
    CAUSE = "this form is not for that cause"
    NOTIFIER = "an agent needs a letter of attorney"
    PROOF = "identity was not confirmed at the counter"
    NUMBER_UNPROVEN = "needs the card shown, or a check by way of the CS"
    CONFIRMATION = "needs the identity confirmed with the card that was shown"
    NO_CERTIFICATE = "no move-out certificate information is here: ask for it again"
    OTHER_PERSON = "is not that of the person for whom it was asked"
    NO_CODES_LEFT = "no unused resident record code is left: ask for a new list"
    ENTERED_BEFORE = "this notification or decision was entered before"
    OPEN_ENTRY = "another entry on this record waits for its check"
    UPDATES_PROHIBITED = "updates of this record are prohibited"
    ARRIVED_ELSEWHERE = "has arrived in another municipality: a notice says so"
    NOT_LEAVING = "has not notified a move-out"
    APPROVAL = "needs the approval of a manager who does not make the entry"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason of a refusal: which field, and against which rule."""

    field: str
    rule: Rule

    def __str__(self) -> str:
        return f"{self.field}: {self.rule.value}"


class EntryRefused(RegisterError):
    """An entry does not fit its form, or does not fit what the register knows.

    Whoever keyed it in mistook something, or the notification itself is wrong. Each
    reason names its field; correct these and enter it again. Nothing was written.
    """

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class NotAllowed(RegisterError):
    """The person who asks may not do this, or not without somebody else.

    Entry and check are two people's; a correction, an extraction and an erasure need a
    manager's approval; an application needs an applicant who may have it.
    """


class NotThere(RegisterError):
    """No record, entry, message or condition has this number.

    The number was mistyped, or belongs to another register. Look it up again.
    """


class NotNow(RegisterError):
    """The thing is in a state from which this step does not lead.

    It was done before, or something has to come first. Look at its state.
    """


class WrongSource(RegisterError):
    """A message came by another way than the CS, or from a source that is isolated.

    What comes from an isolated source is set aside by its sender until the source is
    restored; nothing of it was taken in.
    """


class StillKept(RegisterError):
    """What was to be erased has to be kept for 150 years, or is the current state.

    住民基本台帳法施行令第34条第2項. Nothing was erased.
    """


class StoreFault(RegisterError):
    """The register's file cannot be used: not ours, of another version, or in use.

    See that the path names a register, that only its owner can read it, and that no
    other process has it open.
    """
