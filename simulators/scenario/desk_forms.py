# SPDX-License-Identifier: Apache-2.0
"""What is keyed in at the register's terminal: a form for each change of a scenario.

Each is about a resident who stands in the network's residents, and says no more than
the form of the counter has. Whoever comes from abroad or is born is made up here.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from schemas.messages import read_payload
from schemas.move_messages import MoveOutCertificateInformation
from simulators.network import parties as people
from simulators.residents import Resident
from simulators.scenario.desk import Desk, NotDone
from simulators.scenario.registry import Kept
from simulators.scenario.world import World

Fields = dict[str, Any]
Made = tuple[str, Fields]
"""The form's name, and its fields but for the basis."""

BIRTH, MOVE_WITHIN, MOVE_OUT = "birth", "move within", "move out"
FROM_ABROAD, SPECIAL_MOVE_IN = "move-in from abroad", "special move-in"
NUMBER_CHANGE, MOVE_AND_RENAME = "number change", "move within that changes a name"
CERTIFICATE: Final = "move_out_certificate_information"


class Case:
    """One change: at which desk, about whom, on which day."""

    def __init__(self, world: World, desk: Desk, kept: Kept) -> None:
        self.world = world
        self.desk = desk
        self.kept = kept
        self.resident: Resident = kept.facts["resident"]
        self.today: date = kept.facts["on"]

    @property
    def record(self) -> Fields:
        return self.desk.record(self.resident)

    def household(self) -> list[Fields]:
        """The records of all who live with the resident, the head first."""
        own = self.record
        stage = self.world.stage
        codes = [
            one.resident_record_code
            for one in stage.city
            if one.household == self.resident.household
        ]
        found = [one for code in codes if (one := self.desk.record_of(code))]
        return [one for one in found if one["household"] == own["household"]]

    def another_home(self) -> Fields:
        """Where somebody else of the city lives, as a new address."""
        own = self.record["home"]
        for other in self.world.stage.city[:50]:
            found = self.desk.record_of(other.resident_record_code)
            if found is not None and found["home"]["town_code"] != own["town_code"]:
                home: Fields = {**found["home"], "building": None}
                return home
        raise NotDone("no other home")


def _move_within(case: Case) -> Made:
    placements = [
        {"record": one["number"], "relationship": one["relationship"]}
        for one in case.household()
    ]
    return "MoveWithin", {
        "moved_on": case.today.isoformat(),
        "home": case.another_home(),
        "placements": placements,
    }


def _move_and_rename(case: Case) -> Made:
    """A change of address has no place for a name (R-113)."""
    form, fields = _move_within(case)
    return form, {**fields, "name": case.resident.kanji_name}


def _birth(case: Case) -> Made:
    head = case.record
    surname, _, _ = head["name"].partition("　")
    reading, _, _ = head["furigana"].partition("　")
    child = {
        "name": f"{surname}　湊",
        "furigana": f"{reading}　みなと",
        "born": (case.today - timedelta(days=1)).isoformat(),
        "sex": "1",
        "relationship": "子",
        "domicile": head["domicile"],
    }
    return "Birth", {"newborn": child, "household": head["household"]}


def _from_abroad(case: Case) -> Made:
    """A foreign resident, with a residence card of the simulation."""
    foreign = {
        "nationality": "BRA",
        "status": "定住者",
        "residence_card": f"ZZ{case.resident.addressee_number[-8:]}ZZ",
    }
    newcomer = {
        "name": "ＫＡＫＵ　ＨＡＮＡ",
        "furigana": "カク　ハナ",
        "born": "1991-07-07",
        "sex": "2",
        "relationship": "世帯主",
        "foreign": foreign,
    }
    return "MoveIn", {
        "moved_on": case.today.isoformat(),
        "home": case.another_home(),
        "newcomers": [newcomer],
    }


def _number_change(case: Case) -> Made:
    return "NumberChange", {"record": case.record["number"]}


def _move_out(case: Case) -> Made:
    """The whole household, to the other city of the network."""
    return "MoveOut", {
        "leaving_on": case.today.isoformat(),
        "records": [one["number"] for one in case.household()],
        "destination_municipality": people.SECOND_CITY,
        "destination_address": "埼玉県熊谷市見本町０番地",
    }


def special_move_in(case: Case, certificate: Kept) -> Made:
    """The persons are those of a certificate that came from another municipality."""
    number = certificate.facts["certificate"]
    told = read_payload(CERTIFICATE, certificate.facts["body"])
    assert isinstance(told, MoveOutCertificateInformation)
    return "SpecialMoveIn", {
        "moved_on": case.today.isoformat(),
        "home": case.another_home(),
        "certificate": number,
        "relationships": [one.relationship for one in told.movers],
        "confirmation": {"reference": f"Q-{number}", "confirmed": True},
        "card": f"SIM{number:07}",
    }


CHANGES: Final[Mapping[str, Callable[[Case], Made]]] = MappingProxyType(
    {
        MOVE_WITHIN: _move_within,
        MOVE_AND_RENAME: _move_and_rename,
        BIRTH: _birth,
        FROM_ABROAD: _from_abroad,
        NUMBER_CHANGE: _number_change,
        MOVE_OUT: _move_out,
    }
)
"""What a scenario may have entered."""


def basis_of(kept: Kept) -> Fields:
    """What the entry rests on: the notification that was taken in at the counter."""
    return {
        "kind": "notification",
        "reference": kept.facts["reference"],
        "on": kept.facts["on"].isoformat(),
        "notifier": "self",
        "proofs": ["driving licence"],
    }
