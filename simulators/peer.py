# SPDX-License-Identifier: Apache-2.0
"""A station's keys in a simulator's hands: what it can say, well or badly.

Everything goes through the same pillars that the gateway uses for the protocol, and
nothing through the gateway. Which lies to tell is the scenario's business: every part
of a message can be given from outside.
"""

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from pki.cms import Signer
from pki.keystore import load_private_key
from pki.names import StationName
from pki.oids import ID_CT_HEADER
from pki.sealing import Opener, Recipient
from pki.trust import TrustStore
from protocols import answers, limits
from protocols import master as masters
from protocols.answers import Answer, Offered
from protocols.directory import Directory
from protocols.envelope import Packed, digest, pack
from protocols.header import Header, InReplyTo, content_digest, new_id, wire_time
from simulators.clock import Clock, belief_of, follow, machine
from simulators.shapes import enclosed
from simulators.web import Client, Reply, client_context

CMS = "application/cms"
MESSAGES = "/v1/messages"


@dataclass(frozen=True, slots=True)
class Keys:
    """The files of one station."""

    directory: Path

    def signer(self, purpose: str = "signing") -> Signer:
        key: Any = load_private_key(self.directory / f"{purpose}.key")
        return Signer(key, self.certificate(purpose))

    def opener(self) -> Opener:
        key: Any = load_private_key(self.directory / "sealing.key")
        return Opener(key, self.certificate("sealing"))

    def certificate(self, purpose: str) -> x509.Certificate:
        data = (self.directory / f"{purpose}.crt").read_bytes()
        return x509.load_pem_x509_certificate(data)


class Peer:
    """One station, played by a simulator."""

    def __init__(
        self,
        name: StationName,
        keys: Keys,
        chain: Path,
        directory: Directory,
        clock: Clock = machine,
    ) -> None:
        self.name = name
        self.keys = keys
        self.directory = directory
        self.signer = keys.signer()
        self.opener = keys.opener()
        self.sealing_digest = Recipient(keys.certificate("sealing")).digest
        self.clock = clock
        self.belief = belief_of(directory.trust, clock)
        self._chain = chain

    def write(
        self,
        message_type: str,
        receiver: StationName,
        payload: bytes,
        *,
        sealed_for: StationName | None = None,
        sender: StationName | None = None,
        signer: Signer | None = None,
        message_id: bytes | None = None,
        processing_number: bytes | None = None,
        permit_digest: bytes | None = None,
        in_reply_to: InReplyTo | None = None,
        lifetime: timedelta = timedelta(hours=1),
        now: datetime | None = None,
        reshape: Callable[[bytes], bytes] | None = None,
    ) -> Packed:
        """A sealed message; each keyword is a chance to tell it differently.

        ``reshape`` is given the DER of the signed header, for shapes that no library
        would write.
        """
        made = now or self.clock()
        recipient = self.recipient(sealed_for or receiver)
        salt = os.urandom(limits.SALT_SIZE)
        header = Header(
            message_id=message_id or new_id(made),
            message_type=message_type,
            sender=sender or self.name,
            receiver=receiver,
            created=wire_time(made),
            expires=wire_time(made) + lifetime,
            sealing_certificate=recipient.digest,
            content_digest=content_digest(salt, payload),
            processing_number=processing_number,
            permit_digest=permit_digest,
            in_reply_to=in_reply_to,
        )
        signing = signer or self.signer
        if reshape is None:
            return pack(header, payload, salt, signing, recipient, header.created)
        signed = reshape(signing.sign(header.encode(), ID_CT_HEADER, header.created))
        envelope = recipient.seal(enclosed(signed, salt, payload))
        return Packed(header, signed, digest(signed), envelope)

    def recipient(self, station: StationName) -> Recipient:
        """Whom to seal for so that ``station`` can open it."""
        peer = self.directory.peer(station)
        if peer is None or peer.recipient is None:
            raise ValueError(f"{station} is not in the master")
        return peer.recipient

    def client(self, to: StationName) -> Client:
        """A link to ``to`` under our own TLS certificate."""
        peer = self.directory.peer(to)
        if peer is None or peer.endpoint is None:
            raise ValueError(f"{to} has no endpoint in the master")
        return Client(peer.endpoint.host, peer.endpoint.port, self.context())

    def context(
        self,
        purpose: str = "tls",
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ) -> ssl.SSLContext:
        """Our end of TLS, under the certificate for ``purpose``."""
        own = self.keys.directory
        certificate, key = own / f"{purpose}.crt", own / f"{purpose}.key"
        return client_context(self._chain, certificate, key, version, self.belief)

    def blind_context(self) -> ssl.SSLContext:
        """The same, believing whoever the chain vouches for at any time."""
        return client_context(
            self._chain,
            self.keys.directory / "tls.crt",
            self.keys.directory / "tls.key",
            belief=_anybody,
        )

    def post(self, packed: Packed, to: StationName | None = None) -> Reply:
        """Post a message to its receiver, or to somebody else."""
        client = self.client(to or packed.header.receiver)
        try:
            return client.post(MESSAGES, CMS, packed.envelope)
        finally:
            client.close()

    def understand(self, packed: Packed, reply: Reply, by: StationName) -> Answer:
        """Verify the answer to ``packed`` that ``by`` gave."""
        offered = Offered(
            digest(packed.envelope),
            packed.header.message_id,
            packed.header_digest,
            by,
        )
        return answers.read(
            reply.body, offered, self.opener, self.directory, self.clock()
        )


def _anybody(_: x509.Certificate) -> None:
    """No look at time and revocation: who tries a listener is not to be protected."""


def load_directory(
    chain: Path, crl: Path, master: Path, anchor: Path, clock: Clock = machine
) -> Directory:
    """The verified master with its trust store."""
    trust = TrustStore.load(chain, crl)
    follow(clock, trust.reload)
    certificate = x509.load_pem_x509_certificate(anchor.read_bytes())
    return Directory(
        masters.read(master.read_bytes(), [certificate], trust, clock()), trust
    )
