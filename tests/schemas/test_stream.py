# SPDX-License-Identifier: Apache-2.0
"""Many persons at once: every batch fits, and an extract crosses byte for byte."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest

from schemas.errors import NotWritable
from schemas.messages import EightItems, Payload, read_payload, write_payload
from schemas.stream_messages import (
    BATCH,
    MAX_DESTINATIONS,
    MAX_DIFFERENCES,
    ConsistencyCheckInformation,
    ConsistencyCheckResult,
    Destination,
    Difference,
    SendingDestinationExtract,
    SendingDestinationNotice,
    digest_of,
)
from schemas.xml import MAX_PAYLOAD
from tests.schemas.samples import sample
from tests.values import replace

RUN = bytes(16)
DAY = date(2029, 4, 1)
LONGEST_NAME = "&" * 100
"""Of all characters, this one takes the most bytes in XML."""
LONGEST_ADDRESS = "&" * 300

WIDEST_PERSON = EightItems(
    resident_record_code="0" * 11,
    kanji_name=LONGEST_NAME,
    date_of_birth=DAY,
    sex="9",
    address=LONGEST_ADDRESS,
    individual_number="0" * 12,
    change_reason="x" * 32,
    change_date=DAY,
)
WIDEST_DIFFERENCE = Difference(
    resident_record_code="0" * 11, finding="only_kept", differing=("x" * 64,) * 8
)
WIDEST_DESTINATION = Destination(
    resident_record_code="0" * 11,
    individual_number="0" * 12,
    kanji_name=LONGEST_NAME,
    furigana_name=LONGEST_NAME,
    date_of_birth=DAY,
    sex="9",
    postal_code="0" * 7,
    address=LONGEST_ADDRESS,
    destination_postal_code="0" * 7,
    destination_address=LONGEST_ADDRESS,
)


def batch(persons: int) -> Payload:
    return ConsistencyCheckInformation(
        check_id=RUN, batch=999_999_999, persons=(WIDEST_PERSON,) * persons
    )


def result(differences: int) -> Payload:
    return ConsistencyCheckResult(
        check_id=RUN,
        part=999_999_999,
        parts=999_999_999,
        compared=999_999_999,
        equal=999_999_999,
        differences=(WIDEST_DIFFERENCE,) * differences,
    )


def extract(destinations: int) -> Payload:
    return SendingDestinationExtract(
        batch_id=RUN,
        municipality_code="102024",
        extracted=datetime(2029, 4, 3, tzinfo=UTC),
        destinations=(WIDEST_DESTINATION,) * destinations,
    )


FULL = [(batch, BATCH), (result, MAX_DIFFERENCES), (extract, MAX_DESTINATIONS)]


@pytest.mark.parametrize(("made", "most"), FULL)
def test_the_fullest_message_of_the_longest_names_fits(made, most) -> None:
    assert len(write_payload(made(most))) <= MAX_PAYLOAD


@pytest.mark.parametrize(("made", "most"), FULL)
def test_one_person_more_is_not_written(made, most) -> None:
    with pytest.raises(NotWritable):
        write_payload(made(most + 1))


def test_a_city_of_370000_is_925_batches() -> None:
    assert -(-370_000 // BATCH) == 925


def test_the_fullest_extract_fits_in_a_notice() -> None:
    written = write_payload(extract(MAX_DESTINATIONS))
    notice = SendingDestinationNotice(batch_id=RUN, extract=written)
    assert len(write_payload(notice)) <= MAX_PAYLOAD


def test_a_notice_holds_the_extract_byte_for_byte() -> None:
    came = sample("sending_destination_extract")
    sent = write_payload(SendingDestinationNotice(batch_id=RUN, extract=came))
    arrived = read_payload("sending_destination_notice", sent)
    assert isinstance(arrived, SendingDestinationNotice)
    assert arrived.extract == came
    assert read_payload("sending_destination_extract", arrived.extract)


def test_the_sample_of_a_notice_holds_the_sample_of_an_extract() -> None:
    notice = read_payload(
        "sending_destination_notice", sample("sending_destination_notice")
    )
    assert isinstance(notice, SendingDestinationNotice)
    assert notice.extract == sample("sending_destination_extract")


# -- the digest of a run ---------------------------------------------------------------


def test_the_digest_is_over_the_digests_in_their_order() -> None:
    expected = sha256(sha256(b"one").digest() + sha256(b"two").digest()).digest()
    assert digest_of([b"one", b"two"]) == expected
    assert digest_of([b"two", b"one"]) != expected


def test_a_batch_cut_in_two_is_another_run() -> None:
    assert digest_of([b"onetwo"]) != digest_of([b"one", b"two"])


def test_the_digest_takes_a_stream_and_keeps_none_of_it() -> None:
    taken = 0

    def payloads() -> Iterator[bytes]:
        nonlocal taken
        for number in range(925):
            taken += 1
            yield number.to_bytes(2, "big")

    assert len(digest_of(payloads())) == 32
    assert taken == 925


def test_a_result_names_items_and_never_a_value() -> None:
    value = read_payload("consistency_check_result", sample("consistency_check_result"))
    assert isinstance(value, ConsistencyCheckResult)
    named = {item for each in value.differences for item in each.differing}
    assert named <= set(EightItems.__dataclass_fields__)
    spoilt = replace(value.differences[0], differing=("高橋",))
    with pytest.raises(NotWritable):
        write_payload(replace(value, differences=(spoilt,)))
