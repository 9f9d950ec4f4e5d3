# SPDX-License-Identifier: Apache-2.0
"""The envelope: what was packed comes out for its receiver, or one exact code does."""

from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.oids import ID_CT_HEADER
from pki.profiles import Purpose
from protocols import limits
from protocols.envelope import (
    Opened,
    Packed,
    digest,
    pack,
    read_signed_header,
    recall,
    unpack,
    unseal,
)
from protocols.errors import Unreadable
from protocols.header import Header, InReplyTo, content_digest
from tests.pki import forge, mangle
from tests.pki.signed_message import signer_info
from tests.protocols import network
from tests.protocols.network import (
    NOON,
    PAYLOAD,
    PROVIDER,
    REQUESTER,
    SALT,
    Station,
    World,
    header,
    message,
)
from tests.protocols.values import crypto, headers
from tests.values import replace


def opened(
    world: World, data: bytes, by: Station | None = None, at: timedelta = timedelta(0)
) -> Opened:
    by = by or world.provider
    return unpack(data, by.opener, world.directory, NOON + at)


def refused(world: World, data: bytes, by: Station | None = None) -> str:
    """The inner code under which an envelope is refused."""
    with pytest.raises(Unreadable) as no:
        opened(world, data, by)
    return no.value.code


def sealed(world: World, *parts: bytes) -> bytes:
    """A true seal for the provider around whatever a sender may put into it."""
    octets = [der.tlv(der.OCTET_STRING, part) for part in parts]
    return world.provider.recipient.seal(der.tlv(der.SEQUENCE, *octets))


# --- whole ----------------------------------------------------------------------------


def test_a_message_comes_out_as_it_was_packed(world: World) -> None:
    packed = message(world.requester, world.provider)
    out = opened(world, packed.envelope)
    assert out.header == packed.header
    assert out.payload == PAYLOAD
    assert out.signed_header == packed.signed_header
    assert out.signer.station == REQUESTER
    assert out.signer.certificate == world.requester.signer.certificate


@crypto
@given(headers, st.binary(max_size=2000), st.binary(min_size=32, max_size=32))
def test_any_header_and_payload_come_out_as_they_were_packed(
    world: World, drawn: Header, payload: bytes, salt: bytes
) -> None:
    bound = replace(drawn, content_digest=content_digest(salt, payload))
    packed = pack(
        bound,
        payload,
        salt,
        world.requester.signer,
        world.provider.recipient,
        NOON,
    )
    out = opened(world, packed.envelope)
    assert (out.header, out.payload) == (bound, payload)


def test_the_header_digest_is_the_same_on_both_sides(world: World) -> None:
    packed = message(world.requester, world.provider)
    out = opened(world, packed.envelope)
    assert packed.header_digest == out.header_digest
    assert out.header_digest == sha256(packed.signed_header).digest()
    assert digest(b"abc") == sha256(b"abc").digest()


def test_a_message_is_named_by_its_id_and_the_digest_of_its_signed_header(
    world: World,
) -> None:
    packed = message(world.requester, world.provider)
    assert opened(world, packed.envelope).reference() == InReplyTo(
        b"message number 1", packed.header_digest
    )


def test_the_same_message_never_looks_the_same_twice(world: World) -> None:
    one, other = (message(world.requester, world.provider) for _ in range(2))
    assert one.envelope != other.envelope
    assert one.header_digest != other.header_digest
    assert opened(world, one.envelope).header == opened(world, other.envelope).header


