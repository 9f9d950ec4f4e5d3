# SPDX-License-Identifier: Apache-2.0
"""Where the bad certificates of `pki.bad` lie, and a TLS end that shows them."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from pki import bad
from pki.bad import Case
from pki.keystore import load_certificate
from pki.layout import Layout

CASES = bad.cases()


def network(out: Path) -> Layout:
    """The network that the certificates pretend to be of."""
    return Layout(out / bad.NETWORK)


def folder(out: Path, case: Case) -> Path:
    """The case's key, certificate and list."""
    return out / bad.CASES / case.name


def careless(out: Path, case: Case, method: int) -> SSL.Context:
    """A careless end that shows the case's certificate and believes everybody."""
    place = folder(out, case)
    made = SSL.Context(method)
    made.set_cipher_list(b"ALL:@SECLEVEL=0")
    made.use_certificate(load_certificate(place / "tls.crt"))
    key = load_pem_private_key((place / "tls.key").read_bytes(), None)
    made.use_privatekey(key)  # type: ignore[arg-type]
    between = place / "between.crt"
    chain = [between] if between.exists() else []
    for path in (*chain, network(out).issuing_certificate):
        made.add_extra_chain_cert(load_certificate(path))
    return made
