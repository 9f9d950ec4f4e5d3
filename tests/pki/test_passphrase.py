# SPDX-License-Identifier: Apache-2.0
"""Keys under passphrases: locked, opened by the right one only, and never told."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import authority, base_cli, keystore, plan
from pki.authority import Authority
from pki.cli import pki
from pki.keystore import KeyFileError
from pki.layout import Layout
from pki.locking import MAX_BYTES, MIN_BYTES, PassphraseError, locked
from pki.passphrase import Passphrases, from_descriptor, from_file
from pki.profiles import Purpose
from pki.serials import AuthorityError, RevocationReason
from pki.tls import client_context, server_context
from tests.pki.network import CITY, NOON, PLAN, PREFECTURE, copied
from tests.pki.test_tls import anybody, ends, files, shake
from tests.tools import need_root

ROOT, ISSUING, STATIONS = (
    b"the root's words",
    b"the issuing one's",
    b"the stations' own",
)
OTHER = b"nobody's words at all"
REAL = msgspec.structs.replace(PLAN, network=plan.Network(name="Example", test=False))
KEYS = (ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A real network of today, every key of it locked."""
    directory = tmp_path_factory.mktemp("locked") / "network"
    locks = Passphrases(ROOT, ISSUING, STATIONS)
    authority.build(REAL, directory, datetime.now(UTC), passphrases=locks)
    return Layout(directory)


@pytest.fixture
def own(made: Layout, tmp_path: Path) -> Layout:
    """A copy that one test may change."""
    return copied(made, tmp_path / "network")


def secret(path: Path, content: bytes) -> Path:
    keystore.write_private(path, content)
    return path


def run(*words: object, **more: object) -> Result:
    arguments = [str(word) for word in words]
    return CliRunner().invoke(pki, arguments, **more)  # type: ignore[arg-type]


# -- locking ---------------------------------------------------------------------------


@settings(max_examples=5, deadline=None)
@given(
    key=st.sampled_from(KEYS),
    passphrase=st.binary(min_size=MIN_BYTES, max_size=MAX_BYTES),
)
def test_a_locked_key_is_opened_by_its_passphrase(
    tmp_path_factory: pytest.TempPathFactory,
    key: keystore.StationKey,
    passphrase: bytes,
) -> None:
    path = tmp_path_factory.mktemp("key") / "a.key"
    keystore.write_private(path, keystore.private_pem(key, passphrase))
    assert keystore.is_locked(path)
    read = keystore.load_private_key(path, passphrase)
    assert keystore.private_pem(read) == keystore.private_pem(key)


@pytest.mark.parametrize(
    "wrong", [OTHER, STATIONS[:-1], STATIONS + b"\n", STATIONS.upper(), b"x"]
)
def test_another_passphrase_is_refused_without_a_hint(
    tmp_path: Path, wrong: bytes
) -> None:
    path = secret(tmp_path / "a.key", keystore.private_pem(KEYS[0], STATIONS))
    with pytest.raises(KeyFileError) as caught:
        keystore.load_private_key(path, wrong)
    assert str(caught.value) == f"{path}: no private key, or a wrong passphrase"


def test_one_key_locked_twice_does_not_look_the_same() -> None:
    first, second = (keystore.private_pem(KEYS[0], STATIONS) for _ in range(2))
    assert not set(first.split()[4:-5]) & set(second.split()[4:-5])


def test_a_key_is_locked_at_the_cost_of_owasps_floor() -> None:
    cost, block, lanes = b"\x02\x02\x40\x00", b"\x02\x01\x08", b"\x02\x01\x05"
    assert cost + block + lanes in locked(b"a key", STATIONS)  # 2**14, 8, 5


@pytest.mark.parametrize("length", [0, 1, MIN_BYTES - 1, MAX_BYTES + 1])
def test_a_passphrase_of_no_use_locks_nothing(length: int) -> None:
    with pytest.raises(PassphraseError, match="bytes"):
        keystore.private_pem(KEYS[0], b"x" * length)


# -- where they come from --------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"open sesame", b"open sesame"),
        (b"open sesame\n", b"open sesame"),
        (b" open sesame \n", b" open sesame "),
        ("開けゴマ\n".encode(), "開けゴマ".encode()),
        (b"\x00\xff", b"\x00\xff"),
    ],
)
def test_a_files_one_line_is_taken_as_it_is(
    tmp_path: Path, content: bytes, expected: bytes
) -> None:
    assert from_file(secret(tmp_path / "word", content)) == expected


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"a\nb", b"a\n\n", b"x" * (MAX_BYTES + 1)]
)
def test_a_file_that_is_not_one_line_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PassphraseError):
        from_file(secret(tmp_path / "word", content))


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = secret(tmp_path / "word", STATIONS)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="other users"):
        from_file(path)


