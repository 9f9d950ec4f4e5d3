# SPDX-License-Identifier: Apache-2.0
"""Reads the revocation list again when its file has changed.

Looks in intervals; what a new list revokes is refused from the next message on, and a
list that went out of time is replaced without a restart. A list that is damaged or
older than the one in use changes nothing: the one in use goes on until its own end, and
the file is tried again at every look, so that a half-written one mends itself.
"""

import logging
from pathlib import Path

from gateway.services.file_watch import stamp
from pki.errors import PkiError
from pki.trust import TrustStore

log = logging.getLogger(__name__)


class Revocation:
    """One station's revocation list."""

    def __init__(self, trust: TrustStore, crl: Path) -> None:
        self._trust = trust
        self._crl = crl
        self._seen = stamp(crl)
        self.problem = ""
        """Why the file's list is not the one in use; empty where it is."""

    async def look(self) -> None:
        """Take the list over if it is another one than before."""
        found = stamp(self._crl)
        if found is None:
            self._tell("there is no such file, or it cannot be read")
        elif found != self._seen or self.problem:
            self._seen = found
            self.reload()

    def reload(self) -> None:
        """Take the file's list over now."""
        try:
            self._trust.reload()
        except PkiError as error:
            self._tell(str(error))
        else:
            self._tell("")

    def _tell(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.error("%s: the revocation list is not used: %s", self._crl, problem)
        elif self.problem and not problem:
            log.info("%s: the revocation list is used again", self._crl)
        self.problem = problem
