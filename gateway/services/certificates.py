# SPDX-License-Identifier: Apache-2.0
"""A station's TLS certificate and the authority's chain, exchanged while it works.

Life: reads the files when the station starts, looks every second whether they are
other files than before, reads them again then and at SIGHUP. Links that are open keep
what they were opened with; every new one is opened with the new pair. New files count
only all together and only if they are good now: the pair fits, the certificate is this
station's, for TLS, of the authority that is in use, and believed at this moment. Else
the old ones stay in use, the cause is told, and the files are tried again until it is
gone: a renewal that writes two files is so taken when the second one is there.

What the master names (signing, sealing, permit), the core's certificate that it is
signed with and the configuration are read at the start only; that they changed is told.
The master itself is followed by `master_watch`.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from OpenSSL import SSL

from gateway.config import Config
from gateway.services.clock import Clock
from gateway.services.file_watch import stamps
from pki import tls
from pki.errors import PkiError
from pki.keystore import KeyFileError, load_certificate
from pki.trust import Identity, Purpose, TrustStore

log = logging.getLogger(__name__)

AT_START = ("signing", "sealing", "permit")


class Certificates:
    """See the module."""

    def __init__(self, config: Config, trust: TrustStore, clock: Clock) -> None:
        """Raises a `PkiError` if the files cannot be used."""
        self._config = config
        self._trust = trust
        self._clock = clock
        keys = config.keys
        self._files = (keys.key("tls"), keys.certificate("tls"), keys.chain)
        self._kept = tuple(_read_at_start(config))
        self._seen = self._settling = stamps(self._files)
        self._seen_kept = stamps(self._kept)
        self.problem = ""
        """Why the files are not what is in use; empty where they are."""
        self.taken = 0
        """How often new files were taken over."""
        self.identity = self._own()
        self._contexts = self._made()
        self.fixed = dict(_fixed(config))
        """The certificates that the master names, by purpose."""

    def server(self) -> SSL.Context:
        """What new links are accepted with."""
        self._clock()  # a network's clock that was moved brings new ones with it
        return self._contexts[0]

    def client(self) -> SSL.Context:
        """What new links are opened with."""
        self._clock()
        return self._contexts[1]

    @property
    def waiting_for_restart(self) -> list[Path]:
        """Files that changed, but count from the next start only."""
        found = stamps(self._kept)
        return [
            path
            for path, now, before in zip(
                self._kept, found, self._seen_kept, strict=True
            )
            if now != before
        ]

    async def look(self) -> None:
        """Take the files over if they are others than before, and rest."""
        found = stamps(self._files)
        resting, self._settling = found == self._settling, found
        if resting and (found != self._seen or self.problem):
            self.reload()

    def reload(self) -> None:
        """Take the files over now, if they are good."""
        self._seen = stamps(self._files)
        try:
            self._trust.renew(self._config.keys.chain)
            identity = self._own()
            contexts = self._made()
            if self._own().fingerprint != identity.fingerprint:
                raise KeyFileError(self._files[1], "it changed while it was read")
        except PkiError as error:
            self._tell(str(error))
            return
        if identity.fingerprint != self.identity.fingerprint:
            end = identity.not_after.strftime("%Y-%m-%d")
            log.info("%s: new TLS certificate, good until %s", identity.station, end)
        self.identity, self._contexts = identity, contexts
        self.taken += 1
        self._tell("")

    def _own(self) -> Identity:
        """Who the file's certificate says we are; raises a `PkiError`."""
        path = self._files[1]
        certificate: x509.Certificate = load_certificate(path)
        identity = self._trust.check(certificate, Purpose.TLS, self._clock())
        if identity.station != self._config.station.name:
            raise KeyFileError(path, f"it is {identity.station}'s certificate")
        return identity

    def _made(self) -> tuple[SSL.Context, SSL.Context]:
        lock = self._config.keys.passphrase()
        return (
            tls.server_context(*self._files, _asked_later, passphrase=lock),
            tls.client_context(*self._files, _asked_later, passphrase=lock),
        )

    def _tell(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.error("the new certificates are not used: %s", problem)
        elif self.problem and not problem:
            log.info("the certificates on the disk are used again")
        self.problem = problem


def _read_at_start(config: Config) -> Iterator[Path]:
    yield config.master.anchor
    for purpose in AT_START:
        yield from (config.keys.key(purpose), config.keys.certificate(purpose))


def _fixed(config: Config) -> Iterator[tuple[str, x509.Certificate]]:
    for purpose in AT_START:
        if config.keys.key(purpose).exists():
            yield purpose, load_certificate(config.keys.certificate(purpose))


def _asked_later(certificate: x509.Certificate) -> bool:
    """Never the last word: each link puts its own examination in this place."""
    return False
