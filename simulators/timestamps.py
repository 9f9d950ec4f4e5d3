# SPDX-License-Identifier: Apache-2.0
"""A time-stamp authority of a network: RFC 3161 over plain HTTP, on loopback alone.

Starts with its folder of keys (`pki.timestamp_authority`); answers each POST of a query
with a stamp of the network's clock; ends with its process. Its key is made anew when it
is about to end, as an accredited authority's is. A stamp is signed, so the line is not.
"""

import secrets
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from pki import timestamp_authority as authority
from pki.timestamp import ANSWER_TYPE, QUERY_TYPE
from pki.timestamping import MAX_QUERY, TimeStamper
from simulators.clock import Clock

HOST: Final = "127.0.0.1"
SERIAL_BITS: Final = 127
"""Random: two authorities' or two runs' stamps never share a number by plan."""
SECONDS: Final = 10.0
"""Without a byte of a request for so long, its line is given up."""
EARLY: Final = timedelta(days=30)
"""So long before its end the key that stamps is made anew."""


class TimeAuthority:
    """One authority, answering."""

    def __init__(self, folder: Path, clock: Clock, port: int = 0) -> None:
        """Listen; raises a `PkiError` or `OSError` where it cannot."""
        self._folder = folder
        self._clock = clock
        self._stamper = authority.load(folder)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((HOST, port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,))
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it is asked."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def close(self) -> None:
        """Answer nothing more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, query: bytes) -> bytes:
        """What is answered to a query now."""
        now = self._clock()
        return self._key(now).answer(query, now, secrets.randbits(SERIAL_BITS) | 1)

    def _key(self, now: datetime) -> TimeStamper:
        with self._lock:
            if self._stamper.certificate.not_valid_after_utc - now < EARLY:
                authority.renew(self._folder, now)
                self._stamper = authority.load(self._folder)
            return self._stamper


def _handler(of: TimeAuthority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            kind = self.headers.get_content_type()
            if kind != QUERY_TYPE or not length.isdecimal() or int(length) > MAX_QUERY:
                self._tell(400, "text/plain", b"POST an application/timestamp-query\n")
                return
            self._tell(200, ANSWER_TYPE, of.answer(self.rfile.read(int(length))))

        def _tell(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: what is stamped says nothing to anybody."""

    return Handler
