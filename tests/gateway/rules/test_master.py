# SPDX-License-Identifier: Apache-2.0
"""A master follows only a lower version, and for so long only."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.masters import HeldMaster
from gateway.rules.master import another_network, is_over, objection
from protocols.master import Master

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
versions = st.integers(-(2**62), 2**62)


def master(version=1, digest=b"a", network="one", realm="simulation"):
    return Master(version, network, NOON, realm, (), digest=digest)


def held(version, digest=b"a"):
    return HeldMaster(version, digest, NOON, NOON)


@given(versions, versions)
def test_only_a_higher_version_follows(new, old):
    assert (not objection(master(new, b"new"), held(old, b"old"))) is (new > old)


def test_the_very_one_that_is_held_is_no_other():
    assert not objection(master(3), held(3))


def test_the_first_one_follows_nothing():
    assert not objection(master(-5), None)


def test_an_older_one_is_named_with_both_versions():
    assert "version 3, older than version 7" in objection(master(3, b"b"), held(7))


def test_another_one_of_the_same_version_is_named():
    assert "version 3, but is another" in objection(master(3, b"b"), held(3))


@pytest.mark.parametrize(
    ("other", "fits"),
    [
        ({}, True),
        ({"version": 9, "digest": b"z"}, True),
        ({"network": "two"}, False),
        ({"realm": "standard"}, False),
    ],
)
def test_a_master_of_another_network_is_told(other, fits):
    assert (not another_network(master(**other), master())) is fits


def test_it_is_over_only_past_its_greatest_age():
    longest, moment = timedelta(days=400), timedelta(microseconds=1)
    assert not is_over(master(), longest, NOON - timedelta(days=1))
    assert not is_over(master(), longest, NOON + longest)
    assert is_over(master(), longest, NOON + longest + moment)
