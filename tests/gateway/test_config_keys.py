# SPDX-License-Identifier: Apache-2.0
"""Every key of the file: told of in the table, refused with a mend, kept for ever."""

import math
import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import config as configs
from gateway.config import CONFIG_NAME, Config, ConfigRefused, load
from gateway.config_faults import explain
from gateway.config_keys import KEYS
from tests.gateway.files import tables, toml
from tests.gateway.world import BUSINESS, CORE, PROVIDER

FROZEN = Path(__file__).parent / "frozen"
HEAD = ("prefecture", "profile", "code_key", "clock")
SINCE = {
    "calendar",
    "peer_calendars",
    "master.longest_days",
    "profile",
    "store.month_keys",
    "tables",
    "timing.hold_business_days",
    "timing.trust_every",
    *(
        key
        for key in KEYS
        if key.startswith(("media.", "keeping.", "proof.", "patches."))
    ),
}
"""Keys that 0.1.0 did not know: its files are without them."""
MORE = {
    "inside": {"port": 4444, "clients": [str(BUSINESS)]},
    "admin": {"port": 4445},
    "timing": {},
    "limits": {},
    "log": {},
    "health": {},
    "media": {},
    "keeping": {},
    "proof": {},
    "patches": {},
}
NAN, INFINITE = math.nan, math.inf


def struct_keys(kind=Config, table=""):
    """The keys that the structs know, by table."""
    for one in msgspec.structs.fields(kind):
        parts = [p for p in getattr(one.type, "__args__", (one.type,)) if is_struct(p)]
        if parts:
            yield from struct_keys(parts[0], f"{one.name}.")
        else:
            yield f"{table}{one.name}"


def is_struct(kind):
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def refusal(world, folder, key, value):
    """What is said of a file in which one key has this value."""
    of = {
        **tables(world.layout, PROVIDER, folder),
        **{k: dict(v) for k, v in MORE.items()},
    }
    head = {}
    table, _, name = key.rpartition(".")
    if table:
        of[table][name] = value
    else:
        head[name] = value
    path = folder / CONFIG_NAME
    path.write_text(toml(of, **head), "utf-8")
    with pytest.raises(ConfigRefused) as caught:
        load(path)
    return str(caught.value)


def test_the_table_has_every_key_and_no_other():
    assert set(KEYS) == set(struct_keys())


def test_the_frozen_file_has_every_key_that_need_not_be_a_test_networks():
    raw = tomllib.loads((FROZEN / "whole-0.1.0.toml").read_text("utf-8"))
    found = {
        f"{name}.{key}" if isinstance(value, dict) else name
        for name, value in raw.items()
        for key in (value if isinstance(value, dict) else [name])
    }
    assert found == set(KEYS) - {"clock"} - SINCE


@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_another_kind_is_refused_with_file_key_and_mend(
    world, tmp_path, key
):
    said = refusal(world, tmp_path, key, True)
    path = tmp_path / CONFIG_NAME
    assert said == f"{path}: {key}: not what is wanted here; write {KEYS[key].wanted}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[
            (key, value)
            for key in KEYS
            if key.endswith(".port")
            for value in (0, 65536)
        ],
        *[
            (key, value)
            for key in KEYS
            if KEYS[key].wanted.startswith("seconds")
            for value in (0, -1, 315360001, NAN, INFINITE, "1")
        ],
        *[
            (key, value)
            for key in KEYS
            if KEYS[key].wanted.startswith("a whole number")
            for value in (0, -1, 10**9, 1.5)
        ],
        *[(key, "") for key in KEYS if KEYS[key].wanted.startswith("a path")],
        ("outside.host", "everywhere"),
        ("inside.host", ""),
        ("admin.host", "0.0.0.0"),
        ("admin.host", "192.0.2.1"),
        ("inside.clients", ["102024"]),
        ("inside.clients", [1]),
        ("station.organisation", "10202"),
        ("station.role", "Municipal"),
        ("prefecture", "gunma"),
        ("profile", "Separated"),
        ("log.level", "loud"),
        ("log.format", "xml"),
        ("health.list_hours", 0),
        ("health.list_hours", 8761),
        ("proof.witnesses", ["102024"]),
        ("proof.cosigned_hours", 0),
        ("proof.stamped_hours", 8761),
        ("proof.authority", "ftp://time.example/"),
        ("proof.authority", "http://time.example/ x"),
        ("proof.authority_policy", "1.2.x"),
        ("proof.authority_policy", "1.02"),
    ],
)
def test_a_value_beyond_its_bounds_is_refused_with_file_key_and_mend(
    world, tmp_path, key, value
):
    said = refusal(world, tmp_path, key, value)
    assert said.startswith(f"{tmp_path / CONFIG_NAME}: {key}: ")
    assert KEYS[key].wanted in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"witnesses": [str(PROVIDER)]}, "name other stations"),
        ({"witnesses": [str(CORE), str(CORE)]}, "each one once"),
        ({"witnesses": [str(CORE)], "quorum": 2}, "proof.quorum: not what is wanted"),
        ({"authority": "http://127.0.0.1/"}, "proof.authority go together"),
        ({"authority_root": "root.crt"}, "proof.authority go together"),
    ],
)
def test_what_does_not_fit_of_witnesses_and_authority_is_refused(
    world, tmp_path, changes, why
):
    of = {**tables(world.layout, PROVIDER, tmp_path), "proof": changes}
    path = tmp_path / CONFIG_NAME
    path.write_text(toml(of), "utf-8")
    with pytest.raises(ConfigRefused, match=why):
        load(path)


