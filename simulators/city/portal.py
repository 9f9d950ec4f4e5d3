# SPDX-License-Identifier: Apache-2.0
"""サービス検索・電子申請機能: residents apply online, their city fetches.

No message type of the network: a plain interface of its own, JSON over the same door.
Residents search for services and apply by a form, which is a closed list of fields with
no place for an individual number; they are known by the certificate of their card. A
city is shown what was sent to it and nobody else's, and only its existing resident
system takes it in (R-022). What an application came to, its applicant can see.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import msgspec

from schemas.shape import Personal
from schemas.systems import EXISTING, PORTAL
from simulators.city.reasons import Reason, Refused
from simulators.city.system import System, act
from simulators.city.taken import Sender

_TEXT: Final = re.compile(r"[^\x00-\x1f\x7f]{1,300}")
_SERIAL: Final = re.compile(r"([0-9A-F]{2}){1,20}")
_CODE: Final = re.compile(r"[0-9]{6}")
_NUMBER_LIKE: Final = re.compile(r"[0-9０-９]{12}")
OUTCOMES: Final = frozenset({"accepted", "refused", "come to the counter"})


@dataclass(frozen=True, slots=True)
class Service:
    """Something that can be applied for."""

    kind: str
    title: str
    fields: tuple[str, ...]
    """Of its form, all of them needed."""


SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {
        one.kind: one
        for one in (
            Service(
                "move_out",
                "転出届（引越しワンストップサービス）",
                ("name", "date_of_birth", "new_address", "move_on", "telephone"),
            ),
            Service(
                "move_within",
                "転居届の来庁予定（引越しワンストップサービス）",
                ("name", "date_of_birth", "new_address", "move_on", "visit_on"),
            ),
            Service(
                "move_in",
                "転入届の来庁予定（引越しワンストップサービス）",
                ("name", "date_of_birth", "new_address", "move_on", "visit_on"),
            ),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Application(Personal):
    """One application, as its city is shown it."""

    number: int
    kind: str
    municipality: str
    sent_on: date
    fields: dict[str, str]
    state: str
    """`sent`, `fetched`, or its outcome."""


_COLUMNS: Final = "number, kind, municipality, sent_on, fields, state"


class Portal(System):
    """The online application function; one for all cities."""

    role = PORTAL
    schema = """
CREATE TABLE applications (number INTEGER PRIMARY KEY, kind TEXT NOT NULL,
    municipality TEXT NOT NULL, sent_on TEXT NOT NULL, fields BLOB NOT NULL,
    serial TEXT NOT NULL, state TEXT NOT NULL) STRICT;
"""

    # -- 1: for residents --------------------------------------------------------------

    @act
    def services(self, word: str = "") -> tuple[Service, ...]:
        """The services in whose title a word stands."""
        return tuple(one for one in SERVICES.values() if word in one.title)

    @act
    def send(
        self,
        kind: str,
        municipality: str,
        fields: dict[str, str],
        certificate_serial: str,
    ) -> int:
        """Apply; the number of the application. Raises `Refused`."""
        service = SERVICES.get(kind)
        if service is None or set(fields) != set(service.fields):
            raise Refused(Reason.FORM)
        if not all(map(_is_filled_in, fields.items())):
            raise Refused(Reason.FORM)
        if not (
            _CODE.fullmatch(municipality) and _SERIAL.fullmatch(certificate_serial)
        ):
            raise Refused(Reason.FORM)
        number = self.store.run(
            "INSERT INTO applications (kind, municipality, sent_on, fields, serial,"
            " state) VALUES (?, ?, ?, ?, ?, 'sent')",
            kind,
            municipality,
            self.today.isoformat(),
            msgspec.json.encode(fields),
            certificate_serial,
        )
        self.history.happened("application sent", "resident", f"{kind} {number}")
        return number

    @act
    def standing(self, number: int, certificate_serial: str) -> str:
        """How an application stands, for whoever sent it."""
        sql = "SELECT state FROM applications WHERE number = ? AND serial = ?"
        state: str | None = self.store.value(sql, number, certificate_serial)
        if state is None:
            raise Refused(Reason.UNKNOWN)
        return state

    # -- 2: for cities -----------------------------------------------------------------

    def fetch(self, sender: Sender, after: int = 0) -> tuple[Application, ...]:
        """What was sent to the sender's city since that number; raises `Refused`."""
        with self.lock:
            self._must_be_a_register(sender)
            with self.store.transaction():
                rows = self.store.rows(
                    f"SELECT {_COLUMNS} FROM applications"
                    " WHERE municipality = ? AND number > ? ORDER BY number",
                    sender.station.organisation,
                    after,
                )
                for row in rows:
                    self._fetched(row[0], str(sender))
            return tuple(_application(*row) for row in rows)

    def settle(self, sender: Sender, number: int, outcome: str) -> None:
        """What an application came to, once; raises `Refused`."""
        with self.lock:
            self._must_be_a_register(sender)
            if outcome not in OUTCOMES:
                raise Refused(Reason.FORM)
            with self.store.transaction():
                changed = self.store.changed(
                    "UPDATE applications SET state = ? WHERE number = ?"
                    " AND municipality = ? AND state = 'fetched'",
                    outcome,
                    number,
                    sender.station.organisation,
                )
                if not changed:
                    raise Refused(Reason.NOT_NOW)
                self.history.happened("settled", str(sender), f"application {number}")

    def _must_be_a_register(self, sender: Sender) -> None:
        if sender.role != EXISTING:
            no = Refused("SK-M05")
            self.note(no, str(sender), "applications")
            raise no

    def _fetched(self, number: int, by: str) -> None:
        sql = "UPDATE applications SET state = 'fetched' WHERE number = ? AND state = ?"
        self.store.run(sql, number, "sent")
        self.history.happened("application fetched", by, str(number))


def _is_filled_in(field: tuple[str, str]) -> bool:
    """Text of the form, a date where it is one; nothing like a person's number."""
    name, text = field
    if name in ("date_of_birth", "move_on", "visit_on"):
        try:
            return date.fromisoformat(text).isoformat() == text
        except ValueError:
            return False
    return bool(_TEXT.fullmatch(text)) and not _NUMBER_LIKE.search(text)


def _application(
    number: int, kind: str, municipality: str, sent_on: str, fields: bytes, state: str
) -> Application:
    return Application(
        number=number,
        kind=kind,
        municipality=municipality,
        sent_on=date.fromisoformat(sent_on),
        fields=msgspec.json.decode(fields, type=dict[str, str]),
        state=state,
    )
