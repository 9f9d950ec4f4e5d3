# SPDX-License-Identifier: Apache-2.0
"""A log's key is the one that its certificate shows, and of one kind."""

import shutil

import pytest

from gateway import log_key
from gateway.config import Config, ConfigRefused, load
from pki.keystore import replace
from protocols.tlog import checkpoint
from tests.gateway.files import configured
from tests.gateway.world import CORE, World


@pytest.fixture
def config(world: World, tmp_path) -> Config:
    """A station with keys of its own, that a test may change."""
    path = configured(world, CORE, tmp_path)
    keys = tmp_path / "keys"
    shutil.copytree(world.layout.station(CORE), keys)
    text = path.read_text("utf-8").replace(str(world.layout.station(CORE)), str(keys))
    path.write_text(text, "utf-8")
    return load(path)


def test_what_the_key_signs_the_certificate_verifies(config):
    key = log_key.load(config)
    assert key.verifier == log_key.verifier_of(config)
    assert key.origin == "sekisho.invalid/C00001/information_provision_network_system"
    head = key.head(7, bytes(32))
    assert checkpoint.verify(head, [log_key.verifier_of(config)])[0].size == 7


def test_a_key_of_another_kind_signs_no_log(config):
    """C2SP signs by Ed25519; a station's other keys are on another curve."""
    replace(
        config.keys.key("record"),
        config.keys.key("signing").read_bytes(),
        private=True,
    )
    with pytest.raises(ConfigRefused, match="Ed25519"):
        log_key.load(config)


def test_a_certificate_of_another_kind_shows_no_key_of_a_log(config):
    other = config.keys.certificate("signing").read_bytes()
    replace(config.keys.certificate("record"), other)
    with pytest.raises(ConfigRefused, match="Ed25519"):
        log_key.verifier_of(config)


def test_the_key_is_in_no_text(config):
    assert "key" not in repr(log_key.load(config))
