# SPDX-License-Identifier: Apache-2.0
"""Every value that a message of this room can carry, as Hypothesis draws them."""

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st

from pki.names import StationName
from protocols.answers import WIRE_CODES
from protocols.header import Header, InReplyTo
from protocols.permit import MAX_ITEM, Permit
from protocols.route import MAX_HOST, Route

crypto = settings(deadline=None, max_examples=50)
"""For tests that sign or seal: how long one takes depends on who else is working."""

identifiers = st.binary(min_size=16, max_size=16)
digests = st.binary(min_size=32, max_size=32)
moments = st.datetimes(
    datetime(2000, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=0))

stations = st.builds(
    StationName,
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6),
    st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=64),
)

headers = st.builds(
    Header,
    message_id=identifiers,
    message_type=st.text(),
    sender=stations,
    receiver=stations,
    created=moments,
    expires=moments,
    sealing_certificate=digests,
    content_digest=digests,
    processing_number=st.none() | identifiers,
    in_reply_to=st.none() | st.builds(InReplyTo, identifiers, digests),
    permit_digest=st.none() | digests,
)

permits = st.builds(
    Permit,
    permit_id=identifiers,
    processing_number=identifiers,
    requester=stations,
    provider=stations,
    item_no=st.integers(1, MAX_ITEM),
    kinds=st.lists(st.text(), min_size=1, max_size=8).map(tuple),
    subject_commitment=digests,
    request_digest=digests,
    sealing_certificate=digests,
    route_digest=digests,
    issued=moments,
    answer_by=moments,
    release_by=moments,
)

routes = st.builds(
    Route,
    route_id=identifiers,
    requester=stations,
    host=st.text(min_size=1, max_size=MAX_HOST),
    port=st.integers(1, 65_535),
    sealing_certificate=digests,
    not_before=moments,
    not_after=moments,
)

receipt_fields = st.fixed_dictionaries(
    {"at": moments, "record_commitment": digests},
)

refusal_fields = st.fixed_dictionaries(
    {
        "at": moments,
        "code": st.sampled_from(sorted(WIRE_CODES)),
        "rule": st.text(max_size=40),
        "retry": st.booleans(),
        "record_commitment": digests,
    }
)
