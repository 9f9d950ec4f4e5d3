# SPDX-License-Identifier: Apache-2.0
"""One peer: takes messages as strictly as a gateway does, and answers each.

The order is that of `gateway.intake`, with nothing shared: who stands at the other end
of the link, then seal and signature, then the rules for every message (`judge`), then
whether it was here before, then its payload and numbers, then its system's own rules.
What a message does, its answer and its line of history are one transaction; the line is
durable before the answer leaves. The same message gets the same answer.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cryptography import x509

from pki.names import StationName
from pki.trust import Purpose, Untrusted
from protocols import limits
from protocols.envelope import Opened, unpack
from protocols.errors import Unreadable
from protocols.identifiers import Realm
from simulators.peer import CMS, MESSAGES, Peer
from simulators.peers import lines
from simulators.peers.answers import Answers
from simulators.peers.errors import NotTaken, WrongRealm
from simulators.peers.faults import Faults
from simulators.peers.history import History
from simulators.peers.judge import BUILT_OTHERWISE, LINK_CODES, Judge
from simulators.peers.outbox import Outbox, Outgoing
from simulators.peers.store import Store, micros
from simulators.peers.system import System, Told
from simulators.web import Reply

NOT_LET_IN: Final = Reply(403, "text/plain", b"")
NOT_FOUND: Final = Reply(404, "text/plain", b"")


class PeerStation:
    """One station of a system that is played here."""

    def __init__(
        self,
        peer: Peer,
        store: Store,
        history: History,
        system: System,
        faults: Faults | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        realm = Realm(peer.directory.master.realm)
        if realm is not Realm.SIMULATION:
            raise WrongRealm("the master is not of the simulation realm")
        store.part("station")
        self.peer = peer
        self.store = store
        self.history = history
        self.system = system
        self.faults = faults or Faults()
        self.wake = wake
        """Called when there is something to carry."""
        self.outbox = Outbox(store, peer, self._note)
        self._judge = Judge(peer.name, peer.sealing_digest, realm)
        self._answers = Answers(peer, self.faults, system.someone_else)

    # -- one request ---------------------------------------------------------------

    def handle(
        self, method: str, path: str, body: bytes, certificate: x509.Certificate
    ) -> Reply | None:
        """Answer one request; None where none is given."""
        if self.faults.now.down:
            return None
        now = self.peer.clock()
        station = self.admitted(certificate, now)
        if station is None:
            return NOT_LET_IN
        if (method, path) != ("POST", MESSAGES):
            return NOT_FOUND
        reply = self._message(body, station, now)
        self.wake()
        self.faults.hold_back()
        return None if self.faults.take("lose") else reply

    def admitted(
        self, certificate: x509.Certificate, now: datetime
    ) -> StationName | None:
        """Who stands at the other end; None, and a line, where it may not."""
        try:
            identity = self.peer.directory.trust.check(certificate, Purpose.TLS, now)
        except Untrusted as error:
            self._link_refused("", LINK_CODES.get(error.reason, BUILT_OTHERWISE), now)
            return None
        station = identity.station
        isolated = self.store.value(
            "SELECT 1 FROM isolated WHERE organisation = ?", station.organisation
        )
        if isolated or self.peer.directory.peer(station) is None:
            self._link_refused(str(station), "SK-L06", now)
            return None
        return station

    def isolate(self, organisation: str, isolated: bool) -> None:
        """Take nothing from one organisation any more, or again."""
        if isolated:
            sql = "INSERT INTO isolated VALUES (?) ON CONFLICT DO NOTHING"
        else:
            sql = "DELETE FROM isolated WHERE organisation = ?"
        self.store.run(sql, organisation)

    def work(self) -> bool:
        """A little of what is to be done meanwhile; whether there may be more."""
        with self.store.transaction():
            owed = self.system.work(self.peer.clock())
            for one in owed or ():
                self.outbox.owe(one)
        ended = self.outbox.carry()
        self.history.flush()
        return owed is not None or ended > 0

    def settle(self) -> None:
        """Work until there is nothing more to be done now."""
        while self.work():
            pass

    # -- one message ---------------------------------------------------------------

    def _message(self, body: bytes, link: StationName, now: datetime) -> Reply:
        peer = self.peer
        if self.faults.take("refuse"):
            return self._refuse(self.faults.now.code, body, link, None, now)
        try:
            opened = unpack(body, peer.opener, peer.directory, now)
        except Unreadable as error:
            return self._refuse(error.code, body, link, None, now)
        code = self._judge.fault(opened, link, now)
        if code:
            return self._refuse(code, body, link, opened, now)
        try:
            with self.store.transaction():
                answer = self._before(opened, now) or self._take(opened, now)
        except NotTaken as error:
            return self._refuse(error.code, body, link, opened, now)
        self.history.flush()
        return Reply(200, CMS, answer)

    def _before(self, opened: Opened, now: datetime) -> bytes | None:
        """The answer that this message got when it came first; raises `NotTaken`."""
        header = opened.header
        row = self.store.row(
            "SELECT header_digest, answer FROM seen"
            " WHERE sender = ? AND message_id = ?",
            str(header.sender),
            header.message_id,
        )
        if row is None:
            return None
        if row[0] != opened.header_digest:
            raise NotTaken("SK-M09")
        line = lines.arrived(now, "repeated", "", str(header.sender), opened)
        self.history.add(line)
        return bytes(row[1])

    def _take(self, opened: Opened, now: datetime) -> bytes:
        """Have the system do it, and write the answer; raises `NotTaken`."""
        header = opened.header
        value = self._judge.read(opened)
        take = self.system.takes.get(header.message_type)
        if take is None:
            raise NotTaken("SK-M05")
        taken = take(Told(value, opened.payload, header.sender, header.created, now))
        for owed in taken.owed:
            self.outbox.owe(owed)
        line = lines.arrived(now, "received", "", str(header.sender), opened)
        commitment = self.history.add({**line, "effect": taken.effect})
        answer, told = self._answers.to(opened, taken.reply, commitment, now)
        self.store.run(
            "INSERT INTO seen VALUES (?, ?, ?, ?, ?)",
            str(header.sender),
            header.message_id,
            opened.header_digest,
            answer,
            micros(header.expires + 2 * limits.MAX_SKEW),
        )
        self.store.run("DELETE FROM seen WHERE until < ?", micros(now))
        return told

    def _refuse(
        self,
        code: str,
        body: bytes,
        link: StationName,
        opened: Opened | None,
        now: datetime,
    ) -> Reply:
        with self.store.transaction():
            told = lines.arrived(now, "refused", code, str(link), opened)
            commitment = self.history.add(told)
        self.history.flush()
        return self._answers.refusal(code, body, opened, commitment, now)

    # -- history -------------------------------------------------------------------

    def _link_refused(self, peer: str, code: str, now: datetime) -> None:
        with self.store.transaction():
            self.history.add(lines.arrived(now, "link_refused", code, peer))
        self.history.flush()

    def _note(self, out: Outgoing, kind: str, code: str, now: datetime) -> None:
        self.history.add(lines.left(now, kind, code, out))
