# SPDX-License-Identifier: Apache-2.0
"""A fault of ours is told by type and place, never by what it says."""

from gateway.faults import place
from schemas.xml import XmlRefused, parse

SECRET = "高崎　太郎"


def met(error: type[Exception], call, *values):
    """What a call raises."""
    try:
        call(*values)
    except error as found:
        return found
    raise AssertionError("nothing was raised")


def test_the_innermost_line_of_ours_is_named_without_the_value():
    told = place(met(XmlRefused, parse, SECRET.encode()))
    assert told.startswith("XmlRefused in schemas.")
    assert SECRET not in told


def test_a_fault_that_never_was_in_our_rooms_has_its_type_alone():
    assert place(met(ValueError, int, SECRET)) == "ValueError"


def test_what_was_never_raised_has_its_type_alone():
    assert place(KeyError(SECRET)) == "KeyError"
