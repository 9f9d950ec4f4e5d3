# SPDX-License-Identifier: Apache-2.0
"""Whom a station knows: the master's certificates, made ready for use.

The directory says *who a key would belong to*; whether its certificate is to be
believed now is asked of the trust store on every use, so that an expiry or a
revocation bites without anything being loaded again.

A directory lives as long as its station. A newer master is taken into it whole, between
two messages: nobody who holds it sees a part of one and a part of the other, and a
message is judged by one of them from its first check to its last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from pki.cms import Signed, Verifier
from pki.errors import CmsError
from pki.names import StationName
from pki.sealing import Recipient
from pki.trust import Identity, Purpose, TrustStore, Untrusted
from protocols.errors import Unreadable
from protocols.master import Endpoint, Master, StationEntry
from schemas.matching_list import Item


@dataclass(frozen=True, slots=True)
class Peer:
    """One station of the master with its certificates ready to seal for."""

    entry: StationEntry
    recipient: Recipient | None

    @property
    def name(self) -> StationName:
        return self.entry.name

    @property
    def endpoint(self) -> Endpoint | None:
        return self.entry.endpoint

    @property
    def can_receive(self) -> bool:
        """Whether there is an address to send to and a certificate to seal for."""
        return self.endpoint is not None and self.recipient is not None


class Directory:
    """The master's stations and signers, with the trust store that judges them."""

    def __init__(self, master: Master, trust: TrustStore) -> None:
        self.trust = trust
        self.renew(master)

    def renew(self, master: Master) -> None:
        """Go by this master from now on; a `PkiError` leaves everything as it was."""
        signers: dict[bytes, tuple[Verifier, x509.Certificate]] = {}
        peers: dict[StationName, Peer] = {}
        for entry in master.stations:
            for certificate in (*entry.signing, *entry.permit):
                verifier = Verifier(certificate)
                signers[verifier.key_id] = (verifier, certificate)
            recipient = Recipient(entry.sealing[0]) if entry.sealing else None
            peers[entry.name] = Peer(entry, recipient)
        self.master = master
        self._signers, self._peers = signers, peers
        self._identities: dict[tuple[int, Purpose], Identity] = {}
        """By the master's certificate objects, which live as long as the master."""

    @property
    def peers(self) -> Mapping[StationName, Peer]:
        """Every station of the master by name."""
        return self._peers

    def items(self, at: datetime) -> Mapping[int, Item]:
        """The items of the matching list in force at a moment, by their numbers."""
        return self.master.items(at)

    def __contains__(self, name: object) -> bool:
        """Whether the master names a station so."""
        return name in self._peers

    def peer(self, name: StationName) -> Peer | None:
        """The station called ``name``, or None where the master has none."""
        return self._peers.get(name)

    def trusted(self, name: StationName, purpose: Purpose, at: datetime) -> bool:
        """Whether a station's own certificate for ``purpose`` is to be believed now.

        A certificate of another station is not its own, wherever the master puts it.
        """
        peer = self._peers.get(name)
        if peer is None:
            return False
        entry = peer.entry
        of = {Purpose.PERMIT: entry.permit, Purpose.SEALING: entry.sealing[:1]}
        return any(
            self._names(one, purpose, at) == name
            for one in of.get(purpose, entry.signing)
        )

    def _names(
        self, certificate: x509.Certificate, purpose: Purpose, at: datetime
    ) -> StationName | None:
        try:
            return self._identity(certificate, purpose, at).station
        except Untrusted:
            return None

    def _identity(
        self, certificate: x509.Certificate, purpose: Purpose, at: datetime
    ) -> Identity:
        known = self._identities.get((id(certificate), purpose))
        if known is not None:
            return self.trust.still(known, at)
        found = self.trust.check(certificate, purpose, at)
        self._identities[(id(certificate), purpose)] = found
        return found

    def signer(self, signed: Signed, purpose: Purpose, at: datetime) -> Identity:
        """Who signed; raises `Unreadable` where nobody believable did.

        The certificate is found by key id, checked for ``purpose`` at ``at``, then
        the signature is verified under it. Does not ask whether that station may
        say what it says.
        """
        found = self._signers.get(signed.key_id)
        if found is None:
            raise Unreadable("SK-U04")
        verifier, certificate = found
        try:
            verifier.verify(signed)
        except CmsError:
            raise Unreadable("SK-U03") from None
        try:
            return self._identity(certificate, purpose, at)
        except Untrusted:
            raise Unreadable("SK-U05") from None
