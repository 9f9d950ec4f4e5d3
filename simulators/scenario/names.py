# SPDX-License-Identifier: Apache-2.0
"""The names in a scenario, held against what there is. Each raises `Fault`."""

import re

from pki.names import BadStationName, StationName
from protocols.refusals import REFUSALS
from schemas.flows import STEPS
from schemas.matching_list import REQUESTER_KINDS
from simulators.network import parties as people
from simulators.scenario.at_network import NETWORK
from simulators.scenario.built import SYSTEMS
from simulators.scenario.refused import Fault, Key, one_of
from simulators.scenario.registry import NOT_DELIVERED, REFUSED, Action, Params

NAME = "[a-z][a-z0-9_ ]{0,39}"
"""How a scenario may call a party or a step."""


def read_party(name: str, text: object) -> StationName:
    """A party: ``organisation/system``; a requester may be named by its kind."""
    key: Key = ("parties", name)
    if not isinstance(text, str):
        raise Fault(key, "is no text", 'write "ORGANISATION/SYSTEM"')
    if re.fullmatch(NAME, name) is None:
        raise Fault(key, "is no name for a party", "write small letters")
    organisation, _, role = text.partition("/")
    if organisation in REQUESTER_KINDS:
        organisation = people.requester_organisation(organisation)
    try:
        station = StationName(organisation, role)
    except BadStationName:
        mend = "write ORGANISATION/SYSTEM, such as 102024/municipal_cs"
        raise Fault(key, f"'{text}' is no station's name", mend) from None
    if role not in SYSTEMS or role == NETWORK:
        what = f"no simulator acts as '{role}' in a scenario"
        raise Fault(key, what, one_of(role, [*set(SYSTEMS) - {NETWORK}]))
    there = [str(party.name) for party in people.parties() if party.name.role == role]
    if str(station) not in there:
        what = f"'{text}' is not in the network"
        raise Fault(key, what, one_of(str(station), there))
    if name == NETWORK:
        raise Fault(key, "is the network itself", "call the party something else")
    return station


def check_flow(flow: str, role: str, params: Params, key: Key) -> None:
    """A flow step must exist, and be one in which the acting system takes part."""
    step = STEPS.get(flow)
    if step is None:
        raise Fault(key, f"'{flow}' is no flow step", one_of(flow, tuple(STEPS)))
    if role not in step.path:
        what = f"{role} takes no part in {flow}"
        raise Fault(key, what, f"its systems are {', '.join(dict.fromkeys(step.path))}")
    message = getattr(params, "message", step.message)
    if step.message is not None and message != step.message:
        raise Fault(key, f"'{message}' is not sent in {flow}", f"it is {step.message}")


def check_ending(expect: str, action: Action, key: Key) -> None:
    """An ending must be one of the action's, with a code where it needs one."""
    for coded in (REFUSED, NOT_DELIVERED):
        word, _, code = expect.rpartition(" ")
        if word != coded or coded not in action.endings:
            continue
        if code not in REFUSALS:
            what = f"'{code}' is no refusal's code"
            raise Fault(key, what, one_of(code, tuple(REFUSALS)))
        return
    plain = [one for one in action.endings if one not in (REFUSED, NOT_DELIVERED)]
    if expect in plain:
        return
    coded_endings = [f"{one} SK-…" for one in action.endings if one not in plain]
    what = f"'{expect}' is no way in which '{action.name}' ends"
    raise Fault(key, what, one_of(expect, (*plain, *coded_endings)))
