# SPDX-License-Identifier: Apache-2.0
"""A version below the needed one is open, and overdue once its days are over."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.patches import Advisory, Severity, still_open

SINCE = date(2030, 1, 1)
DAYS = {Severity.CRITICAL: 14, Severity.HIGH: 30}
numbers = st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))


def advisory(below="3.5.4", package="openssl", severity=Severity.CRITICAL, **changes):
    words = {"id": "CVE-2030-1", "since": SINCE, **changes}
    return Advisory(package=package, below=below, severity=severity, **words)


def found(version, *advisories):
    return still_open({"openssl": version}, advisories or (advisory(),), DAYS)


@given(numbers, numbers)
def test_it_is_open_exactly_below_the_version_that_is_needed(here, needed):
    def text(version):
        return ".".join(map(str, version))

    assert bool(found(text(here), advisory(text(needed)))) is (here < needed)


def test_versions_are_compared_as_numbers():
    assert not found("3.10.0", advisory("3.9.9"))
    assert found("3.9.9", advisory("3.10.0"))


def test_what_is_not_in_use_here_needs_nothing():
    assert not found("1.0", advisory(package="nginx"))


@pytest.mark.parametrize("version", ["", "unknown", "3.x"])
def test_a_version_that_nobody_can_compare_is_not_good(version):
    (one,) = found(version)
    assert one.version == version


def test_it_is_overdue_only_once_its_last_day_is_over():
    (one,) = found("3.5.3")
    assert one.due == SINCE + timedelta(days=14)
    assert not one.is_overdue(one.due)
    assert one.is_overdue(one.due + timedelta(days=1))


@pytest.mark.parametrize(
    ("severity", "days"),
    [("critical", 14), ("high", 30), ("moderate", None), ("low", None)],
)
def test_each_severity_has_its_days_or_none(severity, days):
    (one,) = found("1", advisory(severity=Severity(severity)))
    assert one.due == (None if days is None else SINCE + timedelta(days=days))
    assert days is not None or not one.is_overdue(date.max)


def test_the_first_due_stands_first_and_those_without_a_day_last():
    listed = (
        advisory(id="low", severity=Severity.LOW),
        advisory(id="high", severity=Severity.HIGH),
        advisory(id="critical"),
    )
    assert [one.advisory.id for one in found("1", *listed)] == [
        "critical",
        "high",
        "low",
    ]