def test_content_key_and_nonce_come_from_the_source_that_is_given(
    world: World,
) -> None:
    asked: list[int] = []

    def token_bytes(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    packed = pack(
        header(world.requester, world.provider),
        PAYLOAD,
        SALT,
        world.requester.signer,
        world.provider.recipient,
        NOON,
        token_bytes,
    )
    assert opened(world, packed.envelope).payload == PAYLOAD
    assert sorted(asked) == [12, 32]


def test_the_largest_payload_fits_into_an_envelope(world: World) -> None:
    payload = bytes(limits.MAX_PAYLOAD)
    packed = pack(
        header(
            world.requester,
            world.provider,
            message_type="t" * 64,
            content_digest=content_digest(SALT, payload),
            in_reply_to=InReplyTo(bytes(16), bytes(32)),
            permit_digest=bytes(32),
        ),
        payload,
        SALT,
        world.requester.signer,
        world.provider.recipient,
        NOON,
    )
    assert len(packed.envelope) <= limits.MAX_ENVELOPE
    assert opened(world, packed.envelope).payload == payload


def test_payload_and_salt_are_not_shown(world: World) -> None:
    packed = message(world.requester, world.provider)
    parts = unseal(packed.envelope, world.provider.opener)
    assert (parts.salt, parts.payload) == (SALT, PAYLOAD)
    for shown in (packed, parts, opened(world, packed.envelope)):
        assert "payload>" not in repr(shown)
        assert repr(SALT)[2:-1] not in repr(shown)


# --- for whom -------------------------------------------------------------------------


def test_an_envelope_for_one_station_is_opened_by_no_other(world: World) -> None:
    data = message(world.requester, world.provider).envelope
    assert refused(world, data, world.requester) == "SK-U02"
    assert refused(world, data, world.core) == "SK-U02"


def test_an_envelope_of_another_network_is_not_opened(
    world: World, stranger: World
) -> None:
    for_them = message(stranger.requester, stranger.provider).envelope
    assert refused(world, for_them) == "SK-U02"
    for_us = message(stranger.requester, world.provider).envelope
    assert refused(world, for_us) == "SK-U04"


def test_a_message_sealed_anew_for_another_names_its_first_receiver_still(
    world: World,
) -> None:
    first = message(world.requester, world.provider)
    passed_on = world.core.recipient.seal(world.provider.opener.open(first.envelope))
    out = opened(world, passed_on, world.core)
    assert out.header.receiver == PROVIDER
    assert out.header.sealing_certificate == world.provider.recipient.digest


# --- the codes ------------------------------------------------------------------------


def test_an_envelope_over_the_limit_is_refused_unopened(world: World) -> None:
    plain = der.tlv(der.SEQUENCE, der.tlv(der.OCTET_STRING, bytes(limits.MAX_ENVELOPE)))
    data = world.provider.recipient.seal(plain)
    assert refused(world, data) == "SK-U01"
    assert refused(world, bytes(limits.MAX_ENVELOPE + 1)) == "SK-U01"
    assert refused(world, bytes(limits.MAX_ENVELOPE)) == "SK-U02"


def test_a_seal_around_something_else_is_refused(world: World) -> None:
    good = message(world.requester, world.provider)
    signed = good.signed_header
    for parts in (
        (),
        (signed,),
        (signed, SALT),
        (signed, SALT, PAYLOAD, b""),
        (signed, SALT[:31], PAYLOAD),
        (signed, SALT + b"\0", PAYLOAD),
        (signed, b"", PAYLOAD),
        (b"", SALT, PAYLOAD),
        (good.header.encode(), SALT, PAYLOAD),
        (good.envelope, SALT, PAYLOAD),
        (signed + signed, SALT, PAYLOAD),
    ):
        assert refused(world, sealed(world, *parts)) == "SK-U01"
    for plain in (b"", signed, PAYLOAD):
        assert refused(world, world.provider.recipient.seal(plain)) == "SK-U01"


def test_a_wrong_signature_is_refused(world: World) -> None:
    good = message(world.requester, world.provider)
    tree = forge.read(good.signed_header)
    signature = signer_info(tree)[5]
    r, s = decode_dss_signature(signature.octets)
    signature.octets = encode_dss_signature(s, r)
    assert refused(world, sealed(world, tree.write(), SALT, PAYLOAD)) == "SK-U03"


def test_a_signature_under_the_name_of_another_is_refused(world: World) -> None:
    theirs = message(world.requester, world.provider)
    ours = message(world.core, world.provider)
    tree, other = forge.read(theirs.signed_header), forge.read(ours.signed_header)
    signer_info(tree).parts[1] = signer_info(other)[1]
    assert refused(world, sealed(world, tree.write(), SALT, PAYLOAD)) == "SK-U03"


def test_a_signer_outside_the_master_is_refused(world: World) -> None:
    unlisted = network.certified(world, REQUESTER, Purpose.SIGNING)
    sender = replace(world.requester, signer=unlisted)
    assert refused(world, message(sender, world.provider).envelope) == "SK-U04"


def test_a_message_signed_with_the_permit_key_is_refused(world: World) -> None:
    sender = replace(world.core, signer=world.permit_signer)
    assert refused(world, message(sender, world.provider).envelope) == "SK-U05"


def test_a_message_is_refused_when_its_signer_is_out_of_time(world: World) -> None:
    data = message(world.requester, world.provider).envelope
    assert opened(world, data, at=timedelta(days=6)).payload == PAYLOAD
    with pytest.raises(Unreadable) as no:
        opened(world, data, at=timedelta(days=8))
    assert no.value.code == "SK-U05"


@pytest.mark.parametrize("content", [b"", b"\x30\x00", PAYLOAD])
def test_a_signature_over_something_else_than_a_header_is_refused(
    world: World, content: bytes
) -> None:
    signed = world.requester.signer.sign(content, ID_CT_HEADER, NOON)
    assert refused(world, sealed(world, signed, SALT, PAYLOAD)) == "SK-U06"


def test_another_payload_or_salt_under_a_good_header_is_refused(world: World) -> None:
    signed = message(world.requester, world.provider).signed_header
    for salt, payload in (
        (SALT, PAYLOAD + b"\n"),
        (SALT, b""),
        (SALT[::-1], PAYLOAD),
        (PAYLOAD[:32].ljust(32), SALT),
    ):
        assert refused(world, sealed(world, signed, salt, payload)) == "SK-U07"


def test_the_parts_of_two_messages_cannot_be_exchanged(world: World) -> None:
    one = message(world.requester, world.provider)
    other = message(
        world.requester, world.provider, content_digest=content_digest(SALT, b"other")
    )
    crossed = sealed(world, one.signed_header, SALT, b"other")
    assert refused(world, crossed) == "SK-U07"
    right = sealed(world, other.signed_header, SALT, b"other")
    assert opened(world, right).payload == b"other"


def test_the_signer_is_asked_before_the_header_is_read(world: World) -> None:
    unlisted = network.certified(world, REQUESTER, Purpose.SIGNING)
    signed = unlisted.sign(b"no header", ID_CT_HEADER, NOON)
    assert refused(world, sealed(world, signed, SALT, PAYLOAD)) == "SK-U04"


def test_a_header_of_the_next_version_is_refused(world: World) -> None:
    tree = forge.read(header(world.requester, world.provider).encode())
    tree[0].octets = b"\2"
    signed = world.requester.signer.sign(tree.write(), ID_CT_HEADER, NOON)
    assert refused(world, sealed(world, signed, SALT, PAYLOAD)) == "SK-U06"


# --- broken on the way ----------------------------------------------------------------


def test_every_cut_of_an_envelope_is_refused(world: World) -> None:
    data = message(world.requester, world.provider).envelope
    assert {refused(world, cut) for cut in mangle.cuts(data)} == {"SK-U02"}


def test_a_flipped_bit_anywhere_in_an_envelope_is_refused(world: World) -> None:
    data = message(world.requester, world.provider).envelope
    assert {refused(world, flipped) for flipped in mangle.flips(data)} == {"SK-U02"}


def test_a_doubled_envelope_or_bytes_around_it_are_refused(world: World) -> None:
    data = message(world.requester, world.provider).envelope
    assert {refused(world, more) for more in mangle.lengthened(data)} == {"SK-U02"}


@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_but_unreadable(world: World, data: bytes) -> None:
    assert refused(world, data) == "SK-U02"


# --- broken by the sender, under a true seal ------------------------------------------


def test_a_flipped_bit_anywhere_in_a_signed_header_is_refused(world: World) -> None:
    signed = message(world.requester, world.provider).signed_header
    codes = set()
    for flipped in mangle.flips(signed):
        with pytest.raises(Unreadable) as no:
            read_signed_header(flipped, world.directory, NOON)
        codes.add(no.value.code)
    assert codes == {"SK-U01", "SK-U03", "SK-U04"}


def test_every_cut_of_a_signed_header_is_refused(world: World) -> None:
    signed = message(world.requester, world.provider).signed_header
    for cut in mangle.cuts(signed):
        with pytest.raises(Unreadable) as no:
            read_signed_header(cut, world.directory, NOON)
        assert no.value.code == "SK-U01"


@crypto
@given(st.data())
def test_a_replaced_stretch_under_a_true_seal_raises_nothing_but_unreadable(
    world: World, inquiry: Packed, data: st.DataObject
) -> None:
    good = world.provider.opener.open(inquiry.envelope)
    changed = data.draw(mangle.spliced(good))
    if changed != good:
        code = refused(world, world.provider.recipient.seal(changed))
        assert code in {"SK-U01", "SK-U03", "SK-U04", "SK-U07"}


@crypto
@given(st.binary(max_size=400))
def test_any_bytes_under_a_true_seal_and_signature_are_refused(
    world: World, data: bytes
) -> None:
    signed = world.requester.signer.sign(data, ID_CT_HEADER, NOON)
    assert refused(world, sealed(world, signed, SALT, data)) == "SK-U06"
    assert refused(world, world.provider.recipient.seal(data)) == "SK-U01"


def test_a_signed_header_is_evidence_by_itself(world: World) -> None:
    packed = message(world.requester, world.provider)
    found, signer = read_signed_header(packed.signed_header, world.directory, NOON)
    assert found == packed.header
    assert signer.station == REQUESTER


# --- what was verified before ---------------------------------------------------------


def recalled(world: World, data: bytes, header_digest: bytes) -> bytes:
    return recall(data, world.provider.opener, header_digest)


def test_what_was_verified_when_it_came_is_recalled_at_any_time(world: World) -> None:
    """Nobody's certificate is asked, and no clock."""
    packed = message(world.requester, world.provider)
    assert recalled(world, packed.envelope, packed.header_digest) == PAYLOAD


def test_an_envelope_that_is_not_the_one_that_came_is_not_recalled(
    world: World,
) -> None:
    packed = message(world.requester, world.provider)
    other = message(world.requester, world.provider, message_id=bytes(16))
    for data, header_digest, code in (
        (other.envelope, packed.header_digest, "SK-U03"),
        (packed.envelope, b"", "SK-U03"),
        (packed.envelope[:-1], packed.header_digest, "SK-U02"),
        (b"", packed.header_digest, "SK-U02"),
    ):
        with pytest.raises(Unreadable) as no:
            recalled(world, data, header_digest)
        assert no.value.code == code


def test_another_payload_under_the_signed_header_that_came_is_not_recalled(
    world: World,
) -> None:
    packed = message(world.requester, world.provider)
    crossed = sealed(world, packed.signed_header, SALT, b"other")
    with pytest.raises(Unreadable, match="SK-U07"):
        recalled(world, crossed, packed.header_digest)


def test_what_never_was_a_signed_header_is_not_recalled(world: World) -> None:
    data = sealed(world, b"no header", SALT, PAYLOAD)
    with pytest.raises(Unreadable, match="SK-U01"):
        recalled(world, data, sha256(b"no header").digest())
