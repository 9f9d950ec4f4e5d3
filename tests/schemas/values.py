# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: any value of any message that the schema has room for."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from schemas import (
    card_messages,
    messages,
    move_messages,
    search_messages,
    stream_messages,
)
from schemas.matching_list import KINDS
from tests.schemas.shape_of import CHOICES, Part, parts

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

_CODE_OF_RECORD = word(r"[0-9]{11}")
_MUNICIPALITY = word(r"[0-9]{6}")
_POSTAL_CODE = word(r"[0-9]{7}")
_LOCAL_ID = word(r"[0-9A-Za-z_.\-]{1,40}")
_SERIAL = word(r"([0-9A-F]{2}){1,20}")
_ITEM_NAME = word(r"[a-z_]{1,64}")
_POSITIVE = st.integers(1, 999_999_999)
_CERTIFICATES = ["residence_record", "seal_registration", "tax", "family_register"]

_OWN_FORM: dict[str, st.SearchStrategy[Any]] = {
    "resident_record_code": _CODE_OF_RECORD,
    "old_resident_record_code": _CODE_OF_RECORD,
    "individual_number": word(r"[0-9]{12}"),
    "municipality_code": _MUNICIPALITY,
    "domicile_municipality_code": _MUNICIPALITY,
    "previous_municipality_code": _MUNICIPALITY,
    "new_municipality_code": _MUNICIPALITY,
    "oaza_aza_code": word(r"[0-9]{1,12}"),
    "postal_code": _POSTAL_CODE,
    "destination_postal_code": _POSTAL_CODE,
    "sex": st.sampled_from("0129"),
    "change_reason": word(r"[0-9A-Za-z_]{1,32}"),
    "request_management_number": _LOCAL_ID,
    "operator_id": _LOCAL_ID,
    "operation_terminal_id": _LOCAL_ID,
    "certificate_number": _LOCAL_ID,
    "card_management_number": _LOCAL_ID,
    "business_addressee_number": _LOCAL_ID,
    "record_status_flag": word(r"[0-9A-Za-z]"),
    "update_sequence_number": _POSITIVE,
    "batch": _POSITIVE,
    "batches": _POSITIVE,
    "part": _POSITIVE,
    "parts": _POSITIVE,
    "addressee_number": word(r"[0-9]{15}"),
    "subject_code": CODE,
    "organisation": ORGANISATION,
    "affair_item": word(r"[1-9][0-9]{0,2}(の[1-9])?"),
    "layout_version": word(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,15}"),
    "occasion": st.sampled_from(["first", "change"]),
    "finding": st.sampled_from(["differs", "only_sent", "only_kept"]),
    "differing": _ITEM_NAME,
    "wanted": _ITEM_NAME,
    "card_event": st.sampled_from(["issued", "abolished", "collected", "suspended"]),
    "date_of_birth_unknown": st.sampled_from(["day", "month", "all"]),
    "certificate_kind": st.sampled_from(_CERTIFICATES),
    "certificate_serial": _SERIAL,
    "replaced_certificate_serial": _SERIAL,
    "residence_card_number": word(r"[A-Z]{2}[0-9]{8}[A-Z]{2}"),
    "new_residence_card_number": word(r"[A-Z]{2}[0-9]{8}[A-Z]{2}"),
    "kind": st.sampled_from(sorted(KINDS)),
    "nationality": word(r"[A-Z]{3}"),
    "digest": DIGEST,
    "extract": st.binary(min_size=1, max_size=300),
}
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: text(40),
    int: st.integers(0, 999_999_999),
    bool: st.booleans(),
    date: DATE,
    datetime: MOMENT,
    bytes: IDENTIFIER,
}
MAY_BE_NONE_OF = {
    (search_messages.IdentityInformationSearchResult, "persons"),
    (move_messages.WideAreaIssuanceReply, "members"),
    (stream_messages.Difference, "differing"),
    (stream_messages.ConsistencyCheckResult, "differences"),
    (card_messages.ConvenienceStoreIssuanceReply, "items"),
}
"""Repeated elements that need not be there at all."""


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a class whose types say how it is written."""
    made = {part.field: _of_part(kind, part) for part in parts(kind)}
    if kind in CHOICES:
        return st.one_of(
            *(
                form.map(lambda it, name=name: kind(**{name: it}))
                for name, form in made.items()
            )
        )
    return st.fixed_dictionaries(made).map(lambda found: kind(**found))


def _of_part(kind: Any, part: Part) -> st.SearchStrategy[Any]:
    if part.is_node:
        form = values_of(part.inside)
    else:
        form = _OWN_FORM.get(part.field, _BY_TYPE.get(part.inside))
    if part.often:
        least = 0 if (kind, part.field) in MAY_BE_NONE_OF else 1
        return st.lists(form, min_size=least, max_size=3).map(tuple)
    return st.none() | form if part.perhaps and kind not in CHOICES else form


RECORD = values_of(messages.IdentityRecord)

_BY_HAND: dict[str, st.SearchStrategy[Any]] = {
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
            ["waiting", "delivered", "refused", "expired", "withdrawn", "given_up"]
        ),
        code=st.none() | REFUSAL,
    ),
}

VALUES: dict[str, st.SearchStrategy[Any]] = {
    name: _BY_HAND[name] if name in _BY_HAND else values_of(message.value)
    for name, message in messages.MESSAGES.items()
}
"""Any value of each message type."""
