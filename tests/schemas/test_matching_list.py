# SPDX-License-Identifier: Apache-2.0
"""The reference lists: unchanged, complete, and consistent with each other.

The digests pin the files as they were put in order from the assessment document; the
counts are what that work found when it checked them.
"""

import hashlib
import re
from importlib.resources import files

import pytest

from schemas.matching_list import ITEMS, KINDS, REQUESTER_KINDS
from tests.schemas.samples import xsd_path

DIGESTS = {
    "information_kinds.csv": (
        "def16011434a1e7f8423d81b464c7ce192e5713a30222e64a13d372835237173"
    ),
    "internal_transfer_affairs.csv": (
        "97eca3f9741ab77c6bd05abaef7a50073d31378142515dc3f7ba0221787a7306"
    ),
    "permit_matching_list.csv": (
        "ceb59b40a2c750c5d8149f813ba24dd3cf65408edc18d009e96d802bfa53cdd1"
    ),
    "requester_kinds.csv": (
        "517df3ef197f50aaee8f788f1568c98625cca37e1d2adb70e4f05b1afcb53780"
    ),
    "resident_identity_record_fields.csv": (
        "e12fff71e2a8fbc55043fea0949737dbb048122be8bf15fbb647c43342d6e328"
    ),
}


def test_every_list_is_pinned() -> None:
    found = {entry.name for entry in files("schemas").joinpath("data").iterdir()}
    assert {name for name in found if name.endswith(".csv")} == set(DIGESTS)


@pytest.mark.parametrize("name", DIGESTS)
def test_a_list_is_byte_for_byte_the_reference(name: str) -> None:
    data = files("schemas").joinpath("data", name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == DIGESTS[name]


def test_there_are_60_items_8_kinds_and_28_requesters() -> None:
    assert (len(ITEMS), len(KINDS), len(REQUESTER_KINDS)) == (60, 8, 28)


def test_every_provider_is_a_mayor() -> None:
    assert {item.provider for item in ITEMS.values()} == {"市町村長"}


def test_every_article_is_the_item_number_and_two() -> None:
    assert all(item.article == item.item_no + 2 for item in ITEMS.values())


def test_every_item_allows_resident_record_information() -> None:
    assert all("resident_record_information" in item.kinds for item in ITEMS.values())
    assert all("住民票関係情報" in item.information for item in ITEMS.values())


def test_only_resident_record_information_is_provided_by_this_affair() -> None:
    provided = {kind.kind_id for kind in KINDS.values() if kind.provided_by_this_affair}
    assert provided == {"resident_record_information"}


def test_the_requesters_share_out_the_items_exactly() -> None:
    shared = sorted(no for kind in REQUESTER_KINDS.values() for no in kind.item_nos)
    assert shared == sorted(ITEMS)


def test_an_item_names_its_requester_as_the_list_of_requesters_does() -> None:
    for item in ITEMS.values():
        assert REQUESTER_KINDS[item.requester_kind].japanese == item.requester


def test_an_item_allows_exactly_the_kinds_that_its_wording_names() -> None:
    """Read independently of the lists of item numbers."""
    wording = {
        "resident_record_information": "住民票関係情報",
        "local_tax_information": "地方税関係情報",
        "long_term_care_benefit_information": "介護保険給付等関係情報",
        "disability_self_reliance_support_benefit_information": (
            "障害者自立支援給付関係情報"
        ),
        "child_disability_day_support_information": "障害児通所支援に関する情報",
        "pregnancy_notification_information": "妊娠の届出に関する情報",
        "nursing_care_or_facility_residence_support_information": "施設入所支援に",
        "child_allowance_information": "児童手当関係情報",
    }
    assert set(wording) == set(KINDS)
    for item in ITEMS.values():
        named = {kind for kind, words in wording.items() if words in item.information}
        assert item.kinds == named, item.item_no


def test_an_item_gives_its_legal_basis() -> None:
    assert ITEMS[106].legal_basis == "番号法第19条第8号 主務省令第2条の表 項106"


def test_the_xsd_knows_exactly_the_kinds_of_the_list() -> None:
    text = xsd_path("common").read_text("utf-8")
    declared = text.partition('<xs:simpleType name="information_kind">')[2]
    declared = declared.partition("</xs:simpleType>")[0]
    assert set(re.findall(r'enumeration value="([a-z_]+)"', declared)) == set(KINDS)


def test_the_lists_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ITEMS[4] = ITEMS[5]  # type: ignore[index]
