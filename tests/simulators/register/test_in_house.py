# SPDX-License-Identifier: Apache-2.0
"""What the city's own systems are told that the register network is not."""


def test_a_newborn_is_told_in_house_before_anybody_has_a_number_to_tell(desk):
    """R-109: each time the register changes, not only where the CS is told."""
    child = desk.born()
    told = [one.record for one in desk.messages("resident_record_change")]
    assert told.count(child.number) == 1
    assert desk.messages("numbered_resident_record_change") == []
    assert desk.messages("identity_information_update") == []
