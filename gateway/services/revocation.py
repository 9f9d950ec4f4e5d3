# SPDX-License-Identifier: Apache-2.0
"""Reads the revocation list again when its file has changed.

Looks in intervals; what a new list revokes is refused from the next message on, and a
list that went out of time is replaced without a restart. A list that is damaged or
older than the one in use changes nothing: the one in use goes on until its own end.
"""

import logging
from pathlib import Path

from pki.errors import PkiError
from pki.trust import TrustStore

log = logging.getLogger(__name__)


class Revocation:
    """One station's revocation list."""

    def __init__(self, trust: TrustStore, crl: Path) -> None:
        self._trust = trust
        self._crl = crl
        self._seen = self._stamp()

    async def look(self) -> None:
        """Take the list over if it is another one than before."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._trust.reload()
        except PkiError as error:
            log.error("%s: the new revocation list is not used: %s", self._crl, error)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._crl.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
