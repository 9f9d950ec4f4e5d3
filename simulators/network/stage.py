# SPDX-License-Identifier: Apache-2.0
"""The stage of a story: every party's hands, and a way to ask what happened.

A step does something over real links and says what came of it in one word or code;
the story compares that with what was expected. Records are read by the commands that
an operator has, never from a store: the story must see what a person would see.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pki.names import StationName
from protocols.answers import Answer, Receipt, SignedRefusal
from protocols.directory import Directory
from schemas.messages import (
    IdentityInformationUpdate,
    InformationInquiryRequest,
    InquiryStatus,
    SubmissionAccepted,
    SubmissionRefused,
    read_payload,
    write_payload,
)
from schemas.payload import type_of
from simulators.clock import Belief, belief_of, clock_of
from simulators.network import build as building
from simulators.network import copies
from simulators.network import parties as people
from simulators.network.build import Choices, NetworkFile
from simulators.network.commands import CommandFailed, Commands
from simulators.network.files import Files
from simulators.peer import Keys, Peer, load_directory
from simulators.residents import Resident
from simulators.web import Client, client_context

XML = "application/xml"
POLL = 0.02
PATIENCE = 15.0
"""Seconds that a step waits for something to happen."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens in the story."""

    key: str
    """A stable name, such as `refused/replay-with-other-bytes`."""
    title: str
    expected: str
    run: Callable[["Stage"], str] = field(repr=False)


