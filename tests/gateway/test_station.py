# SPDX-License-Identifier: Apache-2.0
"""A station starts with keys, master and store that are its own, or not at all."""

import shutil

import msgspec
import pytest
from twisted.internet import reactor

from gateway.config import ConfigRefused, Listen, load
from gateway.loading import ROLES, load_station
from gateway.records.errors import StoreUnavailable
from gateway.station import (
    load_codes,
    load_directory,
    load_keys,
    refuse_test_keys_in_the_open,
)
from pki.errors import PkiError
from pki.keystore import KeyFileError
from pki.profiles import Purpose
from protocols import master
from protocols.master import MasterRefused
from tests.gateway.files import configured
from tests.gateway.world import (
    BUSINESS,
    CODES,
    CORE,
    CS,
    DAY,
    NOON,
    PLAIN,
    PROVIDER,
    REQUESTER,
    code_of,
    new_store,
)


@pytest.fixture
def config(world, tmp_path):
    """A provider that could start: its master and its store are there."""
    path = configured(world, PROVIDER, tmp_path)
    loaded = load(path)
    whole = world.directory.master
    loaded.master.path.write_bytes(master.write(whole, world.signer(CORE), NOON))
    new_store(tmp_path)
    return loaded


def start(config):
    """The station, stopped again at once."""
    station = load_station(config, lambda: NOON, reactor)
    station.store.close()
    return station


def changed(config, part, **changes):
    part_of = getattr(config, part)
    return msgspec.structs.replace(
        config, **{part: msgspec.structs.replace(part_of, **changes)}
    )


@pytest.fixture
def own_keys(world, tmp_path):
    """A copy of a station's key folder, to be spoilt."""

    def copy(name):
        place = tmp_path / f"keys-{name.role}"
        shutil.copytree(world.layout.station(name), place)
        return place

    return copy


# --- what is good ---------------------------------------------------------------------


def test_a_station_knows_who_it_is_and_whom_it_meets(world, config):
    station = start(config)
    assert station.name == station.facts.name == PROVIDER
    assert station.core() == CORE
    assert station.facts.sealing_digest == world.keys(PROVIDER).sealing_digest
    assert set(station.directory.peers) == set(world.directory.peers)


def test_only_the_core_translates_codes(world, tmp_path, desk_at):
    code = code_of(PLAIN, REQUESTER.organisation)
    asked = (code, REQUESTER.organisation, PROVIDER.organisation)
    assert desk_at(PROVIDER).station.translate(*asked) is None
    core = desk_at(CORE).station
    assert core.translate(*asked) == code_of(PLAIN, PROVIDER.organisation)
    assert core.translate("0f" * 16, *asked[1:]) is None


def test_only_the_core_holds_a_permit_key(world, tmp_path):
    assert load_keys(world.config(CORE, tmp_path)).permit_signer is not None
    assert load_keys(world.config(PROVIDER, tmp_path)).permit_signer is None


# --- a TEST authority -----------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gateway.example"])
@pytest.mark.parametrize("listener", ["outside", "inside"])
def test_keys_of_a_test_authority_serve_no_open_address(world, config, host, listener):
    open_to_all = msgspec.structs.replace(
        config, **{listener: Listen(port=4444, host=host)}
    )
    with pytest.raises(ConfigRefused, match="TEST PKI serves loopback"):
        load_station(open_to_all, lambda: NOON, reactor)
    with pytest.raises(ConfigRefused, match=host):
        refuse_test_keys_in_the_open(open_to_all, world.trust)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_they_do(world, config, host):
    local = msgspec.structs.replace(config, outside=Listen(port=4444, host=host))
    assert load_directory(local, NOON).master.network


def test_a_real_authority_serves_where_it_is_told(config):
    class Real:
        is_test = False

    anywhere = msgspec.structs.replace(config, outside=Listen(4444, "0.0.0.0"))
    refuse_test_keys_in_the_open(anywhere, Real())


# --- keys -----------------------------------------------------------------------------


