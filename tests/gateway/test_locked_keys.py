# SPDX-License-Identifier: Apache-2.0
"""A station whose keys are under a passphrase, which its configuration names."""

import shutil
from pathlib import Path

import msgspec
import pytest

from gateway.config import Config, load
from gateway.services.certificates import Certificates
from gateway.station import load_directory, load_keys
from pki import keystore
from pki.errors import PkiError
from pki.keystore import KeyFileError, load_private_key, private_pem
from protocols import master
from tests.gateway.files import configured
from tests.gateway.world import CORE, NOON, World

WORDS = b"the station's own"


@pytest.fixture(scope="module")
def locked(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core's keys, each locked: made once, because that takes a while."""
    folder = tmp_path_factory.mktemp("locked") / "keys"
    shutil.copytree(world.layout.station(CORE), folder)
    for path in folder.glob("*.key"):
        if path.name != "store.key":
            key = load_private_key(path)
            keystore.replace(path, private_pem(key, WORDS), private=True)
    return folder


@pytest.fixture
def config(world: World, locked: Path, tmp_path: Path) -> Config:
    """A core with all its keys locked."""
    own = tmp_path / "keys"
    shutil.copytree(locked, own)
    keystore.write_private(tmp_path / "words", WORDS + b"\n")
    path = configured(world, CORE, tmp_path)
    text = path.read_text("utf-8")
    named = f'[keys]\npassphrase_file = "words"\ndirectory = "{own}"'
    before = f'[keys]\ndirectory = "{world.layout.station(CORE)}"'
    assert before in text
    path.write_text(text.replace(before, named), "utf-8")
    loaded = load(path)
    data = master.write(world.directory.master, world.signer(CORE), NOON)
    loaded.master.path.write_bytes(data)
    return loaded


def certificates(config: Config) -> Certificates:
    trust = load_directory(config, NOON).trust
    return Certificates(config, trust, lambda: NOON)


def test_the_file_lies_beside_the_configuration(config: Config, tmp_path: Path) -> None:
    assert config.keys.passphrase_file == tmp_path / "words"


def test_every_key_is_opened(config: Config) -> None:
    keys = load_keys(config)
    assert keys.permit_signer is not None
    assert certificates(config).server()


def test_without_the_passphrase_the_station_does_not_start(config: Config) -> None:
    keys = msgspec.structs.replace(config.keys, passphrase_file=None)
    bare = msgspec.structs.replace(config, keys=keys)
    for start in (load_keys, certificates):
        with pytest.raises(KeyFileError, match="needs its passphrase"):
            start(bare)


@pytest.mark.parametrize("words", [b"somebody else's words", b"", b"two\nlines"])
def test_a_wrong_passphrase_is_refused_and_not_told(
    config: Config, words: bytes
) -> None:
    path = config.keys.passphrase_file
    assert path is not None
    keystore.replace(path, words, private=True)
    for start in (load_keys, certificates):
        with pytest.raises(PkiError) as caught:
            start(config)
        assert not words or words.decode() not in str(caught.value)


def test_a_file_that_others_may_read_is_refused(config: Config) -> None:
    path = config.keys.passphrase_file
    assert path is not None
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="other users"):
        load_keys(config)


def test_a_key_left_open_is_seen(config: Config) -> None:
    path = config.keys.key("signing")
    key = load_private_key(path, WORDS)
    keystore.replace(path, private_pem(key), private=True)
    with pytest.raises(KeyFileError, match="is not encrypted"):
        load_keys(config)


def test_the_service_managers_copy_comes_first(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    keystore.write_private(given / "words", WORDS)
    path = config.keys.passphrase_file
    assert path is not None
    path.unlink()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert config.keys.passphrase() == WORDS
