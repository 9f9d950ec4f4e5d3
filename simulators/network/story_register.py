# SPDX-License-Identifier: Apache-2.0
"""Part (a): a city's CS reports to its prefecture (F23-01-4).

Delivered once where the prefecture proves who it is; not a byte where it cannot.
"""

import json
from dataclasses import replace
from typing import Any

from pki.names import StationName
from schemas.messages import (
    IdentityInformationUpdate,
    SubmissionAccepted,
    read_payload,
    write_payload,
)
from schemas.payload import NAMESPACE
from simulators.network import parties as people
from simulators.network.stage import Stage, Step, wait_for
from simulators.residents import Resident, identity_record


def record_of(resident: Resident) -> Any:
    """The 40 fields of a resident as the message's own value."""
    fields = "".join(
        f"<{name}>{_escaped(text)}</{name}>"
        for name, text in identity_record(resident).items()
    )
    kind = "identity_information_update"
    data = f'<{kind} xmlns="{NAMESPACE}"><record>{fields}</record></{kind}>'
    value = read_payload(kind, data.encode())
    assert isinstance(value, IdentityInformationUpdate)
    return value.record


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _report(stage: Stage, cs: StationName, resident: Resident) -> str:
    answer = stage.update(cs, record_of(resident))
    if not isinstance(answer, SubmissionAccepted):
        return str(answer.code)
    assert answer.message_id is not None
    stage.notes[f"update {cs}"] = answer.message_id.hex()
    return ""


def _delivered(stage: Stage) -> str:
    refused = _report(stage, people.CITY_CS, stage.unflagged(stage.city, 0))
    if refused:
        return refused
    message_id = stage.notes[f"update {people.CITY_CS}"]

    def taken() -> str:
        lines = [
            line
            for line in history(stage, people.PREFECTURAL_SERVER)
            if line["message_id"] == message_id
        ]
        return f"{lines[0]['kind']} once" if len(lines) == 1 else ""

    return wait_for(taken) or "not delivered"


def _not_to_an_impostor(stage: Stage) -> str:
    told = {event["person_tag"] for event in _attempted(stage)}
    for number in range(len(told), 2 * len(told) + 1):
        resident = stage.unflagged(stage.second_city, number)
        refused = _report(stage, people.SECOND_CS, resident)
        if refused:
            return refused
        message_id = stage.notes[f"update {people.SECOND_CS}"]
        about, *_ = _attempted(stage, "--message-id", message_id)
        if about["person_tag"] not in told:
            return _refused_by_us(stage, message_id)
    return "of everybody something older waits, from earlier stories"


def _attempted(stage: Stage, *words: str) -> list[Any]:
    """Updates for the impostor that are on record; each waits for good.

    Behind one that waits, a newer one about the same person is not even tried.
    """
    found: list[Any] = stage.command_json(
        "records",
        "search",
        "--config",
        stage.config(people.SECOND_CS),
        "--peer",
        str(people.IMPOSTOR),
        "--kind",
        "attempted",
        "--limit",
        "1000000",
        *words,
    )
    return found


def _refused_by_us(stage: Stage, message_id: str) -> str:
    def recorded() -> str:
        events = stage.command_json(
            "records",
            "search",
            "--config",
            stage.config(people.SECOND_CS),
            "--message-id",
            message_id,
        )
        codes = [e["code"] for e in events if e["code"]]
        return codes[0] if codes else ""

    code = wait_for(recorded)
    seen = history(stage, people.IMPOSTOR)
    received = [line for line in seen if line["message_id"] == message_id]
    return "received" if received else code


def _wrong_check_digit(stage: Stage) -> str:
    record = record_of(stage.unflagged(stage.city, 1))
    return _with_number(stage, record, _last_digit(record.individual_number, 1))


def _real_realm(stage: Stage) -> str:
    record = record_of(stage.unflagged(stage.city, 1))
    return _with_number(stage, record, _last_digit(record.individual_number, 5))


def _last_digit(number: str, shift: int) -> str:
    """The number with its check digit shifted; five is the other realm's."""
    return number[:-1] + str((int(number[-1]) + shift) % 10)


def _with_number(stage: Stage, record: Any, number: str) -> str:
    answer = stage.submit(
        people.CITY_CS,
        write_payload(
            IdentityInformationUpdate(record=replace(record, individual_number=number))
        ),
    )
    return "accepted" if isinstance(answer, SubmissionAccepted) else str(answer.code)


def history(stage: Stage, server: StationName) -> list[Any]:
    """What a prefectural server wrote down of what came."""
    path = stage.files.history(server)
    if not path.exists():
        return []
    lines = map(json.loads, path.read_text("utf-8").splitlines())
    return [line for line in lines if line["direction"] == "in"]


STEPS = (
    Step(
        "register/update-reaches-the-prefecture",
        "高崎市のCSが本人確認情報の更新を群馬県に通知する (F23-01-4)",
        "received once",
        _delivered,
    ),
    Step(
        "register/nothing-for-an-impostor",
        "認証できない都道府県サーバには何も送らない",
        "SK-T02",
        _not_to_an_impostor,
    ),
    Step(
        "register/wrong-check-digit",
        "検査数字の誤った個人番号は受け付けない",
        "SK-X03",
        _wrong_check_digit,
    ),
    Step(
        "register/number-of-the-real-realm",
        "実在しうる番号は模擬環境で受け付けない",
        "SK-X04",
        _real_realm,
    ),
)
