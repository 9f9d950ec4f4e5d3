# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: any value of any message that the schema has room for."""

from datetime import UTC, date, datetime
from types import NoneType
from typing import Any, get_args, get_type_hints

from hypothesis import strategies as st

from schemas import messages
from schemas.matching_list import KINDS

XML_TEXT = st.characters(
    exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"
)


def text(longest: int) -> st.SearchStrategy[str]:
    return st.text(XML_TEXT, min_size=1, max_size=longest)


def word(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


IDENTIFIER = st.binary(min_size=16, max_size=16)
DIGEST = st.binary(min_size=32, max_size=32)
SIGNED = st.binary(min_size=1, max_size=300)
ITEM_NO = st.integers(1, 999)
KIND_SET = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, unique=True).map(tuple)
ORGANISATION = word(r"[0-9A-Z]{6}")
CODE = word(r"[0-9a-f]{32}")
REFUSAL = word(r"SK-[0-9A-Za-z_.\-]{1,60}")
MOMENT = st.datetimes(
    datetime(1800, 1, 1), datetime(2199, 12, 31, 23, 59, 59), timezones=st.just(UTC)
).map(lambda at: at.replace(microsecond=0))
DATE = st.dates(date(1800, 1, 1), date(2199, 12, 31))
SENTENCE = st.text(XML_TEXT | st.just("\n"), min_size=1, max_size=40)

_OWN_FORM: dict[str, st.SearchStrategy[Any]] = {
    "resident_record_code": word(r"[0-9]{11}"),
    "old_resident_record_code": word(r"[0-9]{11}"),
    "individual_number": word(r"[0-9]{12}"),
    "municipality_code": word(r"[0-9]{6}"),
    "previous_municipality_code": word(r"[0-9]{6}"),
    "oaza_aza_code": word(r"[0-9]{1,12}"),
    "postal_code": word(r"[0-9]{7}"),
    "sex": st.sampled_from("0129"),
    "change_reason": word(r"[0-9A-Za-z_]{1,32}"),
    "request_management_number": word(r"[0-9A-Za-z_.\-]{1,40}"),
    "operator_id": word(r"[0-9A-Za-z_.\-]{1,40}"),
    "operation_terminal_id": word(r"[0-9A-Za-z_.\-]{1,40}"),
    "record_status_flag": word(r"[0-9A-Za-z]"),
    "update_sequence_number": st.integers(1, 999_999_999),
}
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: text(40),
    int: st.integers(0, 999_999_999),
    bool: st.booleans(),
    date: DATE,
    datetime: MOMENT,
}


def _of_field(name: str, hint: Any) -> st.SearchStrategy[Any]:
    plain = [part for part in get_args(hint) if part is not NoneType]
    form = _OWN_FORM.get(name, _BY_TYPE[plain[0] if plain else hint])
    return st.none() | form if plain else form


RECORD = st.fixed_dictionaries(
    {
        name: _of_field(name, hint)
        for name, hint in get_type_hints(messages.IdentityRecord).items()
    }
).map(lambda fields: messages.IdentityRecord(**fields))

VALUES: dict[str, st.SearchStrategy[messages.Payload]] = {
    "identity_information_update": st.builds(
        messages.IdentityInformationUpdate, record=RECORD
    ),
    "identity_information_update_notice": RECORD.map(
        messages.IdentityInformationUpdateNotice.of
    ),
    "information_inquiry_request": st.builds(
        messages.InformationInquiryRequest,
        item_no=ITEM_NO,
        kinds=KIND_SET,
        addressee_number=word(r"[0-9]{15}"),
        provider=ORGANISATION,
    ),
    "information_inquiry": st.builds(
        messages.InformationInquiry,
        item_no=ITEM_NO,
        kinds=KIND_SET,
        provider=ORGANISATION,
        subject_code=CODE,
        sealing_certificate_digest=DIGEST,
    ),
    "information_inquiry_acceptance": st.builds(
        messages.InformationInquiryAcceptance,
        permit_digest=DIGEST,
        answer_by=MOMENT,
        release_by=MOMENT,
    ),
    "provision_order": st.builds(
        messages.ProvisionOrder,
        permit=SIGNED,
        route=SIGNED,
        requester_header=SIGNED,
        subject_code=CODE,
        subject_salt=DIGEST,
    ),
    "information_provision": st.builds(
        messages.InformationProvision,
        item_no=ITEM_NO,
        layout_version=word(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,15}"),
        resident_record_information=st.builds(
            messages.ResidentRecordInformation,
            head_of_household=st.booleans(),
            head_name=text(100),
            relationship=text(40),
        ),
    ),
    "provision_lapse": st.builds(messages.ProvisionLapse, item_no=ITEM_NO),
    "provision_notice": st.builds(
        messages.ProvisionNotice,
        entries=st.lists(
            st.builds(
                messages.ProvisionNoticeEntry,
                processing_number=IDENTIFIER,
                outcome=st.sampled_from(["provided", "lapsed", "refused"]),
                at=MOMENT,
            ),
            min_size=1,
            max_size=5,
        ).map(tuple),
    ),
    "permit_renewal_request": st.just(messages.PermitRenewalRequest()),
    "permit_renewal": st.builds(messages.PermitRenewal, permit=SIGNED, route=SIGNED),
    "permit_notice": st.builds(messages.PermitNotice, permit_digest=DIGEST),
    "inquiry_refusal": st.builds(messages.InquiryRefusal, code=REFUSAL),
    "submission_accepted": st.builds(
        messages.SubmissionAccepted,
        message_id=st.none() | IDENTIFIER,
        processing_number=st.none() | IDENTIFIER,
    ),
    "submission_refused": st.builds(
        messages.SubmissionRefused,
        code=REFUSAL,
        rules=st.lists(word(r"[0-9A-Za-z][0-9A-Za-z_.\-]{0,63}"), max_size=3).map(
            tuple
        ),
        text_ja=SENTENCE,
        text_en=SENTENCE,
        what_to_do=SENTENCE,
        retry=st.booleans(),
    ),
    "inquiry_status": st.builds(
        messages.InquiryStatus,
        processing_number=IDENTIFIER,
        status=st.sampled_from(["in_progress", "refused", "lapsed", "provided"]),
        code=st.none() | REFUSAL,
    ),
    "submission_status": st.builds(
        messages.SubmissionStatus,
        message_id=IDENTIFIER,
        status=st.sampled_from(
            ["waiting", "delivered", "refused", "expired", "withdrawn"]
        ),
        code=st.none() | REFUSAL,
    ),
}
