# SPDX-License-Identifier: Apache-2.0
"""共通基盤システム（庁内連携システム）: one place for what business systems share.

1. 統合データベース. The register tells each change; a business system fetches what its
   affair may have, for one person at a time, and gets what the register told, byte for
   byte. Nobody else can put anything in, and nothing goes out unasked.
2. 共通管理. Staff log in here for all business systems; who is revoked here is out of
   every one of them. Who may fetch under which affair is one of the 43, applied for and
   approved.

Each transfer is on record with system, affair and person, the refused ones too; and so
is each write, and each look of whoever runs the simulation (R-114).
"""

from collections.abc import Mapping
from typing import Final

from schemas.card_messages import CertificateInformationLink
from schemas.messages import read_payload, write_payload
from schemas.register_messages import (
    CommonPlatformFetch,
    CommonPlatformReply,
    ResidentRecordChange,
)
from schemas.systems import PLATFORM, STORES, TAX
from schemas.transfer_affairs import KIND
from simulators.city import access, staff
from simulators.city.guarded import GuardedSystem
from simulators.city.persons import is_older
from simulators.city.reasons import Attempt, Reason, Refused
from simulators.city.staff import Staff
from simulators.city.system import Handler, act
from simulators.city.taken import Given, Sender

CHANGE: Final = "resident_record_change"
MANAGER: Final = "management"
"""Who looks where whoever runs the simulation does."""


class CommonPlatform(GuardedSystem):
    """One city's common platform."""

    role = PLATFORM
    schema = f"""{access.SCHEMA} {staff.SCHEMA}
CREATE TABLE records (addressee TEXT PRIMARY KEY, sequence INTEGER NOT NULL,
    body BLOB NOT NULL) STRICT;
"""

    def __init__(self, organisation: str, given: Given) -> None:
        super().__init__(organisation, given)
        self.staff = Staff(self.store, self.clock, self.token_bytes)

    def handlers(self) -> Mapping[str, Handler]:
        return {CHANGE: self._change, "common_platform_fetch": self._fetch}

    # -- 1: integrated database --------------------------------------------------------

    def _change(self, value: ResidentRecordChange, sender: Sender) -> None:
        before = self._held(value.addressee_number)
        if before is not None:
            told = value.update_sequence_number, value.change_date
            held = before.update_sequence_number, before.change_date
            if is_older(*told, *held):
                self.history.happened("older than what is held", str(sender))
                return
            if told == held and value != before:
                raise Refused(Reason.CONTRADICTS)
        self.store.run(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?)",
            value.addressee_number,
            value.update_sequence_number,
            write_payload(value),
        )

    def _fetch(self, value: CommonPlatformFetch, sender: Sender) -> CommonPlatformReply:
        system = sender.system or (TAX if sender.role == TAX else "")
        attempt = Attempt(
            str(sender.station), system, value.affair_item, value.addressee_number, KIND
        )
        self.access.must_use(system, attempt)
        self.history.looked(attempt)
        held = self._held(value.addressee_number)
        if held is None:
            return CommonPlatformReply(
                affair_item=value.affair_item, addressee_number=value.addressee_number
            )
        return CommonPlatformReply(
            affair_item=value.affair_item,
            addressee_number=value.addressee_number,
            update_sequence_number=held.update_sequence_number,
            resident_record_information=held.resident_record_information,
        )

    @act
    def held(self, addressee_number: str) -> ResidentRecordChange | None:
        """What the register told last of somebody: on record as each other look."""
        self.history.looked(Attempt(MANAGER, MANAGER, "", addressee_number, KIND))
        return self._held(addressee_number)

    def _held(self, addressee_number: str) -> ResidentRecordChange | None:
        sql = "SELECT body FROM records WHERE addressee = ?"
        body: bytes | None = self.store.value(sql, addressee_number)
        if body is None:
            return None
        value = read_payload(CHANGE, body)
        assert isinstance(value, ResidentRecordChange)
        return value

    @act
    def link_certificate(self, value: CertificateInformationLink, by: str) -> int:
        """Tell the shops' system what it holds of a certificate (システム7 ②-1)."""
        return self.owe(STORES, value, by)

    # -- 2: common management ----------------------------------------------------------

    @act
    def enrol(self, person: str, department: str, secret: str, by: str) -> None:
        """A new account for all business systems."""
        self.staff.enrol(person, department, secret, by)

    @act
    def grant(self, person: str, system: str, by: str) -> None:
        """Let somebody use a business system."""
        self.staff.grant(person, system, by)

    @act
    def revoke(self, person: str, by: str) -> None:
        """Somebody moved or left: no business system is open to them any more."""
        self.staff.revoke(person, by)
        self.ties.untie(person)
        self.history.happened("revoked", by, person)

    @act
    def log_in(self, person: str, secret: str) -> str:
        """A session for every business system that was granted."""
        token = self.staff.log_in(person, secret)
        self.history.happened("logged in", person)
        return token

    @act
    def log_out(self, session: str) -> None:
        """The session ends."""
        self.staff.log_out(session)

    @act
    def must(self, session: str, system: str, affair: str) -> str:
        """Who works in a business system, on an affair; raises `Refused`.

        Asked by the business systems for each thing that somebody does there: logged
        in, the system granted, and in charge of the affair in the own department.
        """
        person = self.staff.who(session, system)
        attempt = Attempt(person, system, affair, "", "")
        self.ties.must(self.staff.department(person), attempt)
        return person
