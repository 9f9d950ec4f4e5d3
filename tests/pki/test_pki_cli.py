# SPDX-License-Identifier: Apache-2.0
"""``sekisho pki`` as an operator meets it: every command, and every refusal's words."""

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from pki import plan
from pki.cli import pki
from pki.keystore import load_certificate, load_pair
from pki.layout import Layout
from pki.profiles import Purpose
from pki.serials import serial_text
from pki.trust import Reason, TrustStore, Untrusted
from tests.pki.network import BUSINESS, CITY, PLAN, copied


def run(*words: object) -> Result:
    return CliRunner().invoke(pki, [str(word) for word in words])


def files(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below, with its content and mode."""
    return {
        str(path.relative_to(directory)): (
            path.read_bytes(),
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in directory.rglob("*")
        if path.is_file()
    }


def rows(*words: object) -> list[dict[str, object]]:
    shown = run("show", *words, "--json")
    assert shown.exit_code == 0, shown.output
    found: list[dict[str, object]] = json.loads(shown.output)
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """An authority made by the command, valid by the wall clock."""
    place = tmp_path_factory.mktemp("cli")
    (place / "plan.toml").write_text(plan.write(PLAN), "utf-8")
    result = run("init", place / "plan.toml", "--out", place / "network")
    assert result.exit_code == 0, result.output
    assert "root.key offline" in result.output
    return Layout(place / "network")


@pytest.fixture
def own(made: Layout, tmp_path: Path) -> Layout:
    """A copy that one test may change; its root key is offline."""
    copy = copied(made, tmp_path / "network")
    copy.root_key.unlink()
    return copy


def serial(layout: Layout, purpose: Purpose = Purpose.TLS) -> str:
    certificate = load_certificate(layout.certificate(CITY, purpose))
    return serial_text(certificate.serial_number)


def trusted(layout: Layout, certificate: x509.Certificate) -> Reason | None:
    store = TrustStore.load(layout.chain, layout.crl)
    try:
        store.check(certificate, Purpose.TLS, datetime.now(UTC))
    except Untrusted as error:
        return error.reason
    return None


def test_init_makes_a_network_that_is_believed_at_once(made: Layout) -> None:
    certificate = load_certificate(made.certificate(CITY, Purpose.TLS))
    assert trusted(made, certificate) is None


def test_init_keeps_every_key_to_its_owner(made: Layout) -> None:
    modes = {name: mode for name, (_, mode) in files(made.directory).items()}
    secret = {name for name in modes if name.endswith(".key")}
    assert "stations/102024-municipal_cs/store.key" in secret
    assert {modes[name] for name in secret} == {0o600}
    assert {modes[name] & 0o133 for name in set(modes) - secret} == {0}


def test_the_example_plan_makes_a_network(tmp_path: Path) -> None:
    example = tmp_path / "example.toml"
    example.write_text(plan.write(plan.example()), "utf-8")
    result = run("init", example, "--out", tmp_path / "network")
    assert result.exit_code == 0, result.output
    assert "10 stations" in result.output


def test_init_overwrites_nothing(own: Layout, tmp_path: Path) -> None:
    before = files(own.directory)
    result = run("init", own.plan, "--out", own.directory)
    assert result.exit_code == 1
    assert "not overwritten" in result.output
    assert files(own.directory) == before


def test_a_bad_plan_is_refused_with_its_key_and_makes_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "plan.toml"
    bad.write_text("[network]\nname = 'a'\ntest = true\ncolour = 1\n")
    result = run("init", bad, "--out", tmp_path / "network")
    assert result.exit_code == 1
    assert f"{bad}: network: " in result.output
    assert "colour" in result.output
    assert "example.toml explains each one" in " ".join(
        result.output.replace("`", "").split()
    )
    assert list(tmp_path.iterdir()) == [bad]


def test_issue_gives_a_station_what_it_does_not_have(own: Layout) -> None:
    with own.plan.open("a", encoding="utf-8") as file:
        file.write(
            '\n[[station]]\norganisation = "131016"\nrole = "municipal_cs"\n'
            'name = "千代田区"\n'
        )
    first = run("issue", own.directory, "131016/municipal_cs", "--purpose", "tls")
    assert first.exit_code == 0, first.output
    folder = own.stations / "131016-municipal_cs"
    assert {path.name for path in folder.iterdir()} == {
        "tls.key",
        "tls.crt",
        "store.key",
    }
    before = files(folder)
    rest = run("issue", own.directory, "131016/municipal_cs")
    assert rest.exit_code == 0, rest.output
    assert rest.output.count("issued") == 3
    after = files(folder)
    assert {name: after[name] for name in before} == before
    assert {mode for name, (_, mode) in after.items() if name.endswith(".key")} == {
        0o600
    }
    assert trusted(own, load_certificate(folder / "tls.crt")) is None


def test_issue_leaves_a_whole_station_alone(own: Layout) -> None:
    before = files(own.directory)
    unasked = run("issue", own.directory, CITY)
    assert unasked.exit_code == 0
    assert "see renew" in unasked.output
    asked = run("issue", own.directory, CITY, "--purpose", "tls")
    assert asked.exit_code == 1
    assert "use renew" in asked.output
    assert files(own.directory) == before


def test_renew_keeps_the_old_files_beside_under_their_serial(own: Layout) -> None:
    before, old = files(own.station(CITY)), serial(own)
    result = run("renew", own.directory, CITY, "--purpose", "tls")
    assert result.exit_code == 0, result.output
    after = files(own.station(CITY))
    assert after.keys() - before.keys() == {f"tls.{old}.key", f"tls.{old}.crt"}
    assert after[f"tls.{old}.key"] == before["tls.key"]
    assert after[f"tls.{old}.crt"] == before["tls.crt"]
    assert after["tls.key"][0] != before["tls.key"][0]
    assert after["tls.key"][1] == 0o600
    paths = own.key(CITY, Purpose.TLS), own.certificate(CITY, Purpose.TLS)
    assert trusted(own, load_pair(*paths)[1]) is None


def test_renew_without_a_purpose_renews_all_that_the_plan_gives(own: Layout) -> None:
    result = run("renew", own.directory, BUSINESS)
    assert result.exit_code == 0, result.output
    assert result.output.count("renewed") == 1
    result = run("renew", own.directory, CITY)
    assert result.output.count("renewed") == 4


@pytest.mark.parametrize("by", ["serial", "colons", "file"])
def test_revoke_takes_a_serial_or_a_file_and_writes_the_list(
    own: Layout, by: str
) -> None:
    digits = serial(own)
    which = {
        "serial": digits,
        "colons": ":".join(digits[i : i + 2] for i in range(0, 40, 2)).upper(),
        "file": str(own.certificate(CITY, Purpose.TLS)),
    }[by]
    result = run("revoke", own.directory, which, "--reason", "key_compromise")
    assert result.exit_code == 0, result.output
    assert digits in result.output
    certificate = load_certificate(own.certificate(CITY, Purpose.TLS))
    assert trusted(own, certificate) is Reason.REVOKED


def test_revoke_refuses_what_it_does_not_know(own: Layout, made: Layout) -> None:
    before = files(own.directory)
    for which, exit_code in (("0" * 40, 1), (made.issuing_certificate, 1), ("tls", 2)):
        result = run("revoke", own.directory, which, "--reason", "superseded")
        assert result.exit_code == exit_code, result.output
    assert run("revoke", own.directory, serial(own)).exit_code == 2, "no reason given"
    assert files(own.directory) == before


def test_crl_writes_the_next_list(own: Layout) -> None:
    result = run("crl", own.directory)
    assert result.exit_code == 0, result.output
    (row,) = rows(own.crl)
    assert row["serial"] == "2"
    assert "good until" in result.output


def test_show_tells_what_is_revoked(own: Layout) -> None:
    run("revoke", own.directory, serial(own), "--reason", "superseded")
    states = {row["file"]: row["state"] for row in rows(own.directory)}
    assert states["stations/102024-municipal_cs/tls.crt"] == "revoked"
    assert states["stations/102024-municipal_cs/signing.crt"] == "valid"
    assert states["issuing/crl.pem"] == "valid"


def test_show_knows_every_key_by_serial_purpose_and_period(made: Layout) -> None:
    found = rows(made.directory)
    certificates = list(made.directory.rglob("*.crt"))
    assert len(found) == len(certificates) + 1
    row = next(r for r in found if r["serial"] == serial(made, Purpose.SEALING))
    assert row["holds"] == "sealing"
    assert row["name"] == str(CITY)
    assert str(row["begins"]) < str(row["ends"])
    assert {r["holds"] for r in found if "root" in str(r["file"])} == {"authority"}


def test_show_reads_one_file_and_prints_a_table(made: Layout) -> None:
    result = run("show", made.certificate(CITY, Purpose.TLS))
    assert result.exit_code == 0
    head, line = result.output.splitlines()
    assert head.split() == ["FILE", "HOLDS", "NAME", "SERIAL", "ENDS", "STATE"]
    assert line.split()[:4] == ["tls.crt", "tls", str(CITY), serial(made)]
    assert len(rows(made.chain)) == 2


def test_show_lists_what_a_list_revokes(own: Layout) -> None:
    digits = serial(own)
    run("revoke", own.directory, digits, "--reason", "superseded")
    assert rows(own.crl)[0]["revoked"] == [digits]
    assert f"revokes{' ' * 2}" in run("show", own.crl).output


def test_show_refuses_what_holds_nothing(own: Layout, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (own.plan, own.key(CITY, Purpose.TLS), tmp_path / "empty", "none"):
        result = run("show", path)
        assert result.exit_code == 1
        assert "Error:" in result.output
        assert "PRIVATE" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("issue", "102024/Municipal"),
        ("renew", "102024"),
        ("issue", "999999/municipal_cs"),
        ("renew", "102024/municipal_cs", "--purpose", "permit"),
    ],
)
def test_a_station_that_is_not_meant_is_refused_with_advice(
    own: Layout, words: tuple[str, ...]
) -> None:
    before = files(own.directory)
    result = run(words[0], own.directory, *words[1:])
    assert result.exit_code == 1
    assert result.output.count("\n") > 3, "the advice follows the fact"
    assert files(own.directory) == before


def test_a_directory_that_is_no_authority_is_refused(tmp_path: Path) -> None:
    for words in (("crl",), ("issue", CITY), ("renew", CITY)):
        result = run(words[0], tmp_path, *words[1:])
        assert result.exit_code == 1
        assert "no authority" in result.output
    assert os.listdir(tmp_path) == []
