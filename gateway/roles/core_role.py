# SPDX-License-Identifier: Apache-2.0
"""The core system as a role: `gateway.roles.core` decides, nothing comes back."""

from datetime import datetime, timedelta

from gateway.config import ConfigRefused
from gateway.outcome import Admitted, Case, Held
from gateway.records.rows import CoreTransaction, Outgoing
from gateway.roles.core import Core
from gateway.roles.plan import NOTHING, Plan
from gateway.station import Station
from protocols.envelope import Opened
from protocols.refusals import RefusalClass, refusal


class CoreSystem:
    """情報提供ネットワークシステム: permits, routes, codes and the third record."""

    def __init__(self, station: Station) -> None:
        if station.keys.permit_signer is None or station.codes is None:
            raise ConfigRefused(
                f"{station.name}: a core system needs permit.key and code_key"
            )
        self._station = station
        timing = station.config.timing
        self._core = Core(
            directory=station.directory,
            signer=station.keys.signer,
            permit_signer=station.keys.permit_signer,
            codes=station.codes,
            answer_by=timedelta(seconds=timing.answer_by),
            release_by=timedelta(seconds=timing.release_by),
            route_life=timedelta(days=timing.route_days),
            token_bytes=station.token_bytes,
        )

    def admit(self, outcome: Admitted | Held, body: bytes) -> Plan:
        return self._core.admit(outcome.case)

    def person_tag(self, case: Case) -> str:
        """The core's record speaks of nobody: it knows a code for each organisation."""
        return ""

    def receipted(self, outgoing: Outgoing, now: datetime) -> Plan:
        return NOTHING

    def replied(self, outgoing: Outgoing, reply: Opened, now: datetime) -> Plan:
        return NOTHING

    def failed(self, outgoing: Outgoing, code: str, now: datetime) -> Plan:
        """A provider did not take its order: the requester is told."""
        number = outgoing.processing_number
        if outgoing.message_type != "provision_order" or number is None:
            return NOTHING
        known = self._station.transaction(number)
        if known is None:
            return NOTHING
        told = code if refusal(code).kind is RefusalClass.READABLE else "SK-C15"
        return self._core.order_failed(known, told, now)

    def ended(self, row: CoreTransaction, code: str, now: datetime) -> Plan:
        """A transaction of which no provider knows: the requester is told."""
        return self._core.order_failed(row, code, now)

    def before_sending(self, outgoing: Outgoing, now: datetime) -> Plan | None:
        return None