def piped(content: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def test_a_descriptor_hands_in_one_line_after_the_other() -> None:
    descriptor = piped(ROOT + b"\n" + ISSUING)
    assert [from_descriptor(descriptor) for _ in range(2)] == [ROOT, ISSUING]
    with pytest.raises(PassphraseError):
        from_descriptor(descriptor)
    os.close(descriptor)


def test_a_descriptor_that_is_none_is_refused() -> None:
    descriptor = piped(b"")
    os.close(descriptor)
    with pytest.raises(PassphraseError, match="cannot be read"):
        from_descriptor(descriptor)


def test_a_descriptor_without_an_end_is_not_read_for_ever() -> None:
    descriptor = piped(b"x" * 4096)
    with pytest.raises(PassphraseError):
        from_descriptor(descriptor)
    assert len(os.read(descriptor, 8192)) > 3000
    os.close(descriptor)


def test_a_credential_that_root_gave_us_by_name_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secret(tmp_path / "word", STATIONS)
    path.chmod(0o440)
    need_root("make a file of root's")
    with pytest.raises(KeyFileError, match="other users"):
        from_file(path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: [1000])
    assert from_file(path) == STATIONS
    path.chmod(0o444)
    with pytest.raises(KeyFileError, match="other users"):
        from_file(path)


@pytest.mark.parametrize("groups", [[0], [1000, 0]])
def test_a_file_that_roots_group_may_read_is_no_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: list[int]
) -> None:
    path = secret(tmp_path / "word", STATIONS)
    path.chmod(0o440)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: groups)
    with pytest.raises(KeyFileError):
        from_file(path)


def test_no_passphrase_shows_itself() -> None:
    assert ROOT.decode() not in repr(Passphrases(ROOT, ISSUING, STATIONS))


# -- the authority ---------------------------------------------------------------------


def test_a_real_network_is_not_made_with_open_authority_keys(tmp_path: Path) -> None:
    for locks in (Passphrases(), Passphrases(root=ROOT), Passphrases(issuing=ISSUING)):
        with pytest.raises(AuthorityError, match="need passphrases"):
            authority.build(REAL, tmp_path / "a", NOON, passphrases=locks)
    assert list(tmp_path.iterdir()) == []


def test_every_private_key_of_a_locked_network_is_locked(made: Layout) -> None:
    paths = [p for p in made.directory.rglob("*.key") if p.name != "store.key"]
    assert paths
    assert all(keystore.is_locked(path) for path in paths)
    for path in paths:
        assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()


@pytest.mark.parametrize("given", [None, ROOT, OTHER])
def test_an_authority_opens_by_its_own_passphrase_only(
    made: Layout, given: bytes | None
) -> None:
    with pytest.raises(KeyFileError, match="passphrase"):
        Authority.open(made.directory, given)
    assert Authority.open(made.directory, ISSUING).issuing


def test_a_renewed_key_is_locked_as_the_old_one_was(own: Layout) -> None:
    opened = Authority.open(own.directory, ISSUING)
    for wrong in (None, OTHER):
        with pytest.raises(KeyFileError, match="passphrase"):
            opened.renew(CITY, Purpose.TLS, NOON, passphrase=wrong)
    made = opened.renew(CITY, Purpose.TLS, NOON, passphrase=STATIONS)
    paths = own.key(CITY, Purpose.TLS), own.certificate(CITY, Purpose.TLS)
    assert keystore.load_pair(*paths, STATIONS)[1] == made


def test_a_tls_end_opens_its_locked_key(made: Layout) -> None:
    shake(
        *ends(
            client_context(*files(made, CITY), anybody, passphrase=STATIONS),
            server_context(*files(made, PREFECTURE), anybody, passphrase=STATIONS),
        )
    )


@pytest.mark.parametrize("make", [client_context, server_context])
def test_a_tls_end_with_a_wrong_passphrase_is_not_made(
    made: Layout, make: Callable[..., object]
) -> None:
    with pytest.raises(KeyFileError, match="wrong passphrase"):
        make(*files(made, CITY), anybody, passphrase=OTHER)


# -- the commands ----------------------------------------------------------------------


