# SPDX-License-Identifier: Apache-2.0
"""コンビニ交付システム: certificates for whoever stands at a machine in a shop.

1. Each source tells what its certificates say; the register tells which certificate of
   a card stands for whom; the addressee system tells the number that a residence record
   copy may show. Each may tell its own and nothing else.
2. The center's request names the card's certificate and a kind. What is issued is what
   the source told last. Where nothing is, the answer is empty, whatever the cause; the
   cause is on record here.

The individual number is printed only on a residence record copy, and only where it was
asked for (R-119). There is no issue without a request of the center (R-118).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final

from schemas.card_messages import (
    CertificateIndividualNumberLink,
    CertificateInformationLink,
    ConvenienceStoreIssuanceReply,
    ConvenienceStoreIssuanceRequest,
    UserCertificateSerialNotice,
)
from schemas.messages import read_payload, write_payload
from schemas.shape import Personal
from schemas.systems import EXISTING, FAMILY_REGISTER, PLATFORM, SEALS, STORES, TAX
from simulators.city.reasons import Reason, Refused
from simulators.city.system import Handler, System
from simulators.city.taken import Sender

RECORD: Final = "residence_record"
LINK: Final = "certificate_information_link"
_FAMILY: Final = frozenset({"family_register", "family_register_supplement"})
SOURCES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        EXISTING: frozenset({RECORD}),
        SEALS: frozenset({"seal_registration"}),
        TAX: frozenset({"tax"}),
        FAMILY_REGISTER: _FAMILY,
        PLATFORM: _FAMILY | {RECORD, "seal_registration", "tax"},
    }
)
"""Whose certificates each system may tell of. The platform hands on anybody's: it holds
what business systems share."""


class Ending(Enum):
    """How a request of the center ended; told to nobody."""

    ISSUED = "issued"
    CARD = "no resident has this certificate now"
    KIND = "no certificate of this kind"
    STOPPED = "not to be issued at a shop"
    NUMBER = "the number may not stand on it, or is not here"


@dataclass(frozen=True, slots=True, repr=False)
class Issue(Personal):
    """One request and its end."""

    number: int
    addressee: str
    kind: str
    with_number: bool
    ending: Ending


class IssuanceSystem(System):
    """One city's certificates, in the shops."""

    role = STORES
    schema = """
CREATE TABLE cards (serial TEXT PRIMARY KEY, addressee TEXT NOT NULL,
    valid_until TEXT NOT NULL, replaced INTEGER NOT NULL) STRICT;
CREATE TABLE certificates (addressee TEXT, kind TEXT, as_of TEXT NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (addressee, kind)) STRICT;
CREATE TABLE numbers (addressee TEXT PRIMARY KEY, individual_number TEXT NOT NULL)
    STRICT;
CREATE TABLE issues (number INTEGER PRIMARY KEY, addressee TEXT NOT NULL,
    kind TEXT NOT NULL, with_number INTEGER NOT NULL, ending TEXT NOT NULL) STRICT;
"""

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "user_certificate_serial_notice": self._card,
            LINK: self._certificate,
            "certificate_individual_number_link": self._number,
            "convenience_store_issuance_request": self._issue,
        }

    def issues(self) -> tuple[Issue, ...]:
        """Every request and its end, oldest first."""
        sql = (
            "SELECT number, addressee, kind, with_number, ending FROM issues"
            " ORDER BY number"
        )
        return tuple(
            Issue(number, addressee, kind, bool(shown), Ending(ending))
            for number, addressee, kind, shown, ending in self.store.rows(sql)
        )

    # -- 1: what it is told ------------------------------------------------------------

    def _card(self, value: UserCertificateSerialNotice, sender: Sender) -> None:
        sql = "SELECT addressee FROM cards WHERE serial = ?"
        serials = value.certificate_serial, value.replaced_certificate_serial
        for serial in serials:
            if self.store.value(sql, serial) not in (None, value.addressee_number):
                raise Refused(Reason.CONTRADICTS)
        self.store.run(
            "UPDATE cards SET replaced = 1 WHERE serial = ?",
            value.replaced_certificate_serial,
        )
        self.store.run(
            "INSERT INTO cards VALUES (?, ?, ?, 0)"
            " ON CONFLICT (serial) DO UPDATE SET valid_until = excluded.valid_until",
            value.certificate_serial,
            value.addressee_number,
            self._last_day(value).isoformat(),
        )

    def _last_day(self, value: UserCertificateSerialNotice) -> date:
        """A certificate that is told to end today has ended: it was suspended."""
        if value.valid_until > self.today:
            return value.valid_until
        return min(value.valid_until, self.today - timedelta(days=1))

    def _certificate(self, value: CertificateInformationLink, sender: Sender) -> None:
        if value.certificate_kind not in SOURCES[sender.role]:
            raise Refused(Reason.SOURCE)
        before = self._told(value.addressee_number, value.certificate_kind)
        if before is not None and value.as_of < before.as_of:
            self.history.happened("older than what is held", str(sender))
            return
        self.store.run(
            "INSERT OR REPLACE INTO certificates VALUES (?, ?, ?, ?)",
            value.addressee_number,
            value.certificate_kind,
            value.as_of.isoformat(),
            write_payload(value),
        )

    def _number(self, value: CertificateIndividualNumberLink, sender: Sender) -> None:
        self.store.run(
            "INSERT OR REPLACE INTO numbers VALUES (?, ?)",
            value.addressee_number,
            value.individual_number,
        )

    # -- 2: what it issues -------------------------------------------------------------

    def _issue(
        self, value: ConvenienceStoreIssuanceRequest, sender: Sender
    ) -> ConvenienceStoreIssuanceReply:
        addressee = self._whose(value.certificate_serial) or ""
        told = self._told(addressee, value.certificate_kind)
        number = self._shown(addressee) if value.show_individual_number else None
        ending = _ending(value, addressee, told, number)
        self.store.run(
            "INSERT INTO issues (addressee, kind, with_number, ending)"
            " VALUES (?, ?, ?, ?)",
            addressee,
            value.certificate_kind,
            value.show_individual_number,
            ending.value,
        )
        if told is None or ending is not Ending.ISSUED:
            return ConvenienceStoreIssuanceReply(
                certificate_kind=value.certificate_kind, items=()
            )
        return ConvenienceStoreIssuanceReply(
            certificate_kind=value.certificate_kind,
            individual_number=number,
            items=told.items,
        )

    def _whose(self, serial: str) -> str | None:
        sql = (
            "SELECT addressee, valid_until FROM cards WHERE serial = ? AND NOT replaced"
        )
        row = self.store.row(sql, serial)
        if row is None or date.fromisoformat(row[1]) < self.today:
            return None
        found: str = row[0]
        return found

    def _told(self, addressee: str, kind: str) -> CertificateInformationLink | None:
        sql = "SELECT body FROM certificates WHERE addressee = ? AND kind = ?"
        body: bytes | None = self.store.value(sql, addressee, kind)
        if body is None:
            return None
        value = read_payload(LINK, body)
        assert isinstance(value, CertificateInformationLink)
        return value

    def _shown(self, addressee: str) -> str | None:
        sql = "SELECT individual_number FROM numbers WHERE addressee = ?"
        found: str | None = self.store.value(sql, addressee)
        return found


def _ending(
    value: ConvenienceStoreIssuanceRequest,
    addressee: str,
    told: CertificateInformationLink | None,
    number: str | None,
) -> Ending:
    if not addressee:
        return Ending.CARD
    if told is None:
        return Ending.KIND
    if not told.issuable:
        return Ending.STOPPED
    asked = value.show_individual_number
    if asked and (value.certificate_kind != RECORD or number is None):
        return Ending.NUMBER
    return Ending.ISSUED
