# SPDX-License-Identifier: Apache-2.0
"""Systems that certificates come from: tax, seals, family register (システム7 ②-1).

A source keeps each certificate as it now stands and tells the shops' system of every
change: what it says, or that it is not to be issued there. Nobody is told why not.
"""

from typing import ClassVar, Final

from schemas.card_messages import CertificateInformationLink, CertificateItem
from schemas.systems import SEALS, STORES
from simulators.city.reasons import Reason, Refused
from simulators.city.system import System, act

SCHEMA: Final = """
CREATE TABLE certificates (addressee TEXT, kind TEXT, issuable INTEGER NOT NULL,
    PRIMARY KEY (addressee, kind)) STRICT;
"""


class CertificateSource(System):
    """What every source does."""

    schema: ClassVar[str] = SCHEMA
    kinds: ClassVar[frozenset[str]]
    """The kinds of which it keeps the original."""

    @act
    def certify(
        self,
        addressee_number: str,
        kind: str,
        items: tuple[CertificateItem, ...],
        by: str,
        issuable: bool = True,
    ) -> int:
        """The certificate as it now stands; told to the shops' system."""
        if kind not in self.kinds:
            raise Refused(Reason.SOURCE)
        if not items:
            raise Refused(Reason.FORM)
        link = CertificateInformationLink(
            addressee_number=addressee_number,
            certificate_kind=kind,
            issuable=issuable,
            as_of=self.today,
            items=items,
        )
        self.store.run(
            "INSERT OR REPLACE INTO certificates VALUES (?, ?, ?)",
            addressee_number,
            kind,
            issuable,
        )
        self.history.happened("certificate changed", by, kind)
        return self.owe(STORES, link, by)

    def issuable(self, addressee_number: str, kind: str) -> bool:
        """Whether it may be issued at a shop, as far as this source knows."""
        sql = "SELECT issuable FROM certificates WHERE addressee = ? AND kind = ?"
        return bool(self.store.value(sql, addressee_number, kind))


class SealSystem(CertificateSource):
    """印鑑登録システム: one seal for a person, until it is given up."""

    role = SEALS
    schema = f"""{SCHEMA}
CREATE TABLE seals (addressee TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE) STRICT;
"""
    kinds = frozenset({"seal_registration"})

    @act
    def register(
        self,
        addressee_number: str,
        number: str,
        items: tuple[CertificateItem, ...],
        by: str,
    ) -> None:
        """A seal is registered; a certificate can be had at once."""
        sql = "INSERT INTO seals VALUES (?, ?) ON CONFLICT DO NOTHING"
        if not self.store.changed(sql, addressee_number, number):
            raise Refused(Reason.NOT_NOW)
        self.certify(addressee_number, "seal_registration", items, by)

    @act
    def give_up(self, addressee_number: str, by: str) -> None:
        """It is registered no more, and no certificate is issued."""
        sql = "DELETE FROM seals WHERE addressee = ?"
        if not self.store.changed(sql, addressee_number):
            raise Refused(Reason.UNKNOWN)
        nothing = (CertificateItem(label="印鑑登録", value="廃止"),)
        self.certify(addressee_number, "seal_registration", nothing, by, issuable=False)