def test_the_commands_take_passphrases_from_files(own: Layout, tmp_path: Path) -> None:
    issuing = secret(tmp_path / "issuing", ISSUING + b"\n")
    stations = secret(tmp_path / "stations", STATIONS + b"\n")
    crl = run("crl", own.directory, "--passphrase", issuing)
    assert crl.exit_code == 0, crl.output
    which = own.certificate(PREFECTURE, Purpose.SIGNING)
    revoked = run(
        *("revoke", own.directory, which, "--passphrase", issuing),
        *("--reason", RevocationReason.SUPERSEDED.value),
    )
    assert revoked.exit_code == 0, revoked.output
    renewed = run(
        *("renew", own.directory, CITY, "--passphrase", issuing),
        *("--station-passphrase", stations),
    )
    assert renewed.exit_code == 0, renewed.output
    assert keystore.is_locked(own.key(CITY, Purpose.TLS))


def test_the_commands_take_passphrases_from_a_descriptor(own: Layout) -> None:
    descriptor = piped(ISSUING)
    result = run("crl", own.directory, "--passphrase", f"fd:{descriptor}")
    assert result.exit_code == 0, result.output
    os.close(descriptor)


def test_init_of_a_real_network_takes_both_from_one_descriptor(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(plan.write(REAL), "utf-8")
    descriptor = piped(ROOT + b"\n" + ISSUING + b"\n")
    result = run(
        *("init", tmp_path / "plan.toml", "--out", tmp_path / "network"),
        *("--root-passphrase", f"fd:{descriptor}"),
        *("--issuing-passphrase", f"fd:{descriptor}"),
    )
    assert result.exit_code == 0, result.output
    layout = Layout(tmp_path / "network")
    assert Authority.open(layout.directory, ISSUING).issuing
    assert keystore.load_private_key(layout.root_key, ROOT)
    assert not keystore.is_locked(layout.key(CITY, Purpose.TLS))
    os.close(descriptor)


def test_where_nobody_can_be_asked_the_command_says_so(
    own: Layout, tmp_path: Path
) -> None:
    before = own.index.read_bytes()
    (tmp_path / "plan.toml").write_text(plan.write(REAL), "utf-8")
    for words in (
        ("crl", own.directory),
        ("init", tmp_path / "plan.toml", "--out", tmp_path / "new"),
    ):
        result = run(*words)
        assert result.exit_code == 1
        assert "nobody at the terminal" in result.output
        assert "file of mode 0600" in result.output
    assert own.index.read_bytes() == before
    assert not (tmp_path / "new").exists()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits there; what is typed is the run's input."""

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    class System:
        stdin = Terminal

    monkeypatch.setattr(base_cli, "sys", System)


@pytest.mark.usefixtures("terminal")
def test_who_sits_at_the_terminal_is_asked_and_not_shown(own: Layout) -> None:
    result = run("crl", own.directory, input=ISSUING.decode() + "\n")
    assert result.exit_code == 0, result.output
    assert "Passphrase of the issuing key" in result.output
    assert ISSUING.decode() not in result.output


@pytest.mark.usefixtures("terminal")
def test_a_new_passphrase_is_asked_for_twice(own: Layout) -> None:
    key = own.key(CITY, Purpose.TLS)
    typed = "\n".join((STATIONS.decode(), "new words for it", "new words for it", ""))
    result = run("passphrase", key, input=typed)
    assert result.exit_code == 0, result.output
    assert keystore.load_private_key(key, b"new words for it")


def test_a_key_is_locked_anew_and_opened_with_its_certificate_unchanged(
    own: Layout, tmp_path: Path
) -> None:
    key, old = own.key(CITY, Purpose.TLS), secret(tmp_path / "old", STATIONS)
    new = secret(tmp_path / "new", b"other words for it")
    first = run("passphrase", key, "--old", old, "--new", new)
    assert first.exit_code == 0, first.output
    pair = key, own.certificate(CITY, Purpose.TLS)
    assert keystore.load_pair(*pair, b"other words for it")
    assert key.stat().st_mode & 0o777 == 0o600
    second = run("passphrase", key, "--old", new, "--open")
    assert second.exit_code == 0, second.output
    assert keystore.load_pair(*pair)


def test_a_wrong_passphrase_changes_nothing_and_tells_nothing(
    own: Layout, tmp_path: Path
) -> None:
    key, wrong = own.key(CITY, Purpose.TLS), secret(tmp_path / "wrong", OTHER)
    before = key.read_bytes()
    for words in (
        ("passphrase", key, "--old", wrong, "--open"),
        ("crl", own.directory, "--passphrase", wrong),
    ):
        result = run(*words)
        assert result.exit_code == 1
        assert "wrong passphrase" in result.output
        assert OTHER.decode() not in result.output
    assert key.read_bytes() == before


@pytest.mark.parametrize("source", ["fd:", "fd:x", "fd:-1"])
def test_a_source_that_is_none_is_a_usage_error(own: Layout, source: str) -> None:
    assert run("crl", own.directory, "--passphrase", source).exit_code == 2
