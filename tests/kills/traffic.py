# SPDX-License-Identifier: Apache-2.0
"""What the people and systems around the stations do while one of them dies.

An inside system hands its inquiries in under ids of its own and hands each in again
until it is acknowledged, as the protocol tells it to. A person decides about what is
held. Nothing here waits: each look does what can be done now.
"""

import hashlib
from dataclasses import dataclass, field

from click.testing import CliRunner

from gateway.holds_cli import holds
from gateway.records.errors import RecordsError
from schemas.messages import (
    InformationInquiryRequest,
    SubmissionAccepted,
    read_payload,
    write_payload,
)
from schemas.payload import type_of
from simulators.network import parties as people
from simulators.network.stage import XML
from simulators.web import LinkFailed
from tests.flows.conftest import ITEM
from tests.kills.moments import PROVIDER, REQUESTER
from tests.kills.network import NAMES, Network
from tests.kills.plan import Plan

PERSON = "okuda"
UNAVAILABLE = 503


@dataclass(slots=True)
class Inquiry:
    """One, as its system knows it."""

    at: float
    """Seconds after the seed began."""
    submission: str
    subject: str = field(repr=False)
    number: str = ""
    """Hex; empty until it is acknowledged."""


@dataclass(slots=True)
class Traffic:
    """One seed's."""

    network: Network
    plan: Plan
    round: str
    """Makes ids differ where a seed is run again in the same network."""
    inquiries: list[Inquiry] = field(init=False)
    decided: dict[str, str] = field(default_factory=dict)
    """Processing number to the decision that was acknowledged."""
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        stage, at = self.network.stage, 0.0
        of = stage.city
        subjects = [
            stage.unflagged(of, number).addressee_number
            for number in self.plan.subjects
        ]
        if self.plan.held:
            subjects[len(subjects) // 2] = stage.flagged(of).addressee_number
        self.inquiries = []
        for place, (gap, subject) in enumerate(
            zip(self.plan.gaps, subjects, strict=True)
        ):
            at += gap
            text = f"{self.plan.seed} {self.round} {place}"
            name = hashlib.sha256(text.encode()).hexdigest()[:32]
            self.inquiries.append(Inquiry(at, name, subject))

    @property
    def numbers(self) -> list[str]:
        """The processing numbers of what was acknowledged."""
        return [one.number for one in self.inquiries if one.number]

    @property
    def handed_in(self) -> bool:
        """Whether everything was acknowledged."""
        return all(one.number for one in self.inquiries)

    def ask(self, passed: float) -> bool:
        """Hand in the next that is due; whether one was tried."""
        for one in self.inquiries:
            if not one.number and one.at <= passed:
                self._hand_in(one)
                return True
        return False

    def _hand_in(self, one: Inquiry) -> None:
        request = InformationInquiryRequest(
            item_no=ITEM,
            kinds=("resident_record_information",),
            addressee_number=one.subject,
            provider=people.CITY,
        )
        path = f"/v1/inside/messages?submission={one.submission}"
        link = self.network.stage.inside(NAMES[REQUESTER])
        try:
            reply = link.post(path, XML, write_payload(request))
        except LinkFailed:
            return
        if reply.status == UNAVAILABLE:
            return
        answer = read_payload(type_of(reply.body), reply.body)
        if isinstance(answer, SubmissionAccepted) and answer.processing_number:
            one.number = answer.processing_number.hex()
        else:
            self.faults.append(f"an inquiry was not taken: {answer}")
            one.number = "0"

    def decide(self) -> None:
        """Decide about what is held now, as the plan says."""
        if not self.plan.held or self.network.daemons[PROVIDER].is_dead():
            return
        try:
            with self.network.store(PROVIDER) as store:
                found = store.holds("open")
        except RecordsError:
            return
        config = self.network.stage.config(NAMES[PROVIDER])
        for hold in found:
            words = ("--operator", PERSON, "--reason", "the seed says so")
            command = [self.plan.held, hold.hold_id, "--config", config, *words]
            if CliRunner().invoke(holds, command).exit_code == 0:
                self.decided[hold.processing_number.hex()] = self.plan.held
