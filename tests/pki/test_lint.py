# SPDX-License-Identifier: Apache-2.0
"""Lint: nothing of warning or above is ever signed, and what is found is told."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import authority, issuance, lint, plan
from pki.authority import Authority
from pki.cli import pki
from pki.forgery import Forger
from pki.issuance import Revocation, make_crl
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.lint import Finding, LintRefused, Severity
from pki.profiles import Purpose
from pki.serials import Index, RevocationReason
from tests.pki.drafts import GOOD, pem
from tests.pki.network import CITY, NOON, PLAN, issuer
from tests.pki.test_plan import PLANS

FOUND = Finding(severity="WARNING", code="a.rule", place="", text="for a test")


def run(*words: object) -> Result:
    return CliRunner().invoke(pki, ["lint", *map(str, words)])


def der(made: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return made.public_bytes(Encoding.DER)


def grave(found: list[Finding]) -> list[Finding]:
    return [each for each in found if each.grave]


# -- what the authority makes ----------------------------------------------------------


def test_nothing_that_the_example_makes_has_a_finding_worth_notice(
    tmp_path: Path,
) -> None:
    authority.build(plan.example(), tmp_path / "example", NOON)
    result = run(tmp_path / "example", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    certificates = list((tmp_path / "example").rglob("*.crt"))
    assert len(told) == len(certificates) + 2 + 1, "the chain, and the list"
    codes = {each["code"] for report in told for each in report["findings"]}
    assert codes == {"pkix.subject_key_identifier_method_1_identified"}


def test_lists_of_every_reason_have_no_findings(own_network: Layout) -> None:
    opened = Authority.open(own_network.directory)
    serials = [
        int(each.serial, 16) for each in Index.load(own_network.index).certificates
    ]
    for serial, reason in zip(serials, RevocationReason, strict=False):
        made = opened.revoke(serial, reason, NOON)
        assert lint.revocation_list(der(made)) == []


@settings(max_examples=15, deadline=None)
@given(made=PLANS)
def test_no_plan_makes_a_certificate_with_a_finding(
    made: plan.Plan, tmp_path_factory: pytest.TempPathFactory
) -> None:
    test = msgspec.structs.replace(
        made, network=msgspec.structs.replace(made.network, test=True)
    )
    out = tmp_path_factory.mktemp("any") / "network"
    authority.build(test, out, NOON)
    assert run(out).exit_code == 0


@pytest.mark.parametrize("days", [-1, 7 * 365, 29 * 365])
def test_no_moment_of_issue_makes_a_finding(tmp_path: Path, days: int) -> None:
    # 2049 and 2050 are written in two ways; the root of the last ends after 2050.
    authority.build(PLAN, tmp_path / "a", NOON + timedelta(days))
    assert run(tmp_path / "a").exit_code == 0


# -- before the signature --------------------------------------------------------------


@pytest.mark.parametrize("purpose", Purpose)
def test_the_real_key_signs_only_after_the_linter_looked(
    city_network: Layout, monkeypatch: pytest.MonkeyPatch, purpose: Purpose
) -> None:
    shown: list[x509.Certificate] = []

    def refuse(made: x509.Certificate) -> None:
        shown.append(made)
        raise LintRefused([FOUND])

    real = issuer(city_network)
    monkeypatch.setattr(lint, "must_pass", refuse)
    with pytest.raises(LintRefused, match="for a test"):
        issuance.make_certificate(
            real,
            PLAN.network,
            PLAN.find(CITY),
            purpose,
            real.key.public_key(),
            issuance.Terms(NOON, 10, lambda length: b"\x55" * length),
        )
    (lookalike,) = shown
    with pytest.raises(InvalidSignature):
        lookalike.verify_directly_issued_by(real.certificate)


def test_a_refusal_leaves_nothing_of_a_network_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(made: object) -> None:
        raise LintRefused([FOUND])

    monkeypatch.setattr(lint, "must_pass", refuse)
    with pytest.raises(LintRefused):
        authority.build(PLAN, tmp_path / "a", NOON)
    assert list(tmp_path.iterdir()) == []


def test_a_list_longer_than_is_linted_is_signed_whole(city_network: Layout) -> None:
    count = issuance.LINTED_LINES + 5
    lines = [
        Revocation(number, NOON, x509.ReasonFlags.superseded)
        for number in range(1, count + 1)
    ]
    made = make_crl(issuer(city_network), lines, 3, 7, NOON)
    assert len(made) == count


@pytest.mark.parametrize("severity", Severity)
def test_the_authority_signs_nothing_of_warning_or_above(
    city_network: Layout, monkeypatch: pytest.MonkeyPatch, severity: Severity
) -> None:
    found = msgspec.structs.replace(FOUND, severity=severity.name)
    monkeypatch.setattr(lint, "certificate", lambda der: [found])
    if severity > Severity.WARNING:
        lint.must_pass(issuer(city_network).certificate)
        return
    with pytest.raises(LintRefused, match="for a test"):
        lint.must_pass(issuer(city_network).certificate)


# -- what it finds ---------------------------------------------------------------------


def self_signed() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(1))
    )
    return builder.sign(key, hashes.SHA256())


def test_a_bare_certificate_has_findings_of_both_kinds() -> None:
    codes = {each.code for each in lint.certificate(der(self_signed()))}
    assert any(code.startswith("pkix.") for code in codes)
    assert any(code.startswith("sekisho.") for code in codes)


def test_a_list_that_is_about_a_part_only_has_a_finding(city_network: Layout) -> None:
    whole = make_crl(issuer(city_network), [], 3, 7, NOON)
    assert "sekisho.bad_profile" not in list_codes(whole)
    part = Forger(
        *(issuer(city_network),) * 3, planned=PLAN.find(CITY), at=NOON
    ).partial_list(7)
    assert "sekisho.bad_profile" in list_codes(part)


def list_codes(made: x509.CertificateRevocationList) -> set[str]:
    return {each.code for each in lint.revocation_list(der(made))}


@pytest.mark.parametrize(
    "uri", ["urn:x-sekisho:station:", "not a uri", "//example", "urn:x-sekisho:other:1"]
)
def test_no_uri_but_a_stations_is_excused(city_network: Layout, uri: str) -> None:
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
    made = replace(GOOD, names=names).signed(issuer(city_network))
    codes = {each.code for each in grave(lint.certificate(der(made)))}
    assert "pkix.invalid_uri_syntax" in codes


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("localhost", True),
        ("cs", True),
        ("a.example", True),
        ("7.example", True),
        ("a_b.example", False),
        ("-a.example", False),
        ("a..example", False),
        ("a.example.", False),
        ("*.example", False),
        ("", False),
    ],
)
def test_a_host_is_in_the_preferred_name_syntax(
    city_network: Layout, host: str, good: bool
) -> None:
    names = x509.SubjectAlternativeName(
        [x509.UniformResourceIdentifier(CITY.uri), x509.DNSName(host)]
    )
    made = replace(GOOD, names=names).signed(issuer(city_network))
    codes = {each.code for each in grave(lint.certificate(der(made)))}
    assert ("pkix.invalid_domain_name_syntax" in codes) is not good


def test_usages_that_cannot_be_read_are_a_finding(city_network: Layout) -> None:
    good = der(load_certificate(city_network.certificate(CITY, Purpose.SIGNING)))
    oid = bytes.fromhex("0603551d25")
    place = good.index(oid) + len(oid)
    broken = bytearray(good)
    broken[place + 3] = 0x01  # the tag of an OID is now that of a boolean
    found = lint.certificate(bytes(broken))
    assert any(each.code == "itu.invalid_asn1_syntax" for each in found)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_whatever_bytes_there_are_the_linter_answers(data: bytes) -> None:
    for look in (lint.certificate, lint.revocation_list):
        assert any(each.grave for each in look(data))


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_damaged_certificate_never_stops_the_linter(
    city_network: Layout, place: int, bit: int
) -> None:
    good = load_certificate(city_network.certificate(CITY, Purpose.TLS))
    whole = bytearray(der(good))
    whole[place % len(whole)] ^= 1 << bit
    for each in lint.certificate(bytes(whole)):
        assert Severity[each.severity] in Severity


# -- the command -----------------------------------------------------------------------


def test_a_grave_finding_is_told_with_its_file_and_ends_with_1(
    city_network: Layout, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.crt"
    bad.write_bytes(pem("CERTIFICATE", der(self_signed())))
    result = run(city_network.certificate(CITY, Purpose.TLS), bad)
    assert result.exit_code == 1
    assert f"{bad}#1: ERROR " in result.output
    assert "2 linted, 1 with findings of warning or above" in result.output
    assert "INFO" not in result.output
    assert "INFO" in run(bad, city_network.chain, "--all").output


def test_der_is_read_too(city_network: Layout, tmp_path: Path) -> None:
    certificate = load_certificate(city_network.certificate(CITY, Purpose.TLS))
    crl = x509.load_pem_x509_crl(city_network.crl.read_bytes())
    (tmp_path / "a.der").write_bytes(der(certificate))
    (tmp_path / "b.der").write_bytes(der(crl))
    result = run(tmp_path, "--json")
    assert result.exit_code == 0, result.output
    holds = [report["holds"] for report in json.loads(result.output)]
    assert holds == ["certificate", "revocation list"]


def test_a_certificate_beside_an_authority_that_did_not_sign_it_is_told(
    city_network: Layout, other_network: Layout
) -> None:
    theirs = other_network.certificate(CITY, Purpose.TLS)
    result = run(city_network.chain, theirs)
    assert result.exit_code == 1
    assert "sekisho.not_its_issuers" in result.output
    assert run(theirs).exit_code == 0


def test_damaged_files_are_told_and_not_passed_over(tmp_path: Path) -> None:
    for number, body in enumerate((b"AAAA", b"!", b"")):
        path = tmp_path / f"{number}.crt"
        path.write_bytes(
            b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % body
        )
    result = run(tmp_path)
    assert result.exit_code == 1
    assert result.output.count("FATAL sekisho.unreadable") == 3


def test_a_place_with_nothing_to_lint_is_refused(
    city_network: Layout, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "none", city_network.plan):
        result = run(path)
        assert result.exit_code == 1
        assert "Error:" in result.output
        assert "Traceback" not in result.output


# -- what it costs ---------------------------------------------------------------------


def test_a_network_of_eight_stations_is_linted_in_half_a_second(
    tmp_path: Path,
) -> None:
    stations = tuple(
        plan.PlannedStation(organisation=f"{number}", role="municipal_cs", name="市")
        for number in range(100_000, 100_008)
    )
    authority.build(
        plan.Plan(network=PLAN.network, stations=stations), tmp_path / "a", NOON
    )
    made = [der(load_certificate(path)) for path in (tmp_path / "a").rglob("*.crt")]
    began = time.process_time()
    for each in made:
        lint.certificate(each)
    assert time.process_time() - began < 0.5


def test_nobody_who_does_not_lint_waits_for_the_linter() -> None:
    asked = (
        "import sys, gateway.daemon, pki.authority, pki.cli;"
        "print('pkilint' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
