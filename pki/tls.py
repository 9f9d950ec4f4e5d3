# SPDX-License-Identifier: Apache-2.0
"""TLS contexts: both ends prove who they are, before a byte of a message.

What the library decides and what we decide, and why:

1. OpenSSL builds the path to our root (nothing else is loaded, not the system's
   store), checks signatures, and that the certificate may serve or call (TLS usages).
2. ``check``, asked once for the peer's own certificate after that, decides whether it
   is believed: time, revocation, profile, and whether it is the peer meant. It must
   ask `pki.trust`. False ends the handshake with an alert. A server name is not
   compared: stations are known by the SAN URI, wherever they run.
3. OpenSSL's own look at the time is off: the moment comes from the station's clock
   through ``check``, for the whole path, so that there is one answer to the time.
4. No session is resumed: each connection is a full handshake, so revocation is asked
   each time. Connections are kept open instead.
5. TLS 1.3; 1.2 only where the caller says so, then with forward secrecy and an AEAD.
"""

from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from OpenSSL import SSL, crypto

from pki import keystore
from pki.keystore import KeyFileError

OPENSSL = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode().split()[1]
"""The version that links use."""

Check = Callable[[x509.Certificate], bool]
"""Is the holder of this certificate to be let in? May record why not; must not wait."""

TLS1_2 = SSL.TLS1_2_VERSION
TLS1_3 = SSL.TLS1_3_VERSION

_CIPHERS_1_3 = b":".join(
    (
        b"TLS_AES_256_GCM_SHA384",
        b"TLS_CHACHA20_POLY1305_SHA256",
        b"TLS_AES_128_GCM_SHA256",  # RFC 8446 9.1: the one that every peer has
    )
)
_CIPHERS_1_2 = b":".join(
    (
        b"ECDHE-ECDSA-AES256-GCM-SHA384",
        b"ECDHE-ECDSA-CHACHA20-POLY1305",
        b"ECDHE-ECDSA-AES128-GCM-SHA256",
    )
)
_OPTIONS = (
    SSL.OP_NO_COMPRESSION
    | SSL.OP_NO_TICKET
    | SSL.OP_NO_RENEGOTIATION
    | SSL.OP_CIPHER_SERVER_PREFERENCE
)
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h, which pyOpenSSL does not name."""


def server_context(
    key: Path,
    certificate: Path,
    chain: Path,
    check: Check,
    *,
    minimum: int = TLS1_3,
    passphrase: bytes | None = None,
) -> SSL.Context:
    """What a listener accepts with; raises `KeyFileError` if the files do not fit."""
    context = _context(SSL.TLS_SERVER_METHOD, chain, check, minimum)
    _use(context, key, certificate, chain, passphrase)
    context.load_client_ca(str(chain).encode())
    return context


def client_context(
    key: Path,
    certificate: Path,
    chain: Path,
    check: Check,
    *,
    minimum: int = TLS1_3,
    passphrase: bytes | None = None,
) -> SSL.Context:
    """What a connection is opened with; raises `KeyFileError` if files do not fit."""
    context = _context(SSL.TLS_CLIENT_METHOD, chain, check, minimum)
    _use(context, key, certificate, chain, passphrase)
    return context


def _context(method: int, chain: Path, check: Check, minimum: int) -> SSL.Context:
    if minimum not in (TLS1_2, TLS1_3):
        raise ValueError("the minimum is TLS1_2 or TLS1_3")
    context = SSL.Context(method)
    context.set_min_proto_version(minimum)
    context.set_options(_OPTIONS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_cipher_list(_CIPHERS_1_2)
    context.set_tls13_ciphersuites(_CIPHERS_1_3)
    _believe(context, chain, check)
    return context


def _believe(context: SSL.Context, chain: Path, check: Check) -> None:
    def verify(
        connection: SSL.Connection, peer: crypto.X509, error: int, depth: int, ok: int
    ) -> bool:
        if not ok:
            return False
        return depth > 0 or check(peer.to_cryptography())

    store = context.get_cert_store()
    if store is None:
        raise RuntimeError("OpenSSL made a context without a certificate store")
    for authority in keystore.load_certificates(chain):
        store.add_cert(crypto.X509.from_cryptography(authority))
    store.set_flags(_NO_CHECK_TIME)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verify)


def _use(
    context: SSL.Context,
    key: Path,
    certificate: Path,
    chain: Path,
    passphrase: bytes | None,
) -> None:
    # OpenSSL would ask for a passphrase at the terminal, which a daemon has not.
    if passphrase is None and keystore.is_locked(key):
        raise KeyFileError(key, "the key needs its passphrase")
    own = keystore.load_certificate(certificate)
    try:
        if passphrase is None:
            # By name, not by value: the file may hold a device's URI, not a key.
            context.use_privatekey_file(str(key))
        else:
            context.use_privatekey(keystore.load_private_key(key, passphrase))
        context.use_certificate(own)
        context.check_privatekey()
    except SSL.Error:
        text = f"no private key, or not the key of {certificate.name}"
        raise KeyFileError(key, text) from None
    for authority in keystore.load_certificates(chain):
        if authority.subject == own.issuer:
            context.add_extra_chain_cert(authority)
