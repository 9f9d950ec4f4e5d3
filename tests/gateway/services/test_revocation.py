# SPDX-License-Identifier: Apache-2.0
"""A new revocation list counts from the next look; a damaged one changes nothing."""

import logging
from contextlib import suppress

import pytest
import pytest_twisted

from gateway.services.revocation import Revocation
from pki.authority import Authority
from pki.profiles import Purpose
from pki.serials import RevocationReason
from pki.trust import Reason, TrustStore, Untrusted
from tests.gateway.world import MINUTE, NOON, REQUESTER, World, made

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def own_world(tmp_path) -> World:
    """A network from which a test may revoke."""
    return made(tmp_path / "authority")


@pytest.fixture
def trust(own_world):
    return TrustStore.load(own_world.layout.chain, own_world.layout.crl)


@pytest.fixture
def revocation(own_world, trust):
    return Revocation(trust, own_world.layout.crl)


@pytest.fixture
def revoke(own_world):
    """The authority revokes the requester's signing certificate."""

    def do():
        authority = Authority.open(own_world.layout.directory)
        certificate = own_world.certificate(REQUESTER, Purpose.SIGNING)
        serial = authority.serial_of(certificate)
        authority.revoke(serial, RevocationReason.KEY_COMPROMISE, NOON + MINUTE)

    return do


def is_trusted(world, trust):
    certificate = world.certificate(REQUESTER, Purpose.SIGNING)
    with suppress(Untrusted):
        return bool(trust.check(certificate, Purpose.SIGNING, NOON + MINUTE))
    return False


def assert_revoked(world, trust):
    certificate = world.certificate(REQUESTER, Purpose.SIGNING)
    with pytest.raises(Untrusted) as caught:
        trust.check(certificate, Purpose.SIGNING, NOON + MINUTE)
    assert caught.value.reason is Reason.REVOKED


@in_reactor
async def test_what_a_new_list_revokes_is_refused_after_the_next_look(
    own_world, trust, revocation, revoke
):
    revoke()
    assert is_trusted(own_world, trust)
    await revocation.look()
    assert_revoked(own_world, trust)


@in_reactor
async def test_a_list_that_did_not_change_is_not_read(
    trust, revocation, revoke, monkeypatch
):
    read = []
    monkeypatch.setattr(TrustStore, "reload", lambda self: read.append(self))
    await revocation.look()
    assert read == []
    revoke()
    await revocation.look()
    await revocation.look()
    assert read == [trust]


@pytest.mark.parametrize("content", [b"", b"no list"])
@in_reactor
async def test_a_damaged_list_changes_nothing_and_is_said(
    own_world, trust, revocation, revoke, caplog, content
):
    revoke()
    await revocation.look()
    own_world.layout.crl.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        await revocation.look()
        await revocation.look()
    assert_revoked(own_world, trust)
    assert len(caplog.records) == 1


@in_reactor
async def test_an_older_list_does_not_bring_back_what_was_revoked(
    own_world, trust, revocation, revoke
):
    older = own_world.layout.crl.read_bytes()
    revoke()
    await revocation.look()
    own_world.layout.crl.write_bytes(older)
    await revocation.look()
    assert_revoked(own_world, trust)


@in_reactor
async def test_a_list_that_is_gone_leaves_the_one_in_use(
    own_world, trust, revocation, revoke
):
    own_world.layout.crl.unlink()
    await revocation.look()
    assert is_trusted(own_world, trust)
