# SPDX-License-Identifier: Apache-2.0
"""The command: options, exit status, text and JSON, and that nothing personal leaks."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.inspection.cli import inspect
from pki.keystore import write_private
from pki.names import StationName
from protocols import master
from protocols.master import Master
from schemas.messages import (
    IdentityInformationUpdateNotice,
    read_payload,
    write_payload,
)
from tests.gateway.files import configured
from tests.gateway.inspection.desk import EXAMPLES, SAMPLES, example
from tests.gateway.words import message, order, provision
from tests.gateway.world import (
    CORE,
    CS,
    LISTED,
    NOON,
    PLAIN,
    PREFECTURE,
    PROVIDER,
    REQUESTER,
    World,
    code_of,
    new_store,
)

AT = ("--at", "2030-01-01T12:00:01Z")


def run(*words: object) -> Result:
    return CliRunner().invoke(inspect, [str(word) for word in words])


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The core's sealing key of the examples, as a station keeps it."""
    path = tmp_path / "sealing.key"
    write_private(path, example("keys/core-sealing.key"))
    return path


def all_of_it(key: Path) -> tuple[object, ...]:
    pki = EXAMPLES / "pki"
    return (
        *("--key", key, "--sealing-cert", EXAMPLES / "keys" / "core-sealing.crt"),
        *("--trust", pki / "chain.pem", "--crl", pki / "crl.pem"),
        *("--master", EXAMPLES / "master.cms", *AT),
    )


def test_a_good_message_ends_with_zero_and_tells_its_count(key: Path) -> None:
    done = run(EXAMPLES / "inquiry-envelope.cms", *all_of_it(key))
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "27 ok, 0 refused, 3 not checked"


def test_a_refused_one_ends_with_one_and_says_what_to_do(key: Path) -> None:
    done = run(EXAMPLES / "refused-envelope.cms", *all_of_it(key))
    assert done.exit_code == 1
    assert "SK-P01 照合リストにない項目" in done.output
    assert "what to do: Ask under an item of the list." in done.output


def test_an_unreadable_refusal_says_what_the_sender_is_told(
    key: Path, tmp_path: Path
) -> None:
    path = tmp_path / "turned"
    data = bytearray(example("inquiry-envelope.cms"))
    data[-1] ^= 1
    path.write_bytes(data)
    done = run(path, *all_of_it(key))
    assert done.exit_code == 1
    assert "the sender is told SK-U00" in done.output


def test_garbage_and_missing_files_end_with_two(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"\x8f" * 50)
    for path in (tmp_path / "garbage", tmp_path / "nowhere", tmp_path):
        done = run(path)
        assert done.exit_code == 2
        assert "Traceback" not in done.output
        assert done.output.splitlines()[-1] == "could not read it"


def test_json_holds_the_same_as_the_text(key: Path) -> None:
    done = run(EXAMPLES / "refused-envelope.cms", "--json", *all_of_it(key))
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert told["status"] == 1
    assert told["kind"] == "sealed message"
    (no,) = [
        finding
        for layer in told["layers"]
        for finding in layer["findings"]
        if finding["verdict"] == "refused"
    ]
    assert (no["code"], no["told"]) == ("SK-P01", "SK-P01")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--trust", EXAMPLES / "pki" / "chain.pem"), "--trust needs --crl"),
        (("--key", EXAMPLES / "keys" / "core-sealing.key"), "go together"),
        (("--master", EXAMPLES / "master.cms"), "needs --trust"),
        (("--cert", EXAMPLES / "master.cms"), "no PEM certificate"),
        (("--config", EXAMPLES / "master.cms"), "is not TOML"),
        (("--keys", EXAMPLES), "holds no sealing*.key"),
        (("--at", "yesterday"), "is not a time"),
    ],
)
def test_options_that_do_not_serve_end_with_two_and_say_why(
    options: tuple[object, ...], told: str
) -> None:
    done = run(EXAMPLES / "permit.cms", *options)
    assert done.exit_code == 2
    assert told in done.output


def test_a_key_that_others_can_read_opens_nothing(tmp_path: Path) -> None:
    loose = tmp_path / "loose.key"
    loose.write_bytes(example("keys/core-sealing.key"))
    loose.chmod(0o644)
    done = run(EXAMPLES / "inquiry-envelope.cms", *all_of_it(loose))
    assert done.exit_code == 2
    assert "chmod 600" in done.output


