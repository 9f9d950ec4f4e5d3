# SPDX-License-Identifier: Apache-2.0
"""The diagram of fixed events, letter by letter; and what its SVG may never hold."""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from simulators.scenario import svg_drawing, text_drawing
from simulators.scenario.marks import Arrow, Mark, Note, Style, marks, stations
from simulators.scenario.world import Interlude

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
CS, PREFECTURE = "102024/municipal_cs", "100005/prefectural_server"
REGISTER = "102024/existing_resident_system"
PARTIES = (REGISTER, CS, PREFECTURE)
SHORT = "card_status_notice"
UPDATE, NOTICE = "identity_information_update", "identity_information_update_notice"


def event(
    ms: int, station: str, direction: str, kind: str, **more: Any
) -> dict[str, Any]:
    """What a record says of one thing that happened, milliseconds after noon."""
    at = (NOON + timedelta(milliseconds=ms)).isoformat()
    plain = {"peer": "", "message_type": "", "code": "", "detail": ""}
    return {**plain, "at": at, "station": station, "direction": direction,
            "kind": kind, **more}  # fmt: skip


EVENTS = [
    event(0, CS, "in", "received", peer=REGISTER, message_type=UPDATE),
    event(1, CS, "out", "attempted", peer=PREFECTURE, message_type=NOTICE),
    event(9, CS, "out", "failed", peer=PREFECTURE, message_type=SHORT, code="SK-T01"),
    event(510, PREFECTURE, "in", "received", peer=CS, message_type=NOTICE),
    event(520, CS, "out", "receipted", peer=PREFECTURE, message_type=NOTICE),
    event(530, PREFECTURE, "in", "repeated", peer=CS, message_type=NOTICE),
    event(600, CS, "in", "refused", peer=REGISTER, message_type=UPDATE, code="SK-X03"),
    event(
        700, CS, "out", "failed", peer=PREFECTURE, message_type=NOTICE, code="SK-M06"
    ),
    event(800, CS, "local", "lapsed", peer=PREFECTURE, code="SK-H02"),
    event(900, CS, "local", "operator", detail="looks at its clock"),
]
INTERLUDES = [
    Interlude(NOON + timedelta(milliseconds=400), PREFECTURE, "starts again"),
    Interlude(NOON + timedelta(milliseconds=450), "", "0:06:00 pass"),
]

GOLDEN = """\
T1  A change

  1  102024/existing_resident_system
  2  102024/municipal_cs  高崎市 市町村CS
  3  100005/prefectural_server

JST          1         2         3
21:00:00.000 |-------->|         | identity_information_update
21:00:00.009 |         |---x     | never arrived: card_status_notice SK-T01
21:00:00.400 |         |         * (starts again)
21:00:00.450 *         *         * (0:06:00 pass)
21:00:00.510 |         |-------->| identity_information_update_notice
21:00:00.520 |         |<........| receipt
21:00:00.530 |         |-------->| identity_information_update_notice again
21:00:00.600 |--------X|         | refused: identity_information_update SK-X03
21:00:00.700 |         |<........| refusal SK-M06
21:00:00.800 |         *         | (lapsed SK-H02)
"""


def drawn() -> list[Mark]:
    return marks(EVENTS, INTERLUDES)


def svg(found: list[Mark], title: str = "T1  A change") -> ElementTree.Element:
    return ElementTree.fromstring(svg_drawing.draw(title, PARTIES, found, {}))


def test_the_text_is_the_golden_one() -> None:
    labels = {CS: "高崎市 市町村CS"}
    assert text_drawing.draw("T1  A change", PARTIES, drawn(), labels) == GOLDEN


def test_events_in_any_order_give_the_same_diagram() -> None:
    assert marks(reversed(EVENTS), INTERLUDES) == drawn()


def test_a_message_to_the_left_points_to_the_left() -> None:
    mark = Arrow(NOON, PREFECTURE, REGISTER, "x", Style.REFUSED)
    line = text_drawing.draw("", PARTIES, [mark], {}).splitlines()[-1]
    assert line == "21:00:00.000 |X------------------| refused: x"


def test_a_message_to_oneself_has_a_mark_of_its_own() -> None:
    mark = Arrow(NOON, CS, CS, "x", Style.SENT)
    line = text_drawing.draw("", PARTIES, [mark], {}).splitlines()[-1]
    assert line == "21:00:00.000 |         @         | x"


def test_whoever_is_met_has_a_place_behind_the_parties() -> None:
    strange = Arrow(NOON, "C00001/jlis", CS, "x", Style.SENT)
    assert stations([strange, Note(NOON, "", "y")], (CS,)) == (CS, "C00001/jlis")


def test_the_svg_is_told_to_those_who_do_not_see_it() -> None:
    root = svg(drawn())
    space = "{http://www.w3.org/2000/svg}"
    title, description = (root.find(f"{space}{name}") for name in ("title", "desc"))
    assert root.get("role") == "img"
    assert title is not None
    assert description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert "never arrived: card_status_notice" in (description.text or "")


def test_the_svg_runs_nothing_and_loads_nothing() -> None:
    root = svg(drawn())
    names = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert names <= {
        "svg",
        "title",
        "desc",
        "rect",
        "text",
        "line",
        "circle",
        "polygon",
    }
    attributes = {name for node in root.iter() for name in node.attrib}
    assert not [name for name in attributes if name.startswith("on") or "href" in name]


@pytest.mark.parametrize("text", ["<script>", "a & b", '"quoted"', "]]>"])
def test_words_stay_words_in_the_svg(text: str) -> None:
    root = svg([Note(NOON, CS, text)], title=text)
    told = [node.text for node in root.iter()]
    assert told.count(text) == 2 + 1


def test_every_line_of_the_svg_says_in_words_how_it_ended() -> None:
    told = [node.text or "" for node in svg(drawn()).iter()]
    assert [t for t in told if t.startswith("never arrived: ")]
    assert [t for t in told if t.startswith("refused: ")]
