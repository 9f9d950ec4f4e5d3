# SPDX-License-Identifier: Apache-2.0
"""Values of messages: written and read back exactly, shown without persons."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import messages
from schemas.catalogue import ROWS
from schemas.errors import NotWritable, SchemaError, UnknownType
from schemas.messages import (
    MESSAGES,
    InformationInquiryAcceptance,
    InformationProvision,
    PermitNotice,
    ResidentRecordInformation,
    SubmissionRefused,
    read_payload,
    type_name,
    write_payload,
)
from schemas.payload import validate
from tests.schemas.samples import TYPES, leaves, sample
from tests.schemas.values import VALUES

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HARD_NAMES = [
    "\ufa19\u5c3e",  # a compatibility ideograph that NFC would replace
    "葛\U000e0100城",  # a variation sequence
    "\U00020bb7野\U0002363a",  # outside the BMP
    "か\u3099か\u309aㇷ\u309a",  # combining marks
    "①㈱ｱＡ〜～−－",  # what NFKC would replace
    " 　前後に空白　 ",
    'O\'Neil & <Söhne> "x" ]]>',
    "e\u0301\u0065",
    "\U0010ffff\ufdd0\u2028",
]
NOT_PERSONAL = {
    "item_no",
    "kind",
    "provider",
    "sealing_certificate_digest",
    "layout_version",
}


def provision(name: str) -> InformationProvision:
    return InformationProvision(
        item_no=106,
        layout_version="1",
        resident_record_information=ResidentRecordInformation(
            head_of_household=False, head_name=name, relationship="子"
        ),
    )


@pytest.mark.parametrize("name", TYPES)
def test_a_sample_read_and_written_reads_the_same(name: str) -> None:
    value = read_payload(name, sample(name))
    assert type(value) is MESSAGES[name].value
    assert type_name(value) == name
    assert read_payload(name, write_payload(value)) == value


# The type is drawn, not parametrized: pytest-twisted wraps a Hypothesis test once for
# each parameter, and fails from the second on.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=250)
@given(st.sampled_from(TYPES), st.data())
def test_a_value_comes_back_exactly_as_it_was_written(
    name: str, data: st.DataObject
) -> None:
    value = data.draw(VALUES[name])
    written = write_payload(value)
    assert read_payload(name, written) == value
    assert write_payload(read_payload(name, written)) == written
    assert MESSAGES[name].read(validate(name, written)) == value


@pytest.mark.parametrize("name", HARD_NAMES)
def test_the_code_points_of_a_name_come_back_exactly(name: str) -> None:
    written = write_payload(provision(name))
    back = read_payload("information_provision", written)
    assert isinstance(back, InformationProvision)
    head_name = back.resident_record_information.head_name
    assert [ord(c) for c in head_name] == [ord(c) for c in name]


@pytest.mark.parametrize(
    "bad",
    ["", "\0", "\x01", "\t", "\n", "\r", "\x7f", "\x85", "\ud800", "\ufffe", "a\r\nb"],
)
def test_a_name_that_xml_would_lose_or_change_is_not_written(bad: str) -> None:
    with pytest.raises(NotWritable) as caught:
        write_payload(provision(f"山田{bad}" if bad else ""))
    assert "山田" not in str(caught.value)
    assert isinstance(caught.value, SchemaError)


def test_a_name_too_long_is_not_written() -> None:
    with pytest.raises(NotWritable):
        write_payload(provision("あ" * 101))


def test_an_operators_text_may_have_line_ends_but_no_carriage_returns() -> None:
    told = SubmissionRefused(
        code="SK-X02",
        rules=(),
        text_ja="一\n二",
        text_en="one\ntwo",
        what_to_do="mend",
        retry=False,
    )
    assert read_payload("submission_refused", write_payload(told)) == told
    with pytest.raises(NotWritable):
        write_payload(replace(told, text_en="one\r\ntwo"))


def test_a_moment_of_another_zone_is_written_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    value = InformationInquiryAcceptance(b"d" * 32, NOON.astimezone(tokyo), NOON)
    written = write_payload(value)
    assert written.count(b"2030-01-01T12:00:00Z") == 2
    assert read_payload("information_inquiry_acceptance", written) == value


@pytest.mark.parametrize(
    "at", [NOON.replace(tzinfo=None), NOON + timedelta(microseconds=1)]
)
def test_a_moment_without_zone_or_finer_than_a_second_is_not_written(
    at: datetime,
) -> None:
    with pytest.raises(NotWritable):
        write_payload(InformationInquiryAcceptance(b"d" * 32, at, NOON))


@pytest.mark.parametrize("digest", [b"", b"d" * 31, b"d" * 33])
def test_a_digest_of_another_length_is_not_written(digest: bytes) -> None:
    with pytest.raises(NotWritable):
        write_payload(PermitNotice(digest))


def test_every_lapse_has_the_same_text() -> None:
    text = messages.LAPSE_TEXT.encode()
    assert text in write_payload(messages.ProvisionLapse(106))
    with pytest.raises(SchemaError):
        read_payload(
            "provision_lapse", sample("provision_lapse").replace(text, text + b"!")
        )


def test_a_provision_says_which_kinds_it_holds() -> None:
    assert provision("見本").kinds == ("resident_record_information",)


def test_a_type_without_a_row_is_not_read() -> None:
    with pytest.raises(UnknownType):
        read_payload("unheard_of", sample("permit_notice"))


@pytest.mark.parametrize("name", [n for n in TYPES if ROWS[n].personal])
def test_nothing_personal_appears_in_a_repr(name: str) -> None:
    value = read_payload(name, sample(name))
    shown = repr(value) + str(value) + f"{value}"
    for leaf, text in leaves(name):
        if leaf not in NOT_PERSONAL:
            assert text not in shown, leaf


@pytest.mark.parametrize("name", TYPES)
def test_a_value_is_frozen(name: str) -> None:
    value = read_payload(name, sample(name))
    assert is_dataclass(value)
    for each in fields(value):
        with pytest.raises((AttributeError, TypeError)):
            setattr(value, each.name, None)


def test_the_index_names_every_class_and_nothing_else() -> None:
    for name in messages.__all__:
        assert hasattr(messages, name)
    assert set(messages._NAMES) == {message.value for message in MESSAGES.values()}
