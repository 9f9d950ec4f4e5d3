# SPDX-License-Identifier: Apache-2.0
"""The permit: only the core's, only unchanged, only for what it names."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pki.oids import ID_CT_PERMIT
from pki.profiles import Purpose
from protocols import limits, permit
from protocols.errors import Refused
from protocols.permit import (
    Permit,
    is_for_request,
    is_for_subject,
    renews,
    subject_commitment,
)
from tests.pki import forge, mangle
from tests.pki.forge import Change
from tests.protocols import network
from tests.protocols.network import (
    CORE,
    NOON,
    PROVIDER,
    SALT,
    World,
    header,
    message,
    permit_of,
    signed_permit,
)
from tests.protocols.values import crypto, digests, identifiers, permits

CODE = "0123456789abcdef" * 2


def read(data: bytes) -> Permit | str:
    """The permit, or the code under which the bytes are refused."""
    try:
        return Permit.decode(data)
    except Refused as no:
        return no.code


def refused(world: World, data: bytes, after: timedelta = timedelta(0)) -> str:
    """The code under which a signed permit is refused."""
    with pytest.raises(Refused) as no:
        permit.read(data, world.directory, NOON + after)
    return no.value.code


# --- whole ----------------------------------------------------------------------------


@given(permits)
def test_a_permit_is_read_back_as_it_was_written(drawn: Permit) -> None:
    assert Permit.decode(drawn.encode()) == drawn


@pytest.mark.parametrize(
    "name",
    [
        *("permit_id", "processing_number", "subject_commitment"),
        *("request_digest", "sealing_certificate", "route_digest"),
    ],
)
def test_no_permit_is_written_with_a_part_of_another_length(
    world: World, name: str
) -> None:
    good = permit_of(world)
    cut = replace(good, **{name: getattr(good, name)[:-1]})
    with pytest.raises(ValueError, match="bytes where"):
        cut.encode()


@crypto
@given(permits)
def test_a_permit_of_the_core_is_read_by_whoever_has_the_master(
    world: World, drawn: Permit
) -> None:
    data = permit.issue(drawn, world.permit_signer, NOON)
    assert permit.read(data, world.directory, NOON) == drawn


def test_whether_a_permit_is_in_its_time_is_not_asked_here(world: World) -> None:
    data = signed_permit(world)
    read = permit.read(data, world.directory, NOON + timedelta(days=2))
    assert read.release_by < NOON + timedelta(days=2)


# --- broken ---------------------------------------------------------------------------


def test_every_cut_is_malformed(world: World) -> None:
    for data in (permit_of(world).encode(), signed_permit(world)):
        assert {read(cut) for cut in mangle.cuts(data)} == {"SK-C06"}
        assert {refused(world, cut) for cut in mangle.cuts(data)} == {"SK-C06"}


def test_a_doubled_permit_or_bytes_around_it_are_malformed(world: World) -> None:
    for more in mangle.lengthened(permit_of(world).encode()):
        assert read(more) == "SK-C06"
    for more in mangle.lengthened(signed_permit(world)):
        assert refused(world, more) == "SK-C06"


def test_ber_is_malformed_at_every_element(world: World) -> None:
    for tree in forge.in_ber(permit_of(world).encode()):
        assert read(tree.write()) == "SK-C06"


def test_a_flipped_bit_anywhere_in_a_signed_permit_is_refused(world: World) -> None:
    codes = {refused(world, bad) for bad in mangle.flips(signed_permit(world))}
    assert codes == {"SK-C01", "SK-C02", "SK-C06"}


def test_a_flipped_bit_is_malformed_or_makes_another_permit_with_one_spelling(
    world: World,
) -> None:
    good = permit_of(world)
    for flipped in mangle.flips(good.encode()):
        other = read(flipped)
        assert other != good
        assert other == "SK-C06" or other.encode() == flipped


@given(st.binary(max_size=400))
def test_any_bytes_are_malformed(world: World, data: bytes) -> None:
    assert read(data) == "SK-C06"
    assert refused(world, data) == "SK-C06"


@crypto
@given(st.binary(max_size=400))
def test_any_bytes_under_the_permit_key_are_malformed(
    world: World, data: bytes
) -> None:
    signed = world.permit_signer.sign(data, ID_CT_PERMIT, NOON)
    assert refused(world, signed) == "SK-C06"


# --- forbidden ------------------------------------------------------------------------

ITEM, KINDS = 5, 6


def _octets(place: int, octets: bytes) -> Change:
    return forge.to(lambda tree: tree[place], octets)


def _kinds(count: int) -> Change:
    def change(tree: forge.Node) -> None:
        tree[KINDS].parts = tree[KINDS].parts * count

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_octets(0, b"\0"), id="version 0"),
        pytest.param(_octets(0, b"\2"), id="version 2"),
        pytest.param(_octets(1, bytes(15)), id="a short id"),
        pytest.param(_octets(2, bytes(17)), id="a long processing number"),
        pytest.param(_octets(3, b"Q00001"), id="a requester without a role"),
        pytest.param(_octets(4, b"102024:intermediate_server"), id="a provider's URI"),
        pytest.param(_octets(ITEM, b"\0"), id="item 0"),
        pytest.param(_octets(ITEM, b"\xff"), id="item -1"),
        pytest.param(_octets(ITEM, b"\x03\xe8"), id="item 1000"),
        pytest.param(_octets(ITEM, b"\x7f" * 20), id="a huge item"),
        pytest.param(_kinds(0), id="no kind"),
        pytest.param(_kinds(9), id="nine kinds"),
        pytest.param(_octets(7, bytes(31)), id="a short commitment"),
        pytest.param(_octets(8, bytes(33)), id="a long request digest"),
        pytest.param(_octets(9, b""), id="an empty certificate digest"),
        pytest.param(_octets(10, bytes(20)), id="a SHA-1 of the route"),
        pytest.param(_octets(11, b"20300101120000.5Z"), id="half a second"),
        pytest.param(_octets(12, b"20300101210000+0900"), id="Japanese time"),
        pytest.param(_octets(13, b"99991231235959Z"), id="for ever"),
        pytest.param(forge.drop(lambda tree: tree, 13), id="no last moment"),
        pytest.param(forge.put(lambda tree: tree, 14, forge.NULL), id="a field more"),
    ],
)
def test_a_permit_of_another_form_is_malformed_even_if_the_core_signs_it(
    world: World, change: Change
) -> None:
    tree = forge.read(permit_of(world).encode())
    change(tree)
    assert read(tree.write()) == "SK-C06"
    signed = world.permit_signer.sign(tree.write(), ID_CT_PERMIT, NOON)
    assert refused(world, signed) == "SK-C06"


def test_eight_kinds_and_item_999_are_within_the_form(world: World) -> None:
    most = permit_of(world, item_no=999, kinds=("kind",) * 8)
    assert Permit.decode(most.encode()) == most


# --- whose ----------------------------------------------------------------------------


def test_a_permit_changed_after_signing_is_refused(world: World) -> None:
    tree, other = (
        forge.read(signed_permit(world, item_no=item_no)) for item_no in (9, 10)
    )
    tree.at(1, 0, 3, 0).parts[5] = other.at(1, 0, 3, 0)[5]  # another's signature
    assert refused(world, tree.write()) == "SK-C01"


def test_a_permit_of_the_cores_signing_key_is_refused(world: World) -> None:
    data = permit.issue(permit_of(world), world.core.signer, NOON)
    assert refused(world, data) == "SK-C02"


def test_a_permit_of_a_stations_signing_key_is_refused(world: World) -> None:
    data = permit.issue(permit_of(world), world.provider.signer, NOON)
    assert refused(world, data) == "SK-C02"


def test_a_permit_of_another_networks_core_is_refused(
    world: World, stranger: World
) -> None:
    assert refused(world, signed_permit(stranger)) == "SK-C02"


def test_a_permit_of_a_permit_key_that_is_not_the_cores_is_refused(
    world: World,
) -> None:
    signer = network.certified(world, PROVIDER, Purpose.PERMIT)
    data = permit.issue(permit_of(world), signer, NOON)
    assert refused(world, data) == "SK-C02"
    with pytest.raises(Refused) as no:
        permit.read(data, network.knowing(world, signer), NOON)
    assert no.value.code == "SK-C02"


def test_a_second_permit_key_of_the_core_is_as_good_as_the_first(world: World) -> None:
    signer = network.certified(world, CORE, Purpose.PERMIT)
    data = permit.issue(permit_of(world), signer, NOON)
    assert permit.read(data, network.knowing(world, signer), NOON) == permit_of(world)


def test_a_permit_is_refused_when_its_signer_is_out_of_time(world: World) -> None:
    data = signed_permit(world)
    for days in (8, 731):  # the list is too old, the certificate is too old
        assert refused(world, data, after=timedelta(days=days)) == "SK-C02"


def test_a_permit_is_refused_once_its_signer_is_revoked(
    own_world: World, revoke: Callable[[x509.Certificate], None]
) -> None:
    data = signed_permit(own_world)
    assert permit.read(data, own_world.directory, NOON) == permit_of(own_world)
    revoke(own_world.permit_signer.certificate)
    assert refused(own_world, data) == "SK-C02"


# --- for what -------------------------------------------------------------------------


def test_the_commitment_is_sha_256_of_salt_and_code() -> None:
    assert subject_commitment(SALT, CODE) == sha256(SALT + CODE.encode()).digest()


@given(digests, digests, st.text("0123456789abcdef", min_size=32, max_size=32))
def test_a_permit_is_for_one_subject_under_one_salt(
    world: World, salt: bytes, other_salt: bytes, other: str
) -> None:
    made = permit_of(world, subject_commitment=subject_commitment(salt, CODE))
    assert is_for_subject(made, salt, CODE)
    assert is_for_subject(made, salt, other) == (other == CODE)
    assert is_for_subject(made, other_salt, CODE) == (other_salt == salt)
    assert not is_for_subject(made, salt, CODE.upper())


def test_a_permit_is_for_the_request_that_it_was_made_for(world: World) -> None:
    request = message(world.requester, world.core)
    made = permit_of(world, request_digest=request.header_digest)
    assert is_for_request(made, request.header_digest, request.header)


def test_a_permit_is_for_no_other_request(world: World) -> None:
    request = message(world.requester, world.core)
    made = permit_of(world, request_digest=request.header_digest)
    again = message(world.requester, world.core)
    assert not is_for_request(made, again.header_digest, again.header)
    for changed in (
        header(world.provider, world.core),
        header(world.requester, world.core, processing_number=bytes(16)),
        header(world.requester, world.core, processing_number=None),
    ):
        assert not is_for_request(made, request.header_digest, changed)


@given(digests, identifiers)
def test_a_permit_for_another_digest_or_number_is_for_another_request(
    world: World, request_digest: bytes, number: bytes
) -> None:
    of = header(world.requester, world.core)
    made = permit_of(world, request_digest=bytes(32))
    assert is_for_request(made, request_digest, of) == (request_digest == bytes(32))
    numbered = replace(made, processing_number=number)
    assert is_for_request(numbered, bytes(32), of) == (number == of.processing_number)


def test_a_permit_for_a_request_that_had_expired_is_for_no_request(
    world: World,
) -> None:
    of = header(world.requester, world.core)
    last = of.expires + limits.MAX_SKEW
    for issued, holds in ((last, True), (last + timedelta(seconds=1), False)):
        made = permit_of(world, request_digest=bytes(32), issued=issued)
        assert is_for_request(made, bytes(32), of) is holds


# --- renewal and recall ---------------------------------------------------------------


def test_a_renewal_differs_in_its_id_its_time_and_its_route_alone(
    world: World,
) -> None:
    old = permit_of(world)
    new = replace(old, permit_id=bytes(16))
    assert renews(new, old)
    assert renews(
        replace(
            new,
            route_digest=b"r" * 32,
            issued=NOON + timedelta(hours=2),
            answer_by=NOON + timedelta(hours=3),
        ),
        old,
    )
    assert not renews(old, old)


@pytest.mark.parametrize(
    "change",
    [
        {"processing_number": bytes(16)},
        {"requester": PROVIDER},
        {"provider": CORE},
        {"item_no": 10},
        {"kinds": ("resident_record_information", "another")},
        {"subject_commitment": bytes(32)},
        {"request_digest": b"r" * 32},
        {"sealing_certificate": bytes(32)},
        {"release_by": NOON + timedelta(hours=25)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_permit_for_anything_else_is_no_renewal(
    world: World, change: dict[str, object]
) -> None:
    new = permit_of(world, permit_id=bytes(16), **change)
    assert not renews(new, permit_of(world))


def test_a_kept_permit_is_recalled_without_asking_who_signed_it(
    world: World, stranger: World
) -> None:
    assert permit.recall(signed_permit(world)) == permit_of(world)
    assert permit.recall(signed_permit(stranger)) == permit_of(stranger)


def test_what_was_kept_and_is_no_permit_is_malformed(world: World) -> None:
    good = signed_permit(world)
    bad = (
        good[:-1],
        permit_of(world).encode(),
        network.signed_route(world),
        world.permit_signer.sign(b"", ID_CT_PERMIT, NOON),
    )
    for data in bad:
        with pytest.raises(Refused) as no:
            permit.recall(data)
        assert no.value.code == "SK-C06"


def test_a_permit_names_no_subject(world: World) -> None:
    made = permit_of(world, subject_commitment=subject_commitment(SALT, CODE))
    assert CODE.encode() not in permit.issue(made, world.permit_signer, NOON)
    assert CODE not in repr(made)
