# SPDX-License-Identifier: Apache-2.0
"""Deliberately bad certificates, shown to a link of the daemon, calling and called.

The plan of them is ``pki/plans/bad.toml``. A link refuses by an alert, and the word
that it keeps for the record is the plan's verdict, but for a few that OpenSSL, which
builds the chain first, has no such word for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from OpenSSL import SSL

from gateway.services.tls_link import Examination, TlsBeginner, untrusted_word
from pki import bad
from pki.bad import BELIEVED, LIST_REFUSED, Case
from pki.profiles import Purpose
from pki.tls import client_context, server_context
from pki.trust import TrustStore, Untrusted
from tests.pki.bads import CASES, careless, folder, network
from tests.pki.network import NOON
from tests.pki.test_tls import Refused, anybody, files, shake

pytestmark = pytest.mark.filterwarnings(
    "ignore:Parsed a serial number which wasn't positive"
)
OF_OPENSSL = {
    "name_twice": "unknown_authority",
    "usages_twice": "unknown_authority",
}
"""Where OpenSSL, which looks first, has another word than `pki.trust` would have."""


@dataclass
class Link:
    """What the beginner asks of a connection: its examination."""

    examination: Examination

    @property
    def wrappedProtocol(self) -> "Link":
        return self


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bad") / "bad"
    bad.write(directory, NOON)
    return directory


def examination(out: Path, case: Case) -> Examination:
    store = TrustStore.load(network(out).chain, folder(out, case) / "crl.pem")

    def objection(certificate: x509.Certificate) -> str | None:
        try:
            store.check(certificate, Purpose.TLS, NOON)
        except Untrusted as error:
            return untrusted_word(error)
        return None

    return Examination(objection)


@pytest.mark.parametrize("shown_by", ["caller", "called"])
@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        if case.change.purpose is Purpose.TLS and case.verdict != LIST_REFUSED
    ],
    ids=lambda case: case.name,
)
def test_a_link_keeps_the_plans_word_for_what_it_refuses(
    out: Path, case: Case, shown_by: str
) -> None:
    look = examination(out, case)
    own = files(network(out), bad.PEER)
    link: Any = Link(look)
    if shown_by == "caller":
        calling = SSL.Connection(careless(out, case, SSL.TLS_CLIENT_METHOD), None)
        context = server_context(*own, anybody)
        called = TlsBeginner(context).serverConnectionForTLS(link)
    else:
        called = SSL.Connection(careless(out, case, SSL.TLS_SERVER_METHOD), None)
        context = client_context(*own, anybody)
        calling = TlsBeginner(context).clientConnectionForTLS(link)
    calling.set_connect_state()
    called.set_accept_state()
    if case.verdict == BELIEVED:
        shake(calling, called)
        assert look.reason is None
        return
    with pytest.raises(Refused, match="alert"):
        shake(calling, called)
    assert str(look.reason) == OF_OPENSSL.get(case.name, case.verdict)
