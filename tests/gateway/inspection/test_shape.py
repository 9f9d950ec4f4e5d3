# SPDX-License-Identifier: Apache-2.0
"""A refused CMS structure is explained: each row of the profile, and each BER form."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.inspection import shape, tlv
from pki.cms_profile import PROFILE
from tests.gateway.inspection.desk import FILES, codes, inspected, layer, said
from tests.house import ROOT
from tests.pki import sealed_message, signed_message
from tests.pki.mangle import ber, flips, lengthened
from tests.pki.test_cms_profile_sealing import BREAKS as SEALED
from tests.pki.test_cms_profile_signing import BREAKS as SIGNED


def broken(place: str) -> bytes:
    if place in SIGNED:
        return signed_message.forged(SIGNED[place])
    return sealed_message.forged(SEALED[place])


@pytest.mark.parametrize("place", PROFILE)
def test_the_place_of_a_forbidden_shape_is_named_with_its_reason(place: str) -> None:
    data = broken(place)
    told = [odd.place for odd in shape.oddities(data)]
    assert place in told
    line = next(one for one in shape.explained(data) if f"{place}: " in one)
    assert PROFILE[place].why in line
    assert line.startswith("at byte ")


@pytest.mark.parametrize("place", PROFILE)
def test_the_whole_report_names_it_too_and_gives_a_code(place: str) -> None:
    report = inspected(broken(place))
    assert report.status == 1
    assert codes(report)[0] in {"SK-U01", "SK-U02"}
    assert place in said(report)


@pytest.mark.parametrize("octets", [0, 19, 21, 32])
def test_a_key_identifier_of_another_length_is_named(octets: int) -> None:
    vectors = ROOT / "tests" / "vectors" / "cms" / "signed"
    data = (vectors / f"signed-sid-{octets}-octets.der").read_bytes()
    assert [(odd.place, odd.found) for odd in shape.oddities(data)] == [
        ("SignerInfo.sid", f"{octets} bytes")
    ]


@pytest.mark.parametrize("make", [signed_message.sign, sealed_message.seal])
def test_nothing_is_odd_in_a_good_message(make: Callable[[], bytes]) -> None:
    assert shape.oddities(make()) == []
    assert tlv.fault(make()) is None


def test_the_byte_that_is_named_is_the_one_where_it_stands() -> None:
    data = broken("SignerInfo.unsignedAttrs")
    lines = shape.explained(data)
    at = int(lines[0].split()[2].rstrip(":"))
    assert data[at] == 0xA1
    assert any(line.startswith(f">{at:>7}") for line in lines)


@pytest.mark.parametrize("data", list(ber(signed_message.sign())))
def test_ber_is_named_as_what_it_is(data: bytes) -> None:
    assert "(BER)" in shape.explained(data)[0]
    assert "(BER)" in said(inspected(data))


def test_bytes_after_the_end_are_counted() -> None:
    data = signed_message.sign()
    found = shape.explained(data + b"more")[0]
    assert f"at byte {len(data)}: 4 bytes after the end" in found


def test_members_of_a_set_out_of_order_are_found() -> None:
    data = signed_message.forged(
        lambda tree: signed_message.attributes(tree).parts.reverse(), resign=False
    )
    # The attributes are tagged [0], so that only whoever knows CMS sees a SET there.
    assert tlv.fault(data) is None
    swapped = bytes.fromhex("3106020102020101")
    fault = tlv.fault(swapped)
    assert fault is not None
    assert fault.at == 5


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("0202007f", "INTEGER"),
        ("0202ff80", "INTEGER"),
        ("0200", "INTEGER"),
        ("010101", "BOOLEAN"),
        ("3080000000", "indefinite"),
        ("30810100", "more octets"),
        ("3005020101", "more than there are"),
        ("1f8101", "tag number"),
        ("24060404aabbccdd", "in pieces"),
        ("30", "cut off"),
        ("308201", "cut off"),
    ],
)
def test_what_der_forbids_is_said_in_words(data: str, said: str) -> None:
    fault = tlv.fault(bytes.fromhex(data))
    assert fault is not None
    assert said in str(fault)


@pytest.mark.parametrize("data", ["020100", "02020080", "0202ff7f", "0101ff", "3000"])
def test_what_der_allows_is_let_be(data: str) -> None:
    assert tlv.fault(bytes.fromhex(data)) is None


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix in (".cms", ".der")], ids=str
)
def test_every_example_is_der_to_this_reader_too(path: Path) -> None:
    assert tlv.fault(path.read_bytes()) is None


def test_more_or_less_bytes_are_never_more_than_a_refusal() -> None:
    for data in lengthened(sealed_message.seal()):
        assert inspected(data).status in (1, 2)


def test_each_single_bit_of_a_signed_message_can_turn() -> None:
    for data in flips(signed_message.sign()):
        shape.explained(data)


def test_each_single_bit_of_a_sealed_message_can_turn() -> None:
    for data in flips(sealed_message.seal()):
        shape.explained(data)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_listed(data: bytes) -> None:
    tlv.listing(data)
    tlv.tags(data)
    tlv.first_oid(data)


def test_a_listing_shows_no_content() -> None:
    data = signed_message.sign(b"number 102938475612")
    assert "102938475612" not in "\n".join(tlv.listing(data))
    assert layer(inspected(data), "CMS SignedData").lines == ()
