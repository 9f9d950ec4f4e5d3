# SPDX-License-Identifier: Apache-2.0
"""Station names: one spelling each, and exactly one in a certificate."""

import contextlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from pki.keystore import load_certificate
from pki.layout import Layout
from pki.names import URI_PREFIX, BadStationName, StationName
from pki.profiles import Purpose
from tests.pki.network import CITY, NOON

NAMES = st.builds(
    StationName,
    st.from_regex(r"\A[0-9A-Z]{6}\Z"),
    st.from_regex(r"\A[a-z_]{1,64}\Z"),
)


def certificate(*names: x509.GeneralName) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), True)
    return builder.sign(key, hashes.SHA256())


def uri(text: str) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(text)


@given(NAMES)
def test_a_name_is_read_back_from_both_its_spellings(name: StationName) -> None:
    assert StationName.parse(str(name)) == name
    assert StationName.parse_uri(name.uri) == name


def test_the_spellings_are_those_of_the_protocol() -> None:
    name = StationName("102024", "intermediate_server")
    assert str(name) == "102024/intermediate_server"
    assert name.uri == "urn:x-sekisho:station:102024:intermediate_server"


@given(st.text())
def test_any_other_text_is_refused_or_is_the_name_itself(text: str) -> None:
    for read, write in (
        (StationName.parse, str),
        (StationName.parse_uri, lambda name: name.uri),
    ):
        with contextlib.suppress(BadStationName):
            assert write(read(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "102024",
        "/",
        "102024/",
        "/municipal_cs",
        "102024/municipal_cs/",
        "102024/municipal_cs\n",
        " 102024/municipal_cs",
        "102024/Municipal_cs",
        "10202４/municipal_cs",
        "10202a/municipal_cs",
        "1020245/municipal_cs",
        "102024/" + "a" * 65,
        "102024:municipal_cs",
    ],
)
def test_a_name_that_is_not_exact_is_refused(text: str) -> None:
    with pytest.raises(BadStationName):
        StationName.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        CITY.uri.upper(),
        CITY.uri.replace("urn:", "URN:"),
        CITY.uri + ":",
        CITY.uri + "?x",
        CITY.uri.replace("_", "%5f"),
        URI_PREFIX,
        "https://example/102024",
    ],
)
def test_a_uri_that_is_not_exact_is_refused(text: str) -> None:
    with pytest.raises(BadStationName):
        StationName.parse_uri(text)


def test_a_refusal_does_not_repeat_what_was_written() -> None:
    with pytest.raises(BadStationName) as caught:
        StationName.parse("123456789018/secret")
    assert "123456789018" not in str(caught.value)


def test_names_sort_by_organisation_then_role() -> None:
    names = [StationName(*pair) for pair in (("2" * 6, "a"), ("1" * 6, "b"))]
    assert sorted(names) == names[::-1]


def test_the_station_of_an_issued_certificate_is_read(city_network: Layout) -> None:
    path = city_network.certificate(CITY, Purpose.TLS)
    assert StationName.of_certificate(load_certificate(path)) == CITY


@pytest.mark.parametrize(
    "names",
    [
        (),
        (x509.DNSName("cs.example"),),
        (uri(CITY.uri), uri(CITY.uri)),
        (uri(CITY.uri), uri("https://example")),
        (uri("https://example"),),
    ],
    ids=["no extension", "no URI", "twice", "another URI", "no station URI"],
)
def test_a_certificate_that_does_not_name_one_station_is_refused(
    names: tuple[x509.GeneralName, ...],
) -> None:
    with pytest.raises(BadStationName):
        StationName.of_certificate(certificate(*names))


def test_host_names_beside_the_station_do_no_harm() -> None:
    both = certificate(uri(CITY.uri), x509.DNSName("cs.example"))
    assert StationName.of_certificate(both) == CITY


def test_a_malformed_extension_is_refused_as_ours() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    broken = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x05")
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(1))
        .add_extension(broken, False)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(BadStationName):
        StationName.of_certificate(made)
