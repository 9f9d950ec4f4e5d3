# SPDX-License-Identifier: Apache-2.0
"""Part (d): a flagged subject. A named person looks at the answer, and decides.

The operator uses the commands that a clerk would: list, show, release, refuse. What
the requester sees is the same for a refusal, a lapse and a person of whom no copy is
held.
"""

from schemas.matching_list import ITEMS
from simulators.network import parties as people
from simulators.network.stage import Stage, Step, wait_for

ITEM = ITEMS[48]
ASKER = people.requester(ITEM.requester_kind)
OPERATOR = "審査 花子"


def _ask(stage: Stage, key: str, which: int) -> str:
    """Ask about a flagged resident; the hold's id once it is there."""
    subject = stage.flagged(stage.city, which)
    number = stage.ask(ASKER, ITEM.item_no, subject.addressee_number)
    assert isinstance(number, bytes)
    stage.notes[f"{key} number"] = number

    def held() -> str:
        found = stage.command_json(
            "holds", "list", "--config", stage.config(people.PROVIDER)
        )
        for hold in found:
            if hold["processing_number"] == number.hex():
                return str(hold["hold"])
        return ""

    hold_id = wait_for(held)
    stage.notes[f"{key} hold"] = hold_id
    return hold_id


def _held(stage: Stage) -> str:
    if not _ask(stage, "first", 0):
        return "not held"
    status = stage.standing(ASKER, stage.notes["first number"])
    return f"held, {status.status}"


def _shown(stage: Stage) -> str:
    shown = stage.command(
        "holds",
        "show",
        stage.notes["first hold"],
        "--config",
        stage.config(people.PROVIDER),
        "--operator",
        OPERATOR,
        "--xml",
    )
    stage.notes["shown"] = shown
    return (
        "the exact content" if "<information_provision" in shown else "something else"
    )


def _released(stage: Stage) -> str:
    stage.command(
        "holds",
        "release",
        stage.notes["first hold"],
        "--config",
        stage.config(people.PROVIDER),
        "--operator",
        OPERATOR,
        "--reason",
        "本人の同意を確認した",
    )
    number = stage.notes["first number"]
    end = stage.end_of(ASKER, number)
    if end != "provided":
        return end
    path = f"/v1/inside/inquiries/{number.hex()}/answer"
    arrived = stage.inside(ASKER).get(path).body.decode()
    return "provided as shown" if arrived == stage.notes["shown"] else "provided"


def _refused(stage: Stage) -> str:
    hold_id = _ask(stage, "second", 1)
    if not hold_id:
        return "not held"
    stage.command(
        "holds",
        "refuse",
        hold_id,
        "--config",
        stage.config(people.PROVIDER),
        "--operator",
        OPERATOR,
        "--reason",
        "保護の必要がある",
    )
    return stage.end_of(ASKER, stage.notes["second number"])


def _lapsed(stage: Stage) -> str:
    """The second city gives its people three seconds; here nobody decides."""
    requester = people.requester("japan_student_services_organization")
    subject = stage.flagged(stage.second_city, 0)
    number = stage.ask(
        requester, 141, subject.addressee_number, provider=people.SECOND_CITY
    )
    return stage.end_of(requester, number)


STEPS = (
    Step(
        "hold/flagged-subject-is-held",
        "自動応答不可フラグの対象者は職員の確認を待つ",
        "held, in_progress",
        _held,
    ),
    Step(
        "hold/operator-sees-the-content",
        "職員は送信される内容そのものを見る",
        "the exact content",
        _shown,
    ),
    Step(
        "hold/released",
        "職員が提供を認め、見たとおりの内容が経路に従って届く",
        "provided as shown",
        _released,
    ),
    Step("hold/refused", "職員が提供を認めない", "lapsed", _refused),
    Step("hold/lapsed", "期限までに判断されない", "lapsed", _lapsed),
)
