# SPDX-License-Identifier: Apache-2.0
"""New certificates count all together, when they are good, and never before."""

import logging
import os
import shutil

import pytest
import pytest_twisted
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from gateway.services.certificates import Certificates
from pki.authority import Authority
from pki.enrolment import pem
from pki.issuance import Issuer, Terms, make_issuing, make_root
from pki.keystore import load_certificate, load_p256_key
from pki.profiles import Purpose
from pki.trust import TrustStore, Untrusted
from tests.gateway.world import CORE, DAY, NOON, PROVIDER, made

in_reactor = pytest_twisted.ensureDeferred


class Own:
    """A network from which a test may renew, and the provider's certificates."""

    def __init__(self, folder):
        self.world = made(folder / "authority")
        self.layout = self.world.layout
        self.now = NOON
        self.trust = TrustStore.load(self.layout.chain, self.layout.crl)
        self.config = self.world.config(PROVIDER, folder)
        self.certificates = Certificates(self.config, self.trust, lambda: self.now)

    def renew(self):
        authority = Authority.open(self.layout.directory)
        return authority.renew(PROVIDER, Purpose.TLS, self.now).serial_number

    @property
    def serial(self):
        return self.certificates.identity.serial

    @property
    def key(self):
        return self.layout.key(PROVIDER, Purpose.TLS)

    @property
    def certificate(self):
        return self.layout.certificate(PROVIDER, Purpose.TLS)

    def issuer(self, name):
        keys = {"root": self.layout.root_key, "issuing": self.layout.issuing_key}
        known = {
            "root": self.layout.root_certificate,
            "issuing": self.layout.issuing_certificate,
        }
        return Issuer(load_p256_key(keys[name]), load_certificate(known[name]))

    def write_chain(self, issuing, root):
        self.layout.chain.write_bytes(pem(issuing) + pem(root))


@pytest.fixture
def own(tmp_path):
    return Own(tmp_path)


async def rest(own):
    """Two looks: the first sees a change, the second that it is over."""
    await own.certificates.look()
    await own.certificates.look()


@in_reactor
async def test_a_renewed_pair_is_taken_once_it_rests(own):
    before = own.certificates.server()
    new = own.renew()
    await own.certificates.look()
    assert own.serial != new
    await own.certificates.look()
    assert own.serial == new
    assert own.certificates.server() is not before
    assert (own.certificates.taken, own.certificates.problem) == (1, "")


@in_reactor
async def test_files_that_did_not_change_are_not_read(own):
    for _ in range(5):
        await own.certificates.look()
    assert own.certificates.taken == 0


@in_reactor
async def test_a_key_without_its_certificate_waits_for_it(own, caplog):
    old, pair = own.serial, (own.key.read_bytes(), own.certificate.read_bytes())
    new = own.renew()
    renewed = own.certificate.read_bytes()
    own.certificate.write_bytes(pair[1])
    with caplog.at_level(logging.ERROR):
        await rest(own)
        await rest(own)
    assert own.serial == old
    assert "not the key of tls.crt" in own.certificates.problem
    assert len(caplog.records) == 1, "said once, not every second"
    own.certificate.write_bytes(renewed)
    await rest(own)
    assert (own.serial, own.certificates.problem) == (new, "")


def spoilt(own, how):
    """Make the TLS files what a start would refuse."""
    if how == "half a certificate":
        data = own.certificate.read_bytes()
        own.certificate.write_bytes(data[: len(data) // 2])
    elif how == "an empty key":
        own.key.write_bytes(b"")
    elif how == "no certificate":
        own.certificate.unlink()
    elif how == "another purpose":
        for file, other in (
            (own.key, own.layout.key),
            (own.certificate, own.layout.certificate),
        ):
            shutil.copy(other(PROVIDER, Purpose.SIGNING), file)
    elif how == "another station":
        for file, other in (
            (own.key, own.layout.key),
            (own.certificate, own.layout.certificate),
        ):
            shutil.copy(other(CORE, Purpose.TLS), file)
    elif how == "a key for all":
        own.key.chmod(0o644)
    elif how == "half a chain":
        own.layout.chain.write_bytes(own.layout.chain.read_bytes()[:500])


@pytest.mark.parametrize(
    "how",
    [
        "half a certificate",
        "an empty key",
        "no certificate",
        "another purpose",
        "another station",
        "a key for all",
        "half a chain",
    ],
)
@in_reactor
async def test_what_is_broken_leaves_the_old_in_use(own, how):
    old, contexts = own.serial, (own.certificates.server(), own.certificates.client())
    spoilt(own, how)
    own.certificates.reload()
    assert own.serial == old
    assert (own.certificates.server(), own.certificates.client()) == contexts
    assert own.certificates.problem
    assert own.certificates.taken == 0


@in_reactor
async def test_a_certificate_that_is_not_good_yet_is_taken_when_it_is(own):
    own.now = NOON + 10 * DAY
    new = own.renew()
    own.now = NOON
    await rest(own)
    assert "has not begun" in own.certificates.problem
    own.now = NOON + 10 * DAY
    await rest(own)
    assert own.serial == new


@in_reactor
async def test_a_mode_that_is_mended_is_seen(own):
    new = own.renew()
    own.key.chmod(0o644)
    await rest(own)
    assert "chmod 600" in own.certificates.problem
    own.key.chmod(0o600)
    await rest(own)
    assert own.serial == new


@in_reactor
async def test_what_the_master_names_is_told_and_not_taken(own):
    path = own.layout.certificate(PROVIDER, Purpose.SIGNING)
    assert own.certificates.waiting_for_restart == []
    os.utime(path, (1, 1))
    assert own.certificates.waiting_for_restart == [path]


# --- the chain ------------------------------------------------------------------------


@in_reactor
async def test_a_renewed_authority_lives_on_without_a_restart(own):
    terms = Terms(NOON + DAY, 3650, os.urandom)
    network, root = own_network(own), own.issuer("root")
    key = load_p256_key(own.layout.issuing_key)
    longer = make_issuing(root, network, key, terms)
    own.write_chain(longer, root.certificate)
    own.now = NOON + 2 * DAY
    await rest(own)
    assert own.certificates.problem == ""
    assert own.trust.authorities[0] == longer


def own_network(own):
    return Authority.open(own.layout.directory).plan.network


@pytest.mark.parametrize("other", ["another issuing key", "another root"])
@in_reactor
async def test_another_authority_is_never_taken_while_the_station_works(own, other):
    before = own.trust.authorities
    network, terms = own_network(own), Terms(NOON, 3650, os.urandom)
    key = generate_private_key(SECP256R1())
    root = own.issuer("root")
    if other == "another root":
        root_key = generate_private_key(SECP256R1())
        root = Issuer(root_key, make_root(network, root_key, terms))
        key = load_p256_key(own.layout.issuing_key)
    own.write_chain(make_issuing(root, network, key, terms), root.certificate)
    await rest(own)
    assert "another authority's" in own.certificates.problem
    assert own.trust.authorities == before


# --- the start ------------------------------------------------------------------------


def test_a_station_does_not_start_with_what_is_out_of_time(own):
    own.now = NOON + 800 * DAY
    with pytest.raises(Untrusted):
        Certificates(own.config, own.trust, lambda: own.now)
