# SPDX-License-Identifier: Apache-2.0
"""The end of the story: all of it is on record, and the parties agree.

Everything is looked up with the operator's own commands. What the story forged in a
station's name is known to it; the three parties must agree on all the rest, and on
nothing of that.
"""

import json
from typing import Any

from pki.names import StationName
from simulators.network import parties as people
from simulators.network.stage import Stage, Step
from simulators.network.story_refusals import ASKER, OTHER

SEEN: tuple[tuple[str, StationName], ...] = (
    ("SK-P01", people.CORE),
    ("SK-P01", ASKER),
    ("SK-P01", people.PROVIDER),
    ("SK-P02", people.CORE),
    ("SK-P02", ASKER),
    ("SK-P03", people.CORE),
    ("SK-P03", OTHER),
    ("SK-P05", people.CORE),
    ("SK-P05", ASKER),
    ("SK-K01", people.CORE),
    ("SK-K01", ASKER),
    ("SK-M01", people.CORE),
    ("SK-M02", people.CORE),
    ("SK-M05", people.PROVIDER),
    ("SK-M06", people.CORE),
    ("SK-M07", people.CORE),
    ("SK-M08", people.CORE),
    ("SK-M09", people.CORE),
    ("SK-X01", people.CORE),
    ("SK-X02", people.CORE),
    ("SK-U01", people.CORE),
    ("SK-U02", people.CORE),
    ("SK-C01", people.PROVIDER),
    ("SK-C02", people.PROVIDER),
    ("SK-C03", people.PROVIDER),
    ("SK-C04", people.PROVIDER),
    ("SK-C05", people.SECOND_PROVIDER),
    ("SK-C07", people.PROVIDER),
    ("SK-C08", people.PROVIDER),
    ("SK-C09", people.PROVIDER),
    ("SK-L01", people.PROVIDER),
    ("SK-L02", people.PROVIDER),
    ("SK-L03", people.CORE),
    ("SK-L04", people.CORE),
    ("SK-L05", people.CORE),
    ("SK-L06", people.CORE),
    ("SK-L07", people.CORE),
    ("SK-L09", people.CORE),
    ("SK-T02", people.SECOND_CS),
    ("SK-X03", people.CITY_CS),
    ("SK-X04", people.CITY_CS),
    ("SK-H01", people.PROVIDER),
    ("SK-H02", people.SECOND_PROVIDER),
)
"""Which inner code must stand in whose record by now."""


def _all_refusals(stage: Stage) -> str:
    events = stage.command_json(
        "records", "list", "--network", str(stage.files.root), "--limit", "100000"
    )
    stage.notes["events"] = events
    found = {(e["code"], e["station"]) for e in events if e["code"]}
    there = {party.name for party in stage.network.parties}
    missing = [
        f"{code} at {at}"
        for code, at in SEEN
        if at in there and (code, str(at)) not in found
    ]
    return "missing: " + ", ".join(missing) if missing else "every refusal on record"


def _explained(stage: Stage) -> str:
    """The refusal of an item beside the list, told by core and requester."""
    number = next(
        e["processing_number"]
        for e in stage.notes["events"]
        if e["code"] == "SK-P01" and e["station"] == str(people.CORE)
    )
    told = stage.command_json("explain", "--network", str(stage.files.root), number)
    stations = {one["station"] for one in told}
    checks = [check for one in told for check in one["checks"]]
    complete = (
        stations == {str(people.CORE), str(ASKER)}
        and any(c["rule"] == "R-104" and c["outcome"] == "refused" for c in checks)
        and any(c["outcome"] == "passed" for c in checks)
        and any(one["legal_basis"] and one["what_to_do"] for one in told)
    )
    return "path, rule, law and mend" if complete else f"incomplete: {sorted(stations)}"


def _reconciled(stage: Stage) -> str:
    """The parties agree on everything but what the story forged."""
    command = ("records", "reconcile", "--json", "--network", str(stage.files.root))
    differences: list[Any] = json.loads(stage.commands.run(*command).out)
    final = {d["processing_number"] for d in differences if d["final"]}
    if final - stage.forged:
        return f"{len(final - stage.forged)} unexplained differences"
    if not final:
        return "what was forged was not found"
    return "they agree, but for what was forged"


def _verified(stage: Stage) -> str:
    root = str(stage.files.root)
    damaged = stage.command_json("records", "verify", "--network", root)
    return "every record as written" if not damaged else f"{len(damaged)} damaged"


def _no_number_in_logs(stage: Stage) -> str:
    """No individual number, resident record code or name in any log."""
    logs = b"".join(p.read_bytes() for p in stage.files.logs.glob("*.log"))
    secrets = [
        text.encode()
        for resident in (*stage.city[:300], *stage.second_city)
        for text in (
            resident.individual_number,
            resident.resident_record_code,
            resident.kanji_name,
            resident.addressee_number,
        )
    ]
    found = sum(1 for secret in secrets if secret in logs)
    return "nothing personal" if not found else f"{found} personal values"


REFUSALS = (
    Step(
        "records/every-refusal",
        "すべての拒否が、関わった各局に記録されている",
        "every refusal on record",
        _all_refusals,
    ),
)
TRANSACTIONS = (
    Step(
        "records/explained",
        "拒否の理由を確認・規則・根拠法・対処まで説明する",
        "path, rule, law and mend",
        _explained,
    ),
    Step(
        "records/reconciled",
        "照会者・提供者・コアの記録は、偽造した取引を除いて一致する",
        "they agree, but for what was forged",
        _reconciled,
    ),
)
STEPS = (
    Step(
        "records/verified",
        "すべての記録が書かれたままである",
        "every record as written",
        _verified,
    ),
    Step(
        "records/logs",
        "ログに個人の情報がない",
        "nothing personal",
        _no_number_in_logs,
    ),
)
