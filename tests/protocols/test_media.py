# SPDX-License-Identifier: Apache-2.0
"""A manifest is read as it was written, by the one it is for, and in no other way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import oids
from pki.errors import CmsError
from protocols import limits, media
from protocols.errors import Unreadable
from protocols.media import Manifest, Part
from tests.protocols import network
from tests.protocols.network import NOON

PAYLOAD = b"<payload/>"


@pytest.fixture
def manifest(world):
    return Manifest(
        output_id=bytes(range(16)),
        content="consistency_check",
        legal_basis="住基法第14条",
        sender=world.requester.name,
        receiver=world.provider.name,
        created=NOON,
        take_in_by=NOON + timedelta(days=31),
        sealing_certificate=world.provider.recipient.digest,
        persons=2,
        parts=(Part("consistency_check_information", 99, bytes(32)),),
    )


def opened(world, data, by=None):
    opener = (by or world.provider).opener
    return media.open_manifest(data, opener, world.directory, NOON)


def sealed(world, manifest):
    signer, to = world.requester.signer, world.provider.recipient
    return media.sealed_manifest(manifest, signer, to, NOON)[0]


def signed_as(world, content, content_type):
    signed = world.requester.signer.sign(content, content_type, NOON)
    return world.provider.recipient.seal(signed)


def test_a_manifest_comes_out_as_it_went_in(world, manifest):
    found = opened(world, sealed(world, manifest))
    assert found.manifest == manifest
    assert found.signer.station == manifest.sender


@given(
    parts=st.lists(
        st.builds(
            Part,
            st.text(max_size=40),
            st.integers(1, media.MAX_PART),
            st.binary(min_size=32, max_size=32),
        ),
        min_size=1,
        max_size=20,
    ),
    persons=st.integers(1, media.MAX_PERSONS),
    days=st.integers(0, 62),
)
def test_every_manifest_has_one_spelling(parts, persons, days):
    plain = Manifest(
        output_id=bytes(16),
        content="c",
        legal_basis="l",
        sender=network.PROVIDER,
        receiver=network.REQUESTER,
        created=NOON,
        take_in_by=NOON + timedelta(days=days),
        sealing_certificate=bytes(32),
        persons=persons,
        parts=tuple(parts),
    )
    assert Manifest.decode(plain.encode()) == plain


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": ()},
        {"parts": (Part("x", 1, bytes(32)),) * (media.MAX_PARTS + 1)},
        {"parts": (Part("x", 0, bytes(32)),)},
        {"parts": (Part("x", media.MAX_PART + 1, bytes(32)),)},
        {"persons": 0},
        {"persons": media.MAX_PERSONS + 1},
        {"take_in_by": NOON - timedelta(seconds=1)},
        {"take_in_by": NOON + timedelta(days=63)},
        {"created": NOON.replace(microsecond=1)},
        {"output_id": bytes(15)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_a_reader_would_refuse_is_not_written(manifest, changes):
    with pytest.raises(ValueError, match=r"."):
        replace(manifest, **changes).encode()


def test_the_largest_manifest_fits_its_file(world, manifest):
    part = Part("consistency_check_information", media.MAX_PART, bytes(32))
    large = replace(manifest, parts=(part,) * media.MAX_PARTS)
    data = sealed(world, large)
    assert len(data) <= media.MAX_MANIFEST
    assert opened(world, data).manifest == large


@given(data=st.binary(max_size=300))
def test_bytes_that_are_no_manifest_are_refused(data):
    with pytest.raises(Unreadable, match="SK-U06"):
        Manifest.decode(data)


@pytest.mark.parametrize("name", ["x", "version"])
def test_a_manifest_of_another_form_is_refused(world, manifest, name):
    data = bytearray(manifest.encode())
    place = data.index(b"\x02\x01\x01") + 2
    data[place] = 2
    spoiled = bytes(data) if name == "version" else manifest.encode() + b"\x00"
    with pytest.raises(Unreadable, match="SK-U06"):
        Manifest.decode(spoiled)


def test_only_its_receiver_opens_it(world, manifest):
    with pytest.raises(Unreadable, match="SK-U02"):
        opened(world, sealed(world, manifest), world.requester)


def test_its_sender_is_who_signed_it(world, manifest):
    other = replace(manifest, sender=world.provider.name)
    with pytest.raises(Unreadable, match="SK-U06"):
        opened(world, sealed(world, other))


@pytest.mark.parametrize(
    "content_type",
    [oids.ID_CT_MEDIA_PART, oids.ID_CT_HEADER, oids.ID_CT_MASTER, oids.ID_DATA],
)
def test_what_was_signed_as_something_else_is_no_manifest(
    world, manifest, content_type
):
    data = signed_as(world, manifest.encode(), content_type)
    with pytest.raises(Unreadable, match="SK-U01"):
        opened(world, data)


@pytest.mark.parametrize("content_type", [oids.ID_CT_MEDIA_MANIFEST, oids.ID_CT_HEADER])
def test_what_was_signed_as_something_else_is_no_part(world, content_type):
    data = signed_as(world, PAYLOAD, content_type)
    with pytest.raises(Unreadable, match="SK-U01"):
        part(world, data, media.part_of("x", data))


def part(world, data, told):
    sender, opener = world.requester.name, world.provider.opener
    return media.open_part(data, told, sender, opener, world.directory, NOON)


def test_a_part_is_the_one_that_the_manifest_names(world):
    signer, to = world.requester.signer, world.provider.recipient
    one = media.sealed_part(PAYLOAD, signer, to, NOON)
    other = media.sealed_part(PAYLOAD, signer, to, NOON)
    assert part(world, one, media.part_of("x", one)) == PAYLOAD
    with pytest.raises(Unreadable, match="SK-U07"):
        part(world, other, media.part_of("x", one))


def test_a_part_and_a_manifest_are_no_message(world, manifest):
    with pytest.raises(CmsError):
        world.requester.opener.open(sealed(world, manifest))


def test_a_manifest_that_is_too_large_is_not_opened(world):
    with pytest.raises(Unreadable, match="SK-U01"):
        opened(world, bytes(media.MAX_MANIFEST + 1))


@pytest.mark.parametrize(
    ("moment", "of_time"),
    [
        (NOON - limits.MAX_SKEW, True),
        (NOON - limits.MAX_SKEW - timedelta(seconds=1), False),
        (NOON + timedelta(days=31) + limits.MAX_SKEW, True),
        (NOON + timedelta(days=31, seconds=61), False),
    ],
)
def test_a_medium_has_its_time(manifest, moment, of_time):
    assert manifest.is_of_time(moment) is of_time
