# SPDX-License-Identifier: Apache-2.0
"""Mutual TLS and HTTP for simulators, from the standard library alone.

The gateway speaks through Twisted, pyOpenSSL and httptools; the simulators speak
through `ssl` and `http`. A fault in one cannot hide in the other.
"""

import http.client
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509

from simulators import clock as clocks
from simulators.clock import Belief

TIMEOUT = 15.0
"""Seconds for one exchange: a simulator that waits longer is waiting for a fault."""
MAX_BODY = 2 * 1024 * 1024


class LinkFailed(Exception):
    """The TLS link could not be made, or the peer closed it without an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


def client_context(
    chain: Path,
    certificate: Path | None,
    key: Path | None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    belief: Belief | None = None,
) -> ssl.SSLContext:
    """This version of TLS with our certificate; trusts ``chain`` and nothing else."""
    context = clocks.context(ssl.PROTOCOL_TLS_CLIENT, belief)
    context.minimum_version = context.maximum_version = version
    context.check_hostname = False  # a station is known by its SAN URI
    context.load_verify_locations(chain)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def server_context(
    chain: Path, certificate: Path, key: Path, belief: Belief | None = None
) -> ssl.SSLContext:
    """TLS 1.3 that asks for a client certificate of ``chain``."""
    context = clocks.context(ssl.PROTOCOL_TLS_SERVER, belief)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(chain)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class Client:
    """One persistent link to one address; makes a new one when the old is gone."""

    def __init__(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext,
        believe: Belief | None = None,
    ) -> None:
        """``believe`` is asked of each new link before a byte is sent over it."""

        def make() -> http.client.HTTPSConnection:
            return http.client.HTTPSConnection(
                host, port, context=context, timeout=TIMEOUT
            )

        self._make = make
        self._believe = believe
        self._connection: http.client.HTTPSConnection | None = None
        self._lock = threading.Lock()

    def post(self, path: str, content_type: str, body: bytes) -> Reply:
        """POST ``body``; raises `LinkFailed`."""
        return self._ask("POST", path, body, {"Content-Type": content_type})

    def get(self, path: str) -> Reply:
        """GET ``path``; raises `LinkFailed`."""
        return self._ask("GET", path, None, {})

    def close(self) -> None:
        """Close the link."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Reply:
        with self._lock:
            fresh = self._connection is None
            try:
                return self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if fresh:
                    raise LinkFailed(type(error).__name__) from error
            try:  # a kept link that the peer had closed
                return self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                raise LinkFailed(type(error).__name__) from error

    def _once(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Reply:
        if self._connection is None:
            self._connection = self._made()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read(MAX_BODY)
        content_type = response.headers.get("Content-Type", "")
        return Reply(response.status, content_type, content)

    def _made(self) -> http.client.HTTPSConnection:
        """A new link to an end that is believed; raises what ``believe`` does."""
        made = self._make()
        if self._believe is None:
            return made
        made.connect()
        try:
            assert isinstance(made.sock, ssl.SSLSocket)
            der = made.sock.getpeercert(binary_form=True)
            self._believe(x509.load_der_x509_certificate(der or b""))
        except BaseException:
            made.close()
            raise
        return made


Handle = Callable[[str, str, bytes, x509.Certificate], Reply | None]
"""Method, path, body and the client's certificate in; the answer out.

None ends the link without one.
"""


def serve(host: str, port: int, context: ssl.SSLContext, handle: Handle) -> Any:
    """A server that is listening; its ``serve_forever`` runs until ``shutdown``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = TIMEOUT
        disable_nagle_algorithm = True
        """Head and body are two writes: the second would wait for an answer to the
        first, which its receiver holds back for 40 ms."""

        def setup(self) -> None:
            super().setup()
            self.connection.do_handshake()

        def do_POST(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            """Keeps its peers' requests to itself."""

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(max(0, min(size, MAX_BODY)))
            der = self.connection.getpeercert(binary_form=True)
            certificate = x509.load_der_x509_certificate(der)
            reply = handle(self.command, self.path, body, certificate)
            if reply is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[Any, Any]:
            sock, address = super().get_request()
            wrapped = context.wrap_socket(
                sock, server_side=True, do_handshake_on_connect=False
            )
            return wrapped, address

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A peer that fails its handshake is no fault of ours."""

    return Server((host, port), Handler)