@pytest.mark.parametrize(
    ("at", "status"), [("2030-01-01T21:00:01", 0), ("2030-01-01T12:00:01", 1)]
)
def test_a_time_without_a_zone_is_japans(key: Path, at: str, status: int) -> None:
    words = [*all_of_it(key), "--at", at]
    assert run(EXAMPLES / "inquiry-envelope.cms", *words).exit_code == status


# -- everything from one configuration -------------------------------------------------


@pytest.fixture
def config(world: World, tmp_path: Path) -> Callable[..., Path]:
    """Makes the files of a station of the small network, an empty store included."""

    def make(name: StationName) -> Path:
        entries = world.directory.master.stations
        whole = Master(1, "TEST Example", NOON, "simulation", entries, (), (LISTED,))
        written = master.write(whole, world.signer(CORE), NOON)
        (tmp_path / "master.cms").write_bytes(written)
        new_store(tmp_path)
        return configured(world, name, tmp_path)

    return make


def test_a_configuration_gives_keys_trust_master_and_store_key(
    world: World, config: Callable[..., Path], tmp_path: Path
) -> None:
    words = ("--config", config(PROVIDER), "--at", "2030-01-01T12:00:01Z")
    envelope = tmp_path / "order"
    envelope.write_bytes(order(world).message().envelope)
    for path in (envelope, tmp_path / "records.sqlite", tmp_path / "master.cms"):
        done = run(path, *words)
        assert (done.exit_code, path.name) == (0, path.name)
        assert "--config" not in done.output


# -- personal data ---------------------------------------------------------------------

SECRETS = ("高崎　太郎", "妻", "102938475612", "10293847568", "髙𣘺", "1988-02-29")


def test_no_word_about_a_person_is_in_the_output_unless_asked_for(
    world: World, config: Callable[..., Path], tmp_path: Path
) -> None:
    words = ("--config", config(REQUESTER), "--at", "2030-01-01T12:00:01Z")
    path = tmp_path / "provision"
    path.write_bytes(provision(world, bytes(32)).envelope)
    for form in ((), ("--json",)):
        done = run(path, *words, *form)
        assert done.exit_code == 0
        assert not [secret for secret in SECRETS if secret in done.output]
        shown = run(path, *words, *form, "--show-personal-data")
        assert all(secret in shown.output for secret in ("高崎　太郎", "妻"))


def test_a_notice_to_the_prefecture_shows_no_number(
    world: World, config: Callable[..., Path], tmp_path: Path
) -> None:
    sample = (SAMPLES / "identity_information_update.xml").read_bytes()
    update = read_payload("identity_information_update", sample)
    notice = IdentityInformationUpdateNotice.of(update.record)  # type: ignore[union-attr]
    kind = "identity_information_update_notice"
    made = message(world, CS, PREFECTURE, kind, write_payload(notice))
    path = tmp_path / "notice"
    path.write_bytes(made.envelope)
    words = ("--config", config(PREFECTURE), "--at", "2030-01-01T12:00:01Z")
    done = run(path, *words)
    assert done.exit_code == 0
    assert "no prefectural_server is built here" in done.output
    assert not [secret for secret in SECRETS if secret in done.output]


def test_a_linkage_code_and_its_salt_are_hidden_with_the_order(
    world: World, config: Callable[..., Path], tmp_path: Path
) -> None:
    made = order(world)
    path = tmp_path / "order"
    path.write_bytes(made.message().envelope)
    done = run(path, "--config", config(PROVIDER), "--at", "2030-01-01T12:00:01Z")
    assert code_of(PLAIN, PROVIDER.organisation) not in done.output
    assert made.salt.hex() not in done.output


@pytest.mark.parametrize(
    "change",
    [
        ("<sex>2</sex>", "<sex>妻</sex>"),
        ("</record>", "</rekord>"),
        ("<kanji_name>", "<kanji_name a='1'>"),
        ("<sex>2</sex>", "<sex>2</sex><head_name>高崎　太郎</head_name>"),
        ("<date_of_birth>1988-02-29", "<date_of_birth>1988-02-30"),
        ("<individual_number>102938475612", "<individual_number>1029384756123"),
    ],
)
def test_a_refused_document_is_explained_without_what_it_says(
    tmp_path: Path, change: tuple[str, str]
) -> None:
    """Complaints of XML libraries quote what they refuse; ours must not."""
    text = (SAMPLES / "identity_information_update.xml").read_text("utf-8")
    path = tmp_path / "update.xml"
    path.write_text(text.replace(*change), "utf-8")
    for form in ((), ("--json",)):
        done = run(path, *form)
        assert done.exit_code == 1
        words = (*SECRETS, "1988-02-30", "1029384756123", "高崎")
        assert not [secret for secret in words if secret in done.output]
