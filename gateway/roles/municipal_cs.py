# SPDX-License-Identifier: Apache-2.0
"""The municipal CS (市町村CS): passes identity information on to its prefecture.

Law: 住基法第30条の6. What comes from the existing resident system is checked and sent
as it is, each time it changes (R-004, R-005), to the prefecture and to nobody else.
"""

from datetime import datetime

from gateway.config import ConfigRefused
from gateway.dispatch import Draft
from gateway.outcome import Admitted, Held
from gateway.records.rows import Outgoing
from gateway.roles.plan import NOTHING, About, Plan
from gateway.station import Station
from pki.names import StationName
from protocols.envelope import Opened
from schemas.messages import (
    IdentityInformationUpdateNotice,
    IdentityRecord,
    write_payload,
)
from schemas.systems import EXISTING, PREFECTURE


class MunicipalCs:
    """Takes updates from inside; peers have nothing to tell it yet."""

    def __init__(self, station: Station) -> None:
        prefecture = station.config.prefecture
        if prefecture is None:
            raise ConfigRefused(f"{station.name}: a municipal CS needs prefecture")
        self.prefecture = StationName(prefecture, PREFECTURE)
        if station.directory.peer(self.prefecture) is None:
            raise ConfigRefused(
                f"{station.name}: the master has no {self.prefecture}: correct "
                "prefecture, or fetch the newest master"
            )
        self._refuse_other_clients(station)

    @staticmethod
    def _refuse_other_clients(station: Station) -> None:
        """Of its own organisation one system reaches a CS, and no other (R-028)."""
        inside = station.config.inside
        only = StationName(station.name.organisation, EXISTING)
        if inside is not None and inside.names() != {only}:
            raise ConfigRefused(
                f"{station.name}: inside.clients of a municipal CS is {only} alone"
            )

    def notice(self, record: IdentityRecord, person_tag: str) -> Plan:
        """The update of one person, for the prefecture."""
        payload = write_payload(IdentityInformationUpdateNotice.of(record))
        draft = Draft(
            message_type="identity_information_update_notice",
            receiver=self.prefecture,
            payload=payload,
            person_tag=person_tag,
        )
        return Plan(About(person_tag=person_tag), (), (draft,))

    def admit(self, outcome: Admitted | Held, body: bytes) -> Plan:
        return NOTHING

    def receipted(self, outgoing: Outgoing, now: datetime) -> Plan:
        return NOTHING

    def replied(self, outgoing: Outgoing, reply: Opened, now: datetime) -> Plan:
        return NOTHING

    def failed(self, outgoing: Outgoing, code: str, now: datetime) -> Plan:
        return NOTHING

    def before_sending(self, outgoing: Outgoing, now: datetime) -> Plan | None:
        return None
