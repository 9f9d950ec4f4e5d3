# SPDX-License-Identifier: Apache-2.0
"""The 78 flow steps of the assessment document's 別添１, and what each is here.

`F1` is the resident register file, `F23` the files of identity information and of
sending destinations; the number is section and step of the document. A step is either
a *message* between systems, *counter* work of a person, or *internal* work of one
system. A message names its type and the systems along its way; of a step through a
third system the way has every hop.

The document's sentences often name no sender, and some of its ways cannot be gone.
Where this table departs from the plain reading:

- F1-07-2a reaches J-LIS from the prefecture (住民基本台帳法第30条の7), not from the CS.
- F1-07-2c: other municipalities are told nothing unasked; they search (R-069).
- F1-11-2 passes through the existing resident system: a CS and the addressee system are
  not connected (R-029).
- F1-11-4 comes from the core, which makes the code (番号法第21条の2); J-LIS asks it to.
- F1-12-1 is the core's order to the provider; F1-12-2 goes to the requester directly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from schemas.systems import (
    ADDRESSEE,
    CARDS,
    CORE,
    CS,
    EXISTING,
    EXISTING_TERMINAL,
    FAMILY_REGISTER,
    INTERMEDIATE,
    JLIS,
    JUSTICE,
    JUSTICE_TERMINAL,
    NATIONAL,
    PLATFORM,
    PREFECTURE,
    TERMINAL,
)

__all__ = ["STEPS", "Act", "Step", "steps_of"]


class Act(Enum):
    """What kind of step it is."""

    MESSAGE = "message"
    COUNTER = "counter"
    """Done by a person, with a resident or at a screen."""
    INTERNAL = "internal"
    """Done by one system in itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the document."""

    name: str
    act: Act
    path: tuple[str, ...]
    """The systems along the way; the one that does it where nothing is sent."""
    message: str | None = None
    """The message type, exactly where the act is a message."""

    @property
    def hops(self) -> tuple[tuple[str, str], ...]:
        """Sender and receiver of each hop."""
        return tuple(zip(self.path, self.path[1:], strict=False))


def _sent(name: str, message: str, *path: str) -> Step:
    return Step(name, Act.MESSAGE, path, message)


def _at_the_counter(name: str, system: str) -> Step:
    return Step(name, Act.COUNTER, (system,))


def _within(name: str, system: str) -> Step:
    return Step(name, Act.INTERNAL, (system,))


_RESIDENT_REGISTER: Final = (
    _at_the_counter("F1-01-1", EXISTING_TERMINAL),
    _at_the_counter("F1-01-2", EXISTING),
    _within("F1-01-3", EXISTING),
    _at_the_counter("F1-02-1", EXISTING_TERMINAL),
    _at_the_counter("F1-02-2", EXISTING),
    _within("F1-02-3", EXISTING),
    _sent("F1-02-4", "individual_number_generation_request", EXISTING, CS, JLIS),
    _within("F1-02-5", JLIS),
    _sent("F1-02-6", "individual_number_generation_response", JLIS, CS, EXISTING),
    _within("F1-02-7", EXISTING),
    _at_the_counter("F1-03-1", EXISTING_TERMINAL),
    _at_the_counter("F1-03-2", EXISTING),
    _within("F1-03-3", EXISTING),
    _sent("F1-03-4", "individual_number_generation_request", EXISTING, CS, JLIS),
    _within("F1-03-5", JLIS),
    _sent("F1-03-6", "individual_number_generation_response", JLIS, CS, EXISTING),
    _within("F1-03-7", EXISTING),
    _at_the_counter("F1-04-1", EXISTING),
    _at_the_counter("F1-05-1", EXISTING_TERMINAL),
    _at_the_counter("F1-05-2", EXISTING),
    _at_the_counter("F1-05-3", EXISTING_TERMINAL),
    _within("F1-06-1", EXISTING),
    _at_the_counter("F1-06-2", EXISTING),
    _sent("F1-07-1", "identity_information_update", EXISTING, CS),
    _sent("F1-07-2a", "identity_information_update_notice", PREFECTURE, NATIONAL),
    _sent("F1-07-2b", "identity_information_update_notice", CS, PREFECTURE),
    _sent("F1-07-2c", "identity_information_search_request", CS, NATIONAL),
    _within("F1-08-1", EXISTING),
    _at_the_counter("F1-08-2", EXISTING),
    _at_the_counter("F1-08-3", JUSTICE_TERMINAL),
    _sent("F1-08-4", "foreign_resident_notice", JUSTICE_TERMINAL, JUSTICE),
    _sent("F1-09-1", "family_register_supplement_information", EXISTING, CS),
    _sent("F1-09-2", "family_register_supplement_information", CS, CS),
    _sent("F1-09-3", "family_register_supplement_information", CS, CS),
    _sent("F1-09-4a", "family_register_supplement_update", CS, EXISTING),
    _sent("F1-09-4b", "family_register_supplement_update", EXISTING, FAMILY_REGISTER),
    _sent("F1-10-1a", "resident_record_change", EXISTING, PLATFORM),
    _sent("F1-10-1b", "numbered_resident_record_change", EXISTING, ADDRESSEE),
    _sent("F1-10-2", "resident_record_copy", ADDRESSEE, INTERMEDIATE),
    _sent("F1-11-1", "number_pair_registration", ADDRESSEE, INTERMEDIATE),
    _sent(
        "F1-11-2",
        "personal_identifier_code_request",
        INTERMEDIATE,
        ADDRESSEE,
        EXISTING,
        CS,
    ),
    _sent("F1-11-3", "personal_identifier_code_request", CS, JLIS),
    _sent("F1-11-4", "personal_identifier_code_notice", CORE, INTERMEDIATE),
    _sent("F1-12-1", "provision_order", CORE, INTERMEDIATE),
    _sent("F1-12-2", "information_provision", INTERMEDIATE, INTERMEDIATE),
)

_IDENTITY_AND_DESTINATION: Final = (
    _at_the_counter("F23-01-1", EXISTING_TERMINAL),
    _within("F23-01-2", EXISTING),
    _sent("F23-01-3", "identity_information_update", EXISTING, CS),
    _sent("F23-01-4", "identity_information_update_notice", CS, PREFECTURE),
    _at_the_counter("F23-02-1", TERMINAL),
    _sent("F23-02-2", "identity_confirmation_request", TERMINAL, CS),
    _sent("F23-02-3", "identity_confirmation_request", CS, NATIONAL),
    _sent("F23-02-4", "identity_confirmation_result", NATIONAL, CS, TERMINAL),
    _sent("F23-03-1", "move_out_certificate_information", CS, CS),
    _sent("F23-03-2", "move_out_certificate_information", CS, EXISTING),
    _at_the_counter("F23-03-3", TERMINAL),
    _within("F23-03-N1", CS),
    _sent("F23-03-N2a", "move_out_certificate_resend_request", TERMINAL, CS),
    _sent("F23-03-N2b", "move_out_certificate_resend_request", CS, CS),
    _within("F23-03-4", EXISTING),
    _sent("F23-03-5a", "move_in_notice", EXISTING, CS),
    _sent("F23-03-5b", "move_in_notice", CS, CS),
    _sent("F23-03-5c", "identity_information_update_notice", CS, PREFECTURE),
    _sent("F23-03-6", "card_management_information_update_request", CS, CARDS),
    _sent("F23-04-1", "identity_information_search", TERMINAL, CS),
    _sent("F23-04-N1a", "identity_information_search_request", CS, PREFECTURE),
    _sent("F23-04-N1b", "identity_information_search_request", CS, NATIONAL),
    _sent("F23-05-1", "jlis_identity_information_inquiry", CS, JLIS),
    _sent("F23-05-2", "jlis_identity_information_response", JLIS, CS),
    _sent("F23-06-1a", "consistency_check_information", CS, PREFECTURE),
    _sent("F23-06-1b", "consistency_check_information", CS, NATIONAL),
    _within("F23-06-2a", PREFECTURE),
    _within("F23-06-2b", NATIONAL),
    _sent("F23-06-3a", "consistency_check_result", PREFECTURE, CS),
    _sent("F23-06-3b", "consistency_check_result", NATIONAL, CS),
    _sent("F23-07-1", "sending_destination_extract", EXISTING, CS),
    _sent("F23-07-2", "sending_destination_notice", CS, CARDS),
    _sent("F23-08-1", "card_status_notice", CS, CARDS),
)

STEPS: Final[Mapping[str, Step]] = MappingProxyType(
    {step.name: step for step in (*_RESIDENT_REGISTER, *_IDENTITY_AND_DESTINATION)}
)
"""Every step, by name, in the order of the document."""


def steps_of(message: str) -> tuple[str, ...]:
    """The names of the steps in which this message type is sent."""
    return tuple(step.name for step in STEPS.values() if step.message == message)
