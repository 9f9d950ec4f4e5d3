# SPDX-License-Identifier: Apache-2.0
"""The line before a station (専用線): it carries bytes, reads none, and can be broken.

The station listens on another port, and the line takes the one that the master gives.
TLS passes through unopened. Broken, the line takes no connection; *swallowing*, it
carries everything to the station and nothing that the station answers, once the
handshake is over: what a peer sent has then arrived, and the peer cannot know it.
"""

import re
import selectors
import socket
import threading
from dataclasses import dataclass
from enum import Enum

from pki.names import StationName
from simulators.network.files import Files

HOME = "127.0.0.1"
APPLICATION_DATA = 23
"""The TLS 1.3 record type of everything behind the first hello."""
RECORD_HEAD = 5
PIECE = 65_536


class State(Enum):
    """How a line is."""

    WHOLE = "whole"
    CUT = "cut"
    SWALLOWING = "swallowing"


class Line:
    """One line; a thread of its own for each connection."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._state = State.WHOLE
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server = socket.create_server((HOME, port))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    @classmethod
    def before(cls, files: Files, station: StationName, port: int, to: int) -> "Line":
        """Put a line to port ``to`` before a station that does not run yet."""
        path = files.config(station)
        text = path.read_text("utf-8")
        moved = re.sub(rf"(?m)^port = {port}$", f"port = {to}", text)
        path.write_text(moved, encoding="utf-8")
        return cls(port, to)

    def become(self, state: State) -> None:
        """Change how it is; cut, it ends the connections that there are."""
        self._state = state
        if state is State.CUT:
            with self._lock:
                for one in self._open:
                    _end(one)

    def close(self) -> None:
        """Take the line away."""
        self._server.close()
        self.become(State.CUT)

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near:
            if self._state is State.CUT:
                return
            try:
                far = socket.create_connection((HOME, self._target))
            except OSError:
                return
            with far:
                with self._lock:
                    self._open |= {near, far}
                try:
                    self._between(near, far)
                except OSError:
                    return
                finally:
                    with self._lock:
                        self._open -= {near, far}

    def _between(self, near: socket.socket, far: socket.socket) -> None:
        said = Records()
        with selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ)
            ready.register(far, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    piece = near.recv(PIECE) if key.fileobj is near else far.recv(PIECE)
                    if not piece:
                        return
                    if key.fileobj is near:
                        said.take(piece)
                        far.sendall(piece)
                    elif not (self._state is State.SWALLOWING and said.protected):
                        near.sendall(piece)


@dataclass(slots=True)
class Records:
    """The heads of the TLS records that one end sent; nothing else is looked at."""

    protected: bool = False
    """Whether a protected record came: this end has heard all that it must."""
    _head: bytes = b""
    _skip: int = 0

    def take(self, data: bytes) -> None:
        """Follow the records through the next piece."""
        while data and not self.protected:
            passed = min(self._skip, len(data))
            self._skip -= passed
            data = data[passed:]
            wanted = RECORD_HEAD - len(self._head)
            self._head += data[:wanted]
            data = data[wanted:]
            if len(self._head) == RECORD_HEAD:
                self.protected = self._head[0] == APPLICATION_DATA
                self._skip = int.from_bytes(self._head[3:], "big")
                self._head = b""


def _end(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