def test_the_keys_of_another_station_are_refused(world, config):
    other = changed(config, "keys", directory=world.layout.station(REQUESTER))
    with pytest.raises(ConfigRefused, match="holds keys of Q00001"):
        start(other)


def test_a_key_that_others_may_read_is_refused(config, own_keys):
    place = own_keys(PROVIDER)
    (place / "signing.key").chmod(0o644)
    with pytest.raises(KeyFileError, match=r"signing\.key"):
        start(changed(config, "keys", directory=place))


@pytest.mark.parametrize("name", ["signing.key", "sealing.key", "sealing.crt"])
def test_a_missing_file_is_named(config, own_keys, name):
    place = own_keys(PROVIDER)
    (place / name).unlink()
    with pytest.raises((ConfigRefused, PkiError), match=name.replace(".", r"\.")):
        start(changed(config, "keys", directory=place))


def test_a_key_of_another_kind_is_refused(config, own_keys):
    place = own_keys(PROVIDER)
    shutil.copy(place / "record.key", place / "signing.key")
    with pytest.raises(ConfigRefused, match="P-256"):
        start(changed(config, "keys", directory=place))


def test_a_file_that_is_no_certificate_is_refused(config, own_keys):
    place = own_keys(PROVIDER)
    (place / "signing.crt").write_text("nothing")
    with pytest.raises(ConfigRefused, match="PEM certificate"):
        start(changed(config, "keys", directory=place))


def test_an_inside_system_has_no_keys_to_be_a_station_with(world, tmp_path):
    with pytest.raises(ConfigRefused, match=r"sealing\.crt"):
        load_keys(world.config(BUSINESS, tmp_path))


def test_the_code_key_is_a_secret_of_thirty_two_bytes(config, tmp_path):
    path = tmp_path / "code.key"
    of = msgspec.structs.replace(config, code_key=path)
    with pytest.raises(KeyFileError):
        load_codes(of)
    path.touch(0o600)
    path.write_bytes(bytes(31))
    with pytest.raises(KeyFileError):
        load_codes(of)
    path.write_bytes(bytes(range(32)))
    assert load_codes(of).code(PLAIN, "102024") == CODES.code(PLAIN, "102024")
    path.chmod(0o640)
    with pytest.raises(KeyFileError):
        load_codes(of)
    assert load_codes(config) is None


# --- master and store -----------------------------------------------------------------


def test_without_its_master_a_station_does_not_start(config):
    config.master.path.unlink()
    with pytest.raises(ConfigRefused, match="cannot be read"):
        start(config)


def test_a_master_with_one_bit_changed_is_refused(config):
    data = bytearray(config.master.path.read_bytes())
    data[len(data) // 2] ^= 1
    config.master.path.write_bytes(data)
    with pytest.raises(MasterRefused):
        start(config)


def test_a_master_signed_by_another_station_is_refused(world, config):
    forged = master.write(world.directory.master, world.signer(REQUESTER), NOON)
    config.master.path.write_bytes(forged)
    with pytest.raises(MasterRefused):
        start(config)
    by_another = changed(
        config, "master", anchor=world.layout.certificate(REQUESTER, Purpose.SIGNING)
    )
    with pytest.raises(MasterRefused, match="not a core system"):
        start(by_another)


def test_a_master_whose_signer_is_no_longer_valid_is_refused(config):
    with pytest.raises(MasterRefused):
        load_directory(config, NOON + 4000 * DAY)


def test_a_missing_store_is_not_replaced_by_an_empty_one(config):
    """An empty store has forgotten which permits were used."""
    config.store.path.unlink()
    with pytest.raises(StoreUnavailable):
        start(config)
    assert not config.store.path.exists()


def test_a_role_that_this_daemon_does_not_play_is_refused(world, tmp_path):
    with pytest.raises(ConfigRefused, match=r"station\.role: this program plays"):
        load_station(world.config(BUSINESS, tmp_path), lambda: NOON, reactor)


def test_every_role_that_it_plays_is_in_this_network(world):
    assert set(ROLES) == {CORE.role, PROVIDER.role, CS.role}
