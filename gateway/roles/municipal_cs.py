# SPDX-License-Identifier: Apache-2.0
"""The municipal CS (市町村CS): a city's one door to the resident-register network.

Law: 住基法第30条の6. What the existing resident system hands in is checked, kept in the
identity information file, and sent as it is, each time it changes (R-004, R-005), to
the prefecture and to nobody else. What municipalities tell each other goes from CS to
CS. `cs_posts` is the way out, `cs_arrivals` the way in.
"""

from datetime import datetime

from gateway.config import ConfigRefused
from gateway.outcome import Admitted, Case, Held
from gateway.records.rows import Outgoing
from gateway.roles import cs_arrivals
from gateway.roles.cs_posts import Posts
from gateway.roles.plan import NOTHING, Plan
from gateway.station import Station
from pki.names import StationName
from protocols.envelope import Opened
from schemas.systems import EXISTING, NATIONAL, PREFECTURE, TERMINAL


class MunicipalCs:
    """One city's CS; see the module."""

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
        self._station = station
        self.posts = Posts(station, self.prefecture)

    @staticmethod
    def _refuse_other_clients(station: Station) -> None:
        """Of its own organisation one system reaches a CS, and no other (R-028).

        Beside it stands the network's own terminal (統合端末), a part of the CS.
        """
        inside = station.config.inside
        if inside is None:
            return
        own = station.name.organisation
        register, terminal = StationName(own, EXISTING), StationName(own, TERMINAL)
        names = inside.names()
        if register not in names or names - {register, terminal}:
            raise ConfigRefused(
                f"{station.name}: inside.clients of a municipal CS is {register}, "
                f"and {terminal} if there is one"
            )

    def servers(self) -> tuple[StationName, ...]:
        """The servers that hold the same people: the prefecture's, the national.

        Always both (R-079): raises `NotTaken` while the master has no national one.
        """
        return self.prefecture, self.posts.only(NATIONAL)

    def admit(self, outcome: Admitted | Held, body: bytes) -> Plan:
        """What came from outside waits for the system that it is for."""
        return cs_arrivals.arrived(outcome.case, self._station)

    def person_tag(self, case: Case) -> str:
        return cs_arrivals.tag_of(case.value, self._station)

    def receipted(self, outgoing: Outgoing, now: datetime) -> Plan:
        return NOTHING

    def replied(self, outgoing: Outgoing, reply: Opened, now: datetime) -> Plan:
        """An answer to the counter's question."""
        return cs_arrivals.answered(outgoing, reply, self._station, now)

    def failed(self, outgoing: Outgoing, code: str, now: datetime) -> Plan:
        """An extract lives as long as its keeping time, not as long as a message."""
        return self.posts.destinations.again(outgoing, code, now)

    def before_sending(self, outgoing: Outgoing, now: datetime) -> Plan | None:
        """An extract that was erased meanwhile is not sent."""
        return NOTHING if self.posts.destinations.is_gone(outgoing) else None
