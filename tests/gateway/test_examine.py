# SPDX-License-Identifier: Apache-2.0
"""Everything that would keep a station from starting is found, all at once."""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gateway.config import load
from gateway.examine import examine
from pki.profiles import Purpose
from protocols import master
from tests.gateway.files import configured
from tests.gateway.world import CORE, CS, DAY, NEIGHBOUR, NOON, PROVIDER, new_store
from tests.tools import need_root


@pytest.fixture
def config(world, tmp_path):
    """A provider that could start, with a key folder of its own."""
    path = configured(world, PROVIDER, tmp_path)
    found = load(path)
    data = master.write(world.directory.master, world.signer(CORE), NOON)
    found.master.path.write_bytes(data)
    new_store(tmp_path)
    keys = tmp_path / "keys"
    shutil.copytree(world.layout.station(PROVIDER), keys)
    return changed(found, "keys", directory=keys)


def changed(config, part, **changes):
    fresh = msgspec.structs.replace(getattr(config, part), **changes)
    return msgspec.structs.replace(config, **{part: fresh})


def faults(config, at=NOON):
    return examine(config, at).faults


def test_a_good_configuration_has_no_fault_and_no_warning(config):
    found = examine(config, NOON)
    assert (found.faults, found.warnings) == ([], [])
    assert found.about == "network TEST Example, master 1, 11 stations"


def test_all_faults_are_found_and_not_only_the_first(config, tmp_path):
    (tmp_path / "keys" / "tls.crt").unlink()
    (tmp_path / "keys" / "signing.key").chmod(0o644)
    (tmp_path / "records.sqlite").unlink()
    (tmp_path / "master.cms").write_bytes(b"x")
    said = "\n".join(faults(config))
    for name in ("tls.crt", "signing.key", "sekisho gateway init", "master"):
        assert name in said


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("keys/tls.key", b"", "keys: "),
        ("keys/tls.crt", b"x", "keys: "),
        ("keys/sealing.crt", None, "sealing.crt"),
        ("master.cms", None, "master: "),
        ("store.key", b"short", "store.key: "),
        ("records.sqlite", None, "store.path: "),
        ("records.sqlite", b"no database at all" * 100, "store.path: "),
    ],
)
def test_a_file_that_is_broken_is_named(config, tmp_path, file, content, named):
    path = tmp_path / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert any(named in one for one in faults(config))


def test_a_key_that_does_not_fit_its_certificate_is_named(config, tmp_path, world):
    other = world.layout.key(CORE, Purpose.TLS)
    shutil.copy(other, tmp_path / "keys" / "tls.key")
    assert any("is not the key of tls.crt" in one for one in faults(config))


def test_anothers_certificate_is_named(config, tmp_path, world):
    for suffix in ("key", "crt"):
        source = world.layout.station(CORE) / f"tls.{suffix}"
        shutil.copy(source, tmp_path / "keys" / f"tls.{suffix}")
    assert any(f"is {CORE}'s certificate" in one for one in faults(config))


def test_what_is_out_of_time_is_named(config):
    said = "\n".join(faults(config, NOON + 400 * DAY))
    assert "tls.crt" in said


def test_a_test_authority_in_the_open_is_named(config):
    open_ = changed(config, "outside", host="192.0.2.1")
    assert any(one.startswith("outside.host: a TEST PKI") for one in faults(open_))


def test_a_role_without_what_it_needs_is_named(world, config):
    cs = world.config(CS, config.store.path.parent)
    cs = msgspec.structs.replace(cs, prefecture=None, store=config.store)
    assert any("prefecture" in one for one in faults(cs))
    unplayed = changed(config, "station", role="prefectural_server")
    assert any(
        one.startswith("station.role: this program plays") for one in faults(unplayed)
    )


def test_what_ends_soon_is_a_warning(config):
    found = examine(config, NOON + 30.5 * DAY)
    assert found.faults == []
    assert any(one.startswith("keys.crl: the list ends at") for one in found.warnings)
    soon = changed(config, "health", certificate_days=400)
    assert any("tls.crt ends at" in one for one in examine(soon, NOON).warnings)


def test_a_master_that_names_other_certificates_is_a_warning(config, world, tmp_path):
    for suffix in ("key", "crt"):
        source = world.layout.station(CORE) / f"signing.{suffix}"
        shutil.copy(source, tmp_path / "keys" / f"signing.{suffix}")
    assert any(
        "names another signing.crt" in one for one in examine(config, NOON).warnings
    )


def test_nothing_is_changed_by_looking(config, tmp_path):
    def listing():
        return {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in files(tmp_path)}

    before = listing()
    examine(config, NOON)
    assert listing() == before


def files(folder):
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "-shm" not in path.name and "-wal" not in path.name
    ]


def test_root_looks_at_a_services_key_as_the_service_will(config):
    need_root("look as somebody else")
    stranger = 65_000
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        shutil.copytree(config.keys.directory, keys)
        Path(folder).chmod(0o755)
        keys.chmod(0o755)
        here = changed(config, "keys", directory=keys)
        os.chown(keys / "tls.key", stranger, stranger)
        assert faults(here) == []
        (keys / "tls.key").chmod(0o000)
        assert any("tls.key" in one for one in faults(here))


def test_a_witness_that_cannot_be_asked_or_known_is_a_warning(config, world):
    entries = [
        replace(entry, endpoint=None)
        if entry.name == CS
        else replace(entry, record=())
        if entry.name == NEIGHBOUR
        else entry
        for entry in world.directory.master.stations
    ]
    whole = replace(world.directory.master, stations=tuple(entries))
    data = master.write(whole, world.signer(CORE), NOON)
    config.master.path.write_bytes(data)
    asked = changed(config, "proof", witnesses=tuple(map(str, (CORE, CS, NEIGHBOUR))))
    assert examine(asked, NOON).warnings == [
        f"proof.witnesses: the master has no address of {CS}",
        f"proof.witnesses: the master has no record key of {NEIGHBOUR}",
    ]


def test_a_root_of_the_authority_that_is_none_is_a_fault(config, tmp_path):
    asked = changed(
        config,
        "proof",
        authority="http://127.0.0.1:1/",
        authority_root=tmp_path / "nowhere.crt",
    )
    (fault,) = faults(asked)
    assert fault.startswith("proof.authority_root: ")
