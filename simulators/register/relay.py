# SPDX-License-Identifier: Apache-2.0
"""符号の取得要求 between addressee system and CS, which are not connected (R-029).

The intermediate server's request comes from the addressee system and goes on to the CS
as it came; the register keeps nothing of it once the CS has it.
"""

import re
from typing import Final

from schemas.systems import ADDRESSEE
from simulators.register.errors import EntryRefused, Fault, Rule, WrongSource
from simulators.register.events import Events
from simulators.register.format_checks import number_is_valid
from simulators.register.outbox import Outbox
from simulators.register.owed import IdentifierCodeRequest
from simulators.register.store import Store

_PROCESSING: Final = re.compile(r"[0-9a-f]{32}")


class Relay:
    """What is only handed on."""

    def __init__(self, store: Store, outbox: Outbox, events: Events) -> None:
        self._store = store
        self._outbox = outbox
        self._events = events

    def hand_on(self, request: IdentifierCodeRequest, source: str) -> int:
        """Queue a request for the CS; the same processing number once.

        Raises `WrongSource`, and `EntryRefused` for a number of another realm.
        """
        if source != ADDRESSEE:
            raise WrongSource("this comes from the addressee system only")
        if not _PROCESSING.fullmatch(request.processing_number):
            raise EntryRefused(Fault("processing_number", Rule.FORMAT))
        if not number_is_valid(request.individual_number):
            raise EntryRefused(Fault("individual_number", Rule.NUMBER))
        cause = f"relay {request.processing_number}"
        with self._store.transaction():
            known: int | None = self._store.value(
                "SELECT number FROM outbox WHERE cause = ?",
                f"{cause}:personal_identifier_code_request",
            )
            if known is not None:
                return known
            number = self._outbox.owe(request, cause)
            self._events.happened("handed on", about=f"message {number}")
        return number