class Stage:
    """One running network, in the hands of a story."""

    def __init__(self, files: Files, choices: Choices) -> None:
        self.files = files
        self.choices = choices
        self.network: NetworkFile = building.load(files)
        self.clock = clock_of(files.pki)
        self.commands = Commands()
        self._inside: dict[tuple[StationName, StationName | None], Client] = {}
        self._peers: dict[StationName, Peer] = {}
        self.directory: Directory
        self.belief: Belief | None
        """Who may be at the other end of a link of ours."""
        self.read_again()
        seed, residents = choices.seed, choices.residents
        self.city = copies.first(seed, residents, people.CITY)
        self.second_city = copies.first(seed, residents, people.SECOND_CITY)
        self.notes: dict[str, Any] = {}
        """What a later step must know of an earlier one."""
        self.forged: set[str] = _lines(files.forged)
        """Processing numbers under which a story itself spoke for a station."""

    def read_again(self) -> None:
        """Take over keys, master and revocation list as they lie there now."""
        files = self.files
        self._hang_up()
        self._inside.clear()
        self._peers.clear()
        self.directory = load_directory(
            files.pki.chain,
            files.pki.crl,
            files.master,
            files.anchor(people.CORE),
            self.clock,
        )
        self.belief = belief_of(self.directory.trust, self.clock)

    def close(self) -> None:
        """Close the links to the inside listeners, and run no more commands."""
        self._hang_up()
        self.commands.close()

    def _hang_up(self) -> None:
        for client in self._inside.values():
            client.close()

    def forge(self, processing_number: bytes | None) -> None:
        """Remember a transaction that no requester of this network began."""
        assert processing_number is not None
        self.forged.add(processing_number.hex())
        with self.files.forged.open("a") as file:
            file.write(f"{processing_number.hex()}\n")

    def now(self) -> datetime:
        """The network's present moment, whole seconds."""
        return self.clock().replace(microsecond=0)

    # -- parties ---------------------------------------------------------------------

    def peer(self, name: StationName) -> Peer:
        """The keys of a station, to speak as it (and to misuse them)."""
        if name not in self._peers:
            keys = Keys(self.files.pki.station(name))
            chain = self.files.pki.chain
            self._peers[name] = Peer(name, keys, chain, self.directory, self.clock)
        return self._peers[name]

    def inside(self, station: StationName, by: StationName | None = None) -> Client:
        """The link of an organisation's own system to its station.

        ``by`` is another one of its systems than the one that uses it most.
        """
        link = (station, by)
        if link not in self._inside:
            party = next(p for p in self.network.parties if p.name == station)
            assert party.inside is not None
            port = self.network.inside[str(station)]
            self._inside[link] = self._plain(by or party.inside, port)
        return self._inside[link]

    def house(self, system: StationName, by: StationName | None = None) -> Client:
        """The link to the door of an in-house system, of whoever runs it, or ``by``."""
        link = (system, by or system)
        if link not in self._inside:
            port = self.network.house[str(system)]
            self._inside[link] = self._plain(by or system, port)
        return self._inside[link]

    def _plain(self, own: StationName, port: int) -> Client:
        keys = self.files.pki.station(own)
        context = client_context(
            self.files.pki.chain, keys / "tls.crt", keys / "tls.key", belief=self.belief
        )
        return Client("127.0.0.1", port, context)

    def unflagged(self, of: list[Resident], number: int) -> Resident:
        """A resident whom nobody protects."""
        flagged = copies.flagged(of[:200])
        plain = [r for r in of[:200] if r.addressee_number not in flagged]
        return plain[number % len(plain)]

    def flagged(self, of: list[Resident], number: int = 0) -> Resident:
        """A resident whose answers a person must see first."""
        flagged = copies.flagged(of[:200])
        return [r for r in of[:200] if r.addressee_number in flagged][number]

    # -- what inside systems do --------------------------------------------------------

    def submit(self, station: StationName, payload: bytes) -> Any:
        """Post a payload inside; what the station answered, read."""
        reply = self.inside(station).post("/v1/inside/messages", XML, payload)
        return read_payload(type_of(reply.body), reply.body)

    def ask(
        self,
        requester: StationName,
        item_no: int,
        addressee_number: str,
        kinds: tuple[str, ...] = ("resident_record_information",),
        provider: str = people.CITY,
    ) -> bytes | str:
        """Ask from inside: a processing number, or the code of a refusal."""
        request = InformationInquiryRequest(
            item_no=item_no,
            kinds=kinds,
            addressee_number=addressee_number,
            provider=provider,
        )
        answer = self.submit(requester, write_payload(request))
        if isinstance(answer, SubmissionRefused):
            return answer.code
        assert isinstance(answer, SubmissionAccepted)
        assert answer.processing_number is not None
        return answer.processing_number

    def standing(self, requester: StationName, number: bytes) -> InquiryStatus:
        """How an inquiry stands now."""
        path = f"/v1/inside/inquiries/{number.hex()}"
        reply = self.inside(requester).get(path)
        status = read_payload("inquiry_status", reply.body)
        assert isinstance(status, InquiryStatus)
        return status

    def end_of(self, requester: StationName, number: bytes | str) -> str:
        """Wait for the end of an inquiry: a state, or the code of its refusal."""
        if isinstance(number, str):
            return number

        def ended() -> str:
            status = self.standing(requester, number)
            if str(status.status) == "in_progress":
                return ""
            return status.code or str(status.status)

        return wait_for(ended) or "in_progress"

    def answer(self, requester: StationName, number: bytes) -> Any:
        """What was provided."""
        path = f"/v1/inside/inquiries/{number.hex()}/answer"
        reply = self.inside(requester).get(path)
        return read_payload("information_provision", reply.body)

    def update(self, station: StationName, record: Any) -> Any:
        """An existing resident system reports a change."""
        return self.submit(
            station, write_payload(IdentityInformationUpdate(record=record))
        )

    # -- what an operator does ---------------------------------------------------------

    def command(self, *words: str) -> str:
        """Run a `sekisho` command; its standard output. Raises `CommandFailed`."""
        done = self.commands.run(*words)
        if done.status:
            raise CommandFailed(f"sekisho {words[0]}: {done.err.strip()[-300:]}")
        return done.out

    def command_json(self, *words: str) -> Any:
        """The same with `--json`."""
        return json.loads(self.command(*words, "--json"))

    def config(self, station: StationName) -> str:
        """The configuration file of a station, for commands."""
        return str(self.files.config(station))


def _lines(path: Path) -> set[str]:
    return set(path.read_text().split()) if path.exists() else set()


def wait_for(look: Callable[[], str], patience: float = PATIENCE) -> str:
    """Look again and again until there is something to see, or patience ends."""
    deadline = time.monotonic() + patience
    while True:
        seen = look()
        if seen or time.monotonic() > deadline:
            return seen
        time.sleep(POLL)


def in_words(answer: Answer) -> str:
    """An answer as the story tells it: `receipt`, `reply`, or a refusal's code."""
    match answer:
        case Receipt():
            return "receipt"
        case SignedRefusal():
            return answer.code
        case _:
            return "reply"
