# SPDX-License-Identifier: Apache-2.0
"""The 43 in-house affairs: complete, told apart by their item, of the wording."""

import pytest

from schemas.matching_list import KINDS
from schemas.payload import validate
from schemas.transfer_affairs import AFFAIRS, KIND
from tests.schemas.samples import with_text


def test_there_are_3_affairs_of_annex_2_and_40_of_annex_3() -> None:
    annexes = [affair.annex for affair in AFFAIRS.values()]
    assert (annexes.count(2), annexes.count(3), len(annexes)) == (3, 40, 43)


def test_they_have_258_sub_affairs() -> None:
    assert sum(len(affair.sub_affairs) for affair in AFFAIRS.values()) == 258


def test_what_they_may_have_is_what_this_affair_provides() -> None:
    assert KINDS[KIND].provided_by_this_affair


def test_an_affair_tells_its_departments_and_its_legal_basis() -> None:
    affair = AFFAIRS["82の2"]
    assert affair.affair == "災害弔慰金"
    assert AFFAIRS["8"].departments == (
        "こども発達支援センター",
        "保健予防課",
        "障害福祉課",
    )
    assert affair.legal_basis == "番号法第9条第1項 別表 項82の2"


@pytest.mark.parametrize("item_no", AFFAIRS)
def test_every_affair_can_be_named_in_a_fetch(item_no: str) -> None:
    name = "common_platform_fetch"
    assert validate(name, with_text(name, "affair_item", item_no)) is not None


def test_the_list_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        AFFAIRS["8"] = AFFAIRS["9"]  # type: ignore[index]
