# SPDX-License-Identifier: Apache-2.0
"""What is asked of the messages by which a linkage code (符号) is got (番号法21条の2).

The processing number of an acquisition (取得番号) is a matter of payloads: a header is
kept for years, and nobody may keep that number longer than it is needed.
"""

from gateway.outcome import Case
from gateway.records.acquisitions import Acquisition
from gateway.rules.check import Check, that
from gateway.rules.core import provider_of
from gateway.rules.resident import numbers_fault


def _numbers(case: Case) -> Case | str:
    return numbers_fault(case.value, case.station.facts.realm) or case


def _can_be_told(case: Case) -> bool:
    directory = case.station.facts.directory
    peer = directory.peer(provider_of(case.value.organisation))
    return peer is not None and peer.can_receive


def _open(case: Case) -> Acquisition | None:
    known = case.station.acquisition(case.value.processing_number)
    waited_for = known is not None and known.is_open and case.now <= known.until
    return known if waited_for else None


def _is_free(case: Case) -> bool:
    known, copy = _open(case), case.station.copy(case.value.subject_code)
    assert known is not None  # a check was here before
    return copy is None or copy.addressee_number == known.addressee_number


_NOT_IN_THE_HEADER = that(
    "R-142",
    "its header names no processing number",
    "SK-C11",
    lambda c: c.opened.header.processing_number is None,
)

ISSUE_CHECKS: tuple[Check, ...] = (
    _NOT_IN_THE_HEADER,
    Check("R-072", "its numbers carry this network's check digits", _numbers),
    that(
        "R-143",
        "the organisation's intermediate server can be told",
        "SK-J02",
        _can_be_told,
    ),
)
"""The core's way of a `personal_identifier_code_issue_request`."""

NOTICE_CHECKS: tuple[Check, ...] = (
    _NOT_IN_THE_HEADER,
    that(
        "R-143",
        "a code is waited for under this number",
        "SK-C14",
        lambda c: _open(c) is not None,
    ),
    that("R-141", "the code is tied to no other number", "SK-K02", _is_free),
)
"""The intermediate server's way of a `personal_identifier_code_notice`."""
