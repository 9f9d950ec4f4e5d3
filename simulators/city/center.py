# SPDX-License-Identifier: Apache-2.0
"""コンビニ交付センター: the machines in the shops, and whom they ask.

Somebody puts a card on a machine and chooses a certificate; the center asks the city's
issuance system and prints what comes. An answer of another kind, or with a number that
nobody asked for, is not printed.
"""

from dataclasses import dataclass

from schemas.card_messages import (
    CertificateItem,
    ConvenienceStoreIssuanceReply,
    ConvenienceStoreIssuanceRequest,
)
from schemas.messages import Payload, read_payload, write_payload
from schemas.shape import Personal
from schemas.systems import STORES, STORES_CENTER
from simulators.city.outbox import Owed
from simulators.city.reasons import Reason, Refused
from simulators.city.system import System, act, shown


@dataclass(frozen=True, slots=True, repr=False)
class Paper(Personal):
    """What a machine printed; without items, that nothing could be issued."""

    kind: str
    individual_number: str | None
    items: tuple[CertificateItem, ...]


class IssuanceCenter(System):
    """The center, as one city's system sees it."""

    role = STORES_CENTER
    schema = """
CREATE TABLE papers (request INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
"""

    @act
    def request(
        self, certificate_serial: str, kind: str, show_individual_number: bool = False
    ) -> int:
        """Somebody stands at a machine; the number of the request."""
        value = ConvenienceStoreIssuanceRequest(
            certificate_serial=certificate_serial,
            certificate_kind=kind,
            show_individual_number=show_individual_number,
        )
        return self.owe(STORES, value, "machine")

    def learned(self, owed: Owed, asked: Payload, reply: Payload) -> None:
        """Print it; raises `Refused` where it is not what was asked for."""
        assert isinstance(asked, ConvenienceStoreIssuanceRequest)
        assert isinstance(reply, ConvenienceStoreIssuanceReply)
        unasked = reply.individual_number and not asked.show_individual_number
        if unasked or reply.certificate_kind != asked.certificate_kind:
            raise Refused(Reason.CONTRADICTS)
        sql = "INSERT OR REPLACE INTO papers VALUES (?, ?)"
        self.store.run(sql, owed.number, write_payload(reply))

    @shown
    def paper(self, request: int) -> Paper | None:
        """What was printed for a request; None while no answer came."""
        sql = "SELECT body FROM papers WHERE request = ?"
        body: bytes | None = self.store.value(sql, request)
        if body is None:
            return None
        value = read_payload("convenience_store_issuance_reply", body)
        assert isinstance(value, ConvenienceStoreIssuanceReply)
        return Paper(value.certificate_kind, value.individual_number, value.items)