def test_two_listeners_never_share_a_port(world, tmp_path):
    said = refusal(world, tmp_path, "admin.port", 4444)
    assert said.endswith("admin.port: is inside.port too; give each listener its own")


def test_a_value_that_was_found_is_never_repeated(world, tmp_path):
    said = refusal(world, tmp_path, "station.organisation", "高崎　太郎")
    assert "高崎" not in said
    path = tmp_path / CONFIG_NAME
    path.write_text('name = "高崎　太郎" 123456789012', "utf-8")
    with pytest.raises(ConfigRefused) as caught:
        load(path)
    assert "高崎" not in str(caught.value)
    assert "123456789012" not in str(caught.value)


def test_a_misspelt_key_is_met_with_the_one_that_was_meant(world, tmp_path):
    said = refusal(world, tmp_path, "limits.conections", 5)
    assert "limits.conections: unknown key; did you mean connections? known: " in said


def test_a_huge_file_is_not_read_whole(tmp_path):
    path = tmp_path / CONFIG_NAME
    path.write_bytes(b"#" * (configs.LARGEST + 1))
    with pytest.raises(ConfigRefused, match="is no configuration"):
        load(path)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "a" * 1000 + " = 1", "\ufeffa=1"]
)
def test_what_breaks_a_toml_reader_is_refused_like_the_rest(tmp_path, text):
    path = tmp_path / CONFIG_NAME
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigRefused, match=re.escape(str(path))):
        load(path)


@given(st.text())
def test_whatever_is_said_of_a_file_becomes_one_sentence(said):
    assert isinstance(explain(said), str)


# --- new code, old file ---------------------------------------------------------------


def test_every_value_of_the_old_file_is_understood_as_it_was(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = load(FROZEN / "whole-0.1.0.toml")
    assert (str(found.station.name), found.prefecture) == (
        "102024/municipal_cs",
        "100005",
    )
    assert [(name, one.host, one.port) for name, one in found.listeners()] == [
        ("outside", "192.0.2.1", 20443),
        ("inside", "::1", 20444),
        ("admin", "127.0.0.2", 20445),
    ]
    assert found.inside.clients == ("102024/existing_resident_system",)
    assert found.code_key == FROZEN / "code.key"
    assert found.keys.certificate("tls") == FROZEN / "keys" / "tls.crt"
    assert found.keys.passphrase_file == FROZEN / "keys.words"
    assert msgspec.to_builtins(found.timing) == {
        "answer_by": 60.0,
        "release_by": 86400.5,
        "route_days": 2,
        "hold_longest": 3600.0,
        "hold_business_days": None,
        "notice_every": 1.0,
        "retry_first": 0.25,
        "retry_longest": 30.0,
        "trust_every": 1.0,
    }
    assert msgspec.to_builtins(found.limits) == {
        "connections": 100,
        "unproven_connections": 50,
        "station_connections": 8,
        "idle_seconds": 30.0,
        "request_seconds": 10.0,
        "handshake_seconds": 5.0,
        "peer_connections": 2,
    }
    assert msgspec.to_builtins(found.log) == {"level": "warning", "format": "json"}
    assert msgspec.to_builtins(found.health) == {
        "certificate_days": 14,
        "list_hours": 12.0,
        "free_megabytes": 1024,
        "outbox_seconds": 600.0,
    }


def test_the_least_old_file_gets_the_old_defaults():
    found = load(FROZEN / "least-0.1.0.toml")
    assert (found.outside.host, found.inside, found.admin) == ("127.0.0.1", None, None)
    assert msgspec.to_builtins(found.limits) == {
        "connections": 1000,
        "unproven_connections": 256,
        "station_connections": 32,
        "idle_seconds": 60.0,
        "request_seconds": 20.0,
        "handshake_seconds": 10.0,
        "peer_connections": 4,
    }
    assert (found.timing.retry_first, found.timing.retry_longest) == (0.5, 60.0)


# --- what the service manager hands over ----------------------------------------------


def test_a_secret_that_the_service_manager_gave_is_the_one_that_is_used(
    tmp_path, monkeypatch
):
    given_folder = tmp_path / "credentials"
    given_folder.mkdir()
    for name in ("store.key", "signing.key"):
        (given_folder / name).touch()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given_folder))
    found = load(FROZEN / "least-0.1.0.toml")
    assert found.store.key == given_folder / "store.key"
    assert found.keys.key("signing") == given_folder / "signing.key"
    assert found.keys.key("tls") == FROZEN / "keys" / "tls.key"
    assert found.keys.certificate("signing") == FROZEN / "keys" / "signing.crt"
