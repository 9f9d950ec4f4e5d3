# SPDX-License-Identifier: Apache-2.0
"""Deliberately bad certificates: our verdict, a TLS end's, and that of the linter.

What openssl says of the same files is told in ``tests/interop/test_openssl_bad.py``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from cryptography import x509
from OpenSSL import SSL

from pki import bad
from pki.bad import BELIEVED, LIST_REFUSED, Case
from pki.cli import pki
from pki.identity import Reason
from pki.keystore import KeyFileError, load_certificate
from pki.layout import Layout
from pki.profiles import Purpose
from pki.revocation import TrustFileError
from pki.tls import client_context, server_context
from pki.trust import TrustStore, Untrusted
from tests.pki.bads import CASES, careless, folder, network
from tests.pki.network import NOON
from tests.pki.test_tls import Refused, anybody, ends, files, shake

pytestmark = pytest.mark.filterwarnings(
    "ignore:Parsed a serial number which wasn't positive"
)
TLS_CASES = [
    case
    for case in CASES
    if case.change.purpose is Purpose.TLS and case.verdict != LIST_REFUSED
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All bad certificates, made once at NOON."""
    directory = tmp_path_factory.mktemp("bad") / "bad"
    bad.write(directory, NOON)
    return directory


def verdict(out: Path, case: Case) -> str:
    """What a station says that has the case's list and is shown the certificate."""
    place = folder(out, case)
    try:
        store = TrustStore.load(network(out).chain, place / "crl.pem")
    except (TrustFileError, KeyFileError):
        return LIST_REFUSED
    shown = load_certificate(place / f"{case.change.purpose.value}.crt")
    try:
        store.check(shown, case.change.purpose, NOON)
    except Untrusted as error:
        return error.reason.name.lower()
    return BELIEVED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_verdict_is_that_of_the_plan(out: Path, case: Case) -> None:
    assert verdict(out, case) == case.verdict


def test_every_reason_that_a_store_gives_is_in_the_plan() -> None:
    told = {case.verdict for case in CASES}
    reasons = {reason.name.lower() for reason in set(Reason) - {Reason.NOT_ADMITTED}}
    assert told == reasons | {BELIEVED, LIST_REFUSED}


def test_no_two_cases_are_of_one_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_a_difference_from_openssl_without_its_reason_is_no_plan() -> None:
    raw = {"name": "a", "says": "", "verdict": "expired", "openssl": 0}
    with pytest.raises(msgspec.ValidationError, match="say why"):
        msgspec.convert(raw, Case)
    assert msgspec.convert(raw | {"why": "because"}, Case).verdict == "expired"
    with pytest.raises(msgspec.ValidationError, match="say why"):
        msgspec.convert(raw | {"why": "because", "openssl": 10}, Case)


def test_a_verdict_that_we_never_give_is_no_plan() -> None:
    raw = {"name": "a", "says": "", "verdict": "good", "openssl": 0}
    with pytest.raises(msgspec.ValidationError, match="no verdict"):
        msgspec.convert(raw, Case)


# -- over TLS --------------------------------------------------------------------------


class Station:
    """A TLS end of ours that looks at its peer as a station does."""

    def __init__(self, layout: Layout, crl: Path) -> None:
        self._store = TrustStore.load(layout.chain, crl)
        self.let_in = 0

    def check(self, certificate: x509.Certificate) -> bool:
        try:
            self._store.check(certificate, Purpose.TLS, NOON)
        except Untrusted:
            return False
        self.let_in += 1
        return True


@pytest.mark.parametrize("shown_by", ["caller", "called"])
@pytest.mark.parametrize("case", TLS_CASES, ids=lambda case: case.name)
def test_a_tls_end_of_ours_lets_in_whom_the_plan_believes_and_nobody_else(
    out: Path, case: Case, shown_by: str
) -> None:
    station = Station(network(out), folder(out, case) / "crl.pem")
    own = files(network(out), bad.PEER)
    if shown_by == "caller":
        client = careless(out, case, SSL.TLS_CLIENT_METHOD)
        server = server_context(*own, station.check)
    else:
        server = careless(out, case, SSL.TLS_SERVER_METHOD)
        client = client_context(*own, station.check)
    calling, called = ends(client, server)
    ours = called if shown_by == "caller" else calling
    if case.verdict == BELIEVED:
        shake(calling, called)
        assert station.let_in == 1
        return
    with pytest.raises(Refused) as caught:
        shake(calling, called)
    seen = caught.value.client if shown_by == "called" else caught.value.server
    told = caught.value.server if shown_by == "called" else caught.value.client
    assert "alert" in told, "the other end is told by an alert"
    assert "alert" not in seen, "and it is we who refuse"
    assert station.let_in == 0
    with pytest.raises(SSL.Error):
        ours.recv(1)  # not one byte of a message came through


def test_the_careless_end_is_let_in_with_a_good_certificate(out: Path) -> None:
    good = next(case for case in CASES if case.name == "good")
    calling, called = ends(
        careless(out, good, SSL.TLS_CLIENT_METHOD),
        server_context(*files(network(out), bad.PEER), anybody),
    )
    shake(calling, called)


# -- lint ------------------------------------------------------------------------------

NOT_THE_FORM = {
    "believed": "nothing is wrong with its form",
    "expired": "time is not a matter of form",
    "not_yet_valid": "time is not a matter of form",
    "revoked": "revocation is not a matter of form",
    "stale_revocation": "revocation is not a matter of form",
    "list_refused": "revocation is not a matter of form",
    "unknown_authority": "who signed is not a matter of form",
    "bad_signature": "who signed is not a matter of form",
}


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.verdict == BELIEVED], ids=lambda case: case.name
)
def test_the_linter_lets_pass_what_is_believed(out: Path, case: Case) -> None:
    path = folder(out, case) / f"{case.change.purpose.value}.crt"
    result = CliRunner().invoke(pki, ["lint", str(path)])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.verdict not in NOT_THE_FORM],
    ids=lambda case: case.name,
)
def test_the_linter_finds_every_fault_of_form(out: Path, case: Case) -> None:
    # ("signing_for_permits" is a good permit's, of a station that signs none.)
    path = folder(out, case) / f"{case.change.purpose.value}.crt"
    result = CliRunner().invoke(pki, ["lint", str(path)])
    assert result.exit_code == 1, result.output
    assert "ERROR" in result.output or "FATAL" in result.output


# -- the command -----------------------------------------------------------------------


def test_the_command_makes_what_the_plan_says(tmp_path: Path) -> None:
    directory = tmp_path / "bad"
    result = CliRunner().invoke(pki, ["bad", "--out", str(directory)])
    assert result.exit_code == 0, result.output
    told = msgspec.json.decode((directory / "verdicts.json").read_bytes())
    assert [case["name"] for case in told] == [case.name for case in CASES]
    assert {path.name for path in (directory / "cases").iterdir()} == {
        case.name for case in CASES
    }
    for case in CASES:
        key = folder(directory, case) / f"{case.change.purpose.value}.key"
        assert key.stat().st_mode & 0o077 == 0


def test_the_command_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    result = CliRunner().invoke(pki, ["bad", "--out", str(tmp_path / "bad")])
    assert result.exit_code == 1
    assert "does not exist yet" in result.output
    assert list((tmp_path / "bad").iterdir()) == []


def test_every_bad_certificate_says_that_it_is_a_test(out: Path) -> None:
    def subjects() -> Iterator[str]:
        for path in out.rglob("*.crt"):
            yield load_certificate(path).subject.rfc4514_string()

    found = list(subjects())
    assert found
    assert all("TEST" in re.split("[=, ]", subject) for subject in found)
