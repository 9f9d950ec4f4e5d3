# SPDX-License-Identifier: Apache-2.0
"""The network between stations, in the harness's hand: it passes bytes, or does not.

One thread, and a port for each station: peers find a station there (the master says
so), and the relay passes what comes to where the station listens. It sees TLS and
understands nothing. ``state`` says what happens to bytes from then on:

* ``open``: they pass.
* ``silent``: none pass, and no new link gets anywhere.
* ``deaf``: what goes to a station vanishes; ``mute``: what comes back from it does.
* ``slow``: each link passes its bytes in a time of its own, so requests overtake.

A link that lost a byte is of no use any more: it is cut when the state changes.
"""

import random
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

CHUNK: Final = 65536
LOOK: Final = 0.01
SLOWEST: Final = 0.08


@dataclass(slots=True, eq=False)
class _End:
    """One of the two sockets of a link."""

    sock: socket.socket
    to_station: bool
    """Whether what is read here goes to the station."""
    slowness: float
    other: "_End | None" = None
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    """What is to be written into the other end, each from its time on."""
    lost: bool = False


class Relay:
    """See the module."""

    def __init__(self, ports: dict[int, int], seed: int) -> None:
        """``ports``: where peers come, and where the station listens."""
        self._chance = random.Random(seed)
        self._selector = selectors.DefaultSelector()
        self._state = self._wanted = "open"
        self._ends: set[_End] = set()
        self._ended = False
        self._doors = []
        for front, back in ports.items():
            door = socket.create_server(("127.0.0.1", front), backlog=256)
            door.setblocking(False)
            self._selector.register(door, selectors.EVENT_READ, back)
            self._doors.append(door)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def become(self, state: str) -> None:
        """What happens to bytes from now on."""
        self._wanted = state

    def close(self) -> None:
        """Cut everything."""
        self._ended = True
        self._thread.join()
        for end in tuple(self._ends):
            self._cut(end)
        for door in self._doors:
            door.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._ended:
            for key, _ in self._selector.select(LOOK):
                if isinstance(key.data, _End):
                    self._read(key.data)
                else:
                    self._meet(key.fileobj, key.data)  # type: ignore[arg-type]
            if self._wanted != self._state:
                self._change()
            for end in tuple(self._ends):
                self._write(end)

    def _change(self) -> None:
        self._state = self._wanted
        for end in tuple(self._ends):
            if end.lost:
                self._cut(end)

    def _meet(self, door: socket.socket, back: int) -> None:
        with suppress(OSError):
            front, _ = door.accept()
            try:
                station = socket.create_connection(("127.0.0.1", back), 1.0)
            except OSError:  # it is dead: its peers are to see that
                front.close()
                return
            slowness = self._chance.uniform(0.0, SLOWEST)
            one, two = _End(front, True, slowness), _End(station, False, slowness)
            one.other, two.other = two, one
            for end in (one, two):
                end.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                end.sock.setblocking(False)
                self._ends.add(end)
                self._selector.register(end.sock, selectors.EVENT_READ, end)

    def _read(self, end: _End) -> None:
        if end not in self._ends:
            return
        try:
            data = end.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._cut(end)
        elif self._vanishes(end):
            end.lost = True
        else:
            late = end.slowness if self._state == "slow" else 0.0
            end.waiting.append((time.monotonic() + late, data))
            self._write(end)

    def _vanishes(self, end: _End) -> bool:
        if end.lost or self._state == "silent":
            return True
        return self._state == ("deaf" if end.to_station else "mute")

    def _write(self, end: _End) -> None:
        now = time.monotonic()
        while end in self._ends and end.waiting and end.waiting[0][0] <= now:
            at, data = end.waiting.popleft()
            assert end.other is not None
            try:
                sent = end.other.sock.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._cut(end)
                return
            if sent < len(data):
                end.waiting.appendleft((at, data[sent:]))
                return

    def _cut(self, end: _End) -> None:
        for one in (end, end.other):
            if one is not None and one in self._ends:
                self._ends.discard(one)
                self._selector.unregister(one.sock)
                one.sock.close()
