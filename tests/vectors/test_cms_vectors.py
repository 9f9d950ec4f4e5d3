# SPDX-License-Identifier: Apache-2.0
"""Every vector has the verdict that its recipe states, for its own reason."""

import json

import pytest

from pki.cms_profile import PROFILE, Shape
from pki.errors import CmsError, DerError
from protocols.errors import ProtocolError
from protocols.refusals import REFUSALS
from tests.vectors import read
from tests.vectors.__main__ import MANIFEST, files
from tests.vectors.recipes import VECTORS
from tests.vectors.stations import FOLDER
from tests.vectors.vector import REFUSAL, SEALED, SIGNED, Vector

REFUSED = [vector for vector in VECTORS if not vector.accepted]
ACCEPTED = [vector for vector in VECTORS if vector.accepted]
BY_PKI = [v for v in REFUSED if v.kind != REFUSAL and v.error != "Unreadable"]
"""Refused for their shape, seal or signature; the others for what they say."""
BEYOND_THE_TABLE = {
    "messageDigest": "a signed attribute repeats the content's digest",
    "contentType": "a signed attribute repeats the content's type",
    "SignerInfo.signature": "the signature is true",
    "ESSCertIDv2.certHash": "the certificate is the one named",
    "ESSCertIDv2.issuerSerial": "the certificate is the one named",
}
"""Places outside the profile's table: the laws that no table can hold."""


def named(vector: Vector) -> str:
    return vector.id


def stored(vector: Vector) -> bytes:
    return (FOLDER / vector.file).read_bytes()


def reason(vector: Vector) -> Exception:
    """The error that pki gives, or the one inside it where it hides the cause."""
    with pytest.raises(CmsError) as refused:
        read.SHAPE[vector.kind](stored(vector))
    if vector.kind == SIGNED:
        return refused.value
    cause = refused.value.__cause__
    assert isinstance(cause, Exception)
    return cause


# --- the files ------------------------------------------------------------------------


def test_every_file_is_what_its_recipe_makes() -> None:
    differing = [n for n, data in files() if (FOLDER / n).read_bytes() != data]
    assert not differing, "run `python -m tests.vectors`"


def test_there_is_no_file_without_a_recipe() -> None:
    made = {name for name, _ in files()}
    there = {
        path.relative_to(FOLDER).as_posix()
        for path in FOLDER.rglob("*")
        if path.is_file() and path.parent.name != "keys"
    }
    assert there == made


def test_no_two_vectors_have_one_name_or_the_same_bytes() -> None:
    assert len({vector.id for vector in VECTORS}) == len(VECTORS)
    of_kind = {(vector.kind, stored(vector)) for vector in VECTORS}
    assert len(of_kind) == len(VECTORS)


def test_the_manifest_names_every_vector_with_its_verdict() -> None:
    entries = json.loads((FOLDER / MANIFEST).read_text("utf-8"))["vectors"]
    assert [entry["id"] for entry in entries] == [vector.id for vector in VECTORS]
    assert all(entry["shape"] for entry in entries)
    refused = {entry["id"] for entry in entries if entry["verdict"] == "refused"}
    assert refused == {vector.id for vector in REFUSED}


# --- the table ------------------------------------------------------------------------


@pytest.mark.parametrize("row", PROFILE)
def test_every_row_of_the_profile_has_a_vector_that_breaks_it(row: str) -> None:
    assert [vector.id for vector in REFUSED if vector.row == row]


@pytest.mark.parametrize(
    "row",
    [
        place
        for place, clause in PROFILE.items()
        if not isinstance(clause.allowed, Shape) and len(clause.allowed) > 1
    ],
)
def test_each_further_value_that_a_row_allows_has_a_vector_that_uses_it(
    row: str,
) -> None:
    allowed = PROFILE[row].allowed
    assert not isinstance(allowed, Shape)
    using = [vector for vector in ACCEPTED if vector.row == row]
    assert len(using) >= len(allowed) - 1


def test_no_vector_names_a_row_or_a_code_that_does_not_exist() -> None:
    assert {vector.row for vector in VECTORS} - {""} == set(PROFILE)
    assert {vector.code for vector in VECTORS} - {""} <= set(REFUSALS)


# --- the verdicts ---------------------------------------------------------------------


@pytest.mark.parametrize("vector", ACCEPTED, ids=named)
def test_what_the_profile_allows_is_accepted(vector: Vector) -> None:
    read.SHAPE[vector.kind](stored(vector))


@pytest.mark.parametrize("vector", BY_PKI, ids=named)
def test_what_the_profile_forbids_is_refused_for_its_own_reason(vector: Vector) -> None:
    cause = reason(vector)
    assert type(cause).__name__ == vector.error
    assert getattr(cause, "place", "") == vector.place


@pytest.mark.parametrize("vector", REFUSED, ids=named)
def test_the_record_holds_the_code_of_the_refusal(vector: Vector) -> None:
    with pytest.raises(ProtocolError) as refused:
        read.WHOLE[vector.kind](stored(vector))
    assert refused.value.code == vector.code


@pytest.mark.parametrize(
    "vector", [v for v in REFUSED if v.error == "Unreadable"], ids=named
)
def test_what_only_the_protocol_forbids_is_of_the_profile(vector: Vector) -> None:
    read.SHAPE[vector.kind](stored(vector))


@pytest.mark.parametrize("vector", [v for v in BY_PKI if v.row], ids=named)
def test_a_row_with_values_names_itself_and_a_shape_has_no_place(
    vector: Vector,
) -> None:
    cause = reason(vector)
    if isinstance(cause, DerError):
        assert cause.place not in PROFILE
    else:
        assert getattr(cause, "place", "") == vector.row


def test_whatever_is_sealed_wrongly_is_refused_in_the_same_words() -> None:
    texts = set()
    for vector in BY_PKI:
        if vector.kind == SEALED:
            with pytest.raises(CmsError) as refused:
                read.SHAPE[SEALED](stored(vector))
            texts.add((type(refused.value), str(refused.value), refused.value.place))
    assert len(texts) == 1


def test_every_place_that_a_vector_names_is_a_row_a_structure_or_a_known_law() -> None:
    for vector in VECTORS:
        if vector.error == "CmsError":
            assert vector.place in PROFILE.keys() | BEYOND_THE_TABLE.keys(), vector.id
