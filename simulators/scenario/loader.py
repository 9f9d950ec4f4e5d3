# SPDX-License-Identifier: Apache-2.0
"""Reads a scenario file, or says on which line it cannot be used and how to mend it.

Everything is checked before anything is played: types and fields by `msgspec`, then
each name against what there is: flow steps, systems, parties of the network, actions,
looks, their fields, endings, and the names of earlier steps.
"""

import re
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec

from pki.names import StationName
from simulators.scenario.at_network import NETWORK
from simulators.scenario.built import SYSTEMS
from simulators.scenario.model import Check, Scenario, Step
from simulators.scenario.names import NAME, check_ending, check_flow, read_party
from simulators.scenario.refused import Fault, Key, ScenarioRefused, one_of, refusal
from simulators.scenario.registry import Params, System
from simulators.scenario.shape import converted, fields, split

PACKAGE = "simulators.scenarios"
LARGEST = 64 * 1024
"""Bytes of a scenario; a larger file is another file."""

Name = Annotated[str, msgspec.Meta(pattern=f"^{NAME}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
Tables = Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=200)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's own keys."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Za-z0-9-]{0,39}$")]
    title: Text
    title_ja: Text
    parties: Annotated[dict[str, Any], msgspec.Meta(min_length=1)]
    step: Tables
    afterwards: Tables


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of every step; the others are its action's."""

    by: str
    action: str
    expect: str
    flow: list[str] = []
    name: Name | None = msgspec.field(name="as", default=None)
    note: str = ""


class _After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of every check; the others are its look's."""

    party: str
    look: str
    note: str = ""


def shipped() -> tuple[Scenario, ...]:
    """The scenarios of the package, by id; raises `ScenarioRefused`."""
    folder = resources.files(PACKAGE)
    texts = {
        one.name: one.read_text("utf-8")
        for one in folder.iterdir()
        if one.name.endswith(".toml")
    }
    read = [parse(text, name) for name, text in sorted(texts.items())]
    return tuple(sorted(read, key=lambda one: _order(one.id)))


def load(path: Path) -> Scenario:
    """A scenario file of somebody's own; raises `ScenarioRefused`."""
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8")
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ScenarioRefused(name, 0, "", what, "give a file that is there") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ScenarioRefused(
            name, line, "", "is not UTF-8", "save the file as UTF-8"
        ) from None
    if len(data) > LARGEST:
        what = f"is longer than {LARGEST} bytes"
        raise ScenarioRefused(name, 0, "", what, "split it into several scenarios")
    return parse(text, name)


def parse(text: str, file: str) -> Scenario:
    """A scenario from the text of its file; raises `ScenarioRefused`."""
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_toml(error, text, file) from None
    try:
        return _Reading(text).scenario(raw)
    except Fault as fault:
        raise refusal(file, text, fault) from None


def _not_toml(error: Exception, text: str, file: str) -> ScenarioRefused:
    found = re.search(r"at line (\d+), column (\d+)", str(error))
    line = int(found[1]) if found else max(1, len(text.splitlines()))
    what = "is not TOML here" if found else "ends in the middle of something"
    if isinstance(error, RecursionError):
        line, what = 0, "is nested too deep"
    mend = "look at quotes, brackets and names used twice on this line or before it"
    return ScenarioRefused(file, line, "", what, mend)


def _order(scenario_id: str) -> tuple[Any, ...]:
    """F1-7 before F1-12."""
    parts = re.findall(r"\d+|\D+", scenario_id)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts)


# -- one file ------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """What is known so far of the scenario that is read."""

    text: str = field(repr=False)
    parties: dict[str, StationName] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def scenario(self, raw: dict[str, Any]) -> Scenario:
        file = converted(raw, _File, ())
        for name, station in file.parties.items():
            self.parties[name] = read_party(name, station)
        steps = tuple(self._step(place, raw) for place, raw in enumerate(file.step))
        checks = tuple(
            self._check(place, raw) for place, raw in enumerate(file.afterwards)
        )
        return Scenario(
            file.id, file.title, file.title_ja, self.parties, steps, checks, self.text
        )

    def _step(self, place: int, raw: dict[str, Any]) -> Step:
        key: Key = ("step", place)
        own, others = split(raw, _Step)
        head = converted(own, _Step, key)
        acting = self._system((*key, "by"), head.by)
        action = acting.actions.get(head.action)
        if action is None:
            what = f"{acting.role} has no action '{head.action}'"
            mend = one_of(head.action, tuple(acting.actions))
            raise Fault((*key, "action"), what, mend)
        params = self._params(key, others, action.params, _Step)
        check_ending(head.expect, action, (*key, "expect"))
        for number, flow in enumerate(head.flow):
            check_flow(flow, acting.role, params, (*key, "flow", number))
        if head.name is not None:
            self._new_name(head.name, (*key, "as"))
        return Step(
            tuple(head.flow),
            head.by,
            action,
            params,
            head.expect,
            head.name or "",
            head.note,
        )

    def _check(self, place: int, raw: dict[str, Any]) -> Check:
        key: Key = ("afterwards", place)
        own, others = split(raw, _After)
        head = converted(own, _After, key)
        shown = self._system((*key, "party"), head.party)
        look = shown.looks.get(head.look)
        if look is None:
            what = f"{shown.role} has nothing to look at called '{head.look}'"
            mend = one_of(head.look, tuple(shown.looks))
            raise Fault((*key, "look"), what, mend)
        params = self._params(key, others, look.params, _After)
        return Check(head.party, look, params, head.note)

    def _system(self, key: Key, party: str) -> System:
        if party == NETWORK:
            return SYSTEMS[NETWORK]
        if party not in self.parties:
            allowed = (*self.parties, NETWORK)
            raise Fault(key, f"no party is called '{party}'", one_of(party, allowed))
        return SYSTEMS[self.parties[party].role]

    def _params(
        self,
        key: Key,
        raw: dict[str, Any],
        kind: type[Params],
        head: type[msgspec.Struct],
    ) -> Params:
        params = cast(Params, converted(raw, kind, key, also=fields(head)))
        found = params.fault()
        if found is not None:
            name, what, mend = found
            raise Fault((*key, name), what, mend)
        for name in kind.names:
            self._named(getattr(params, name), self.names, (*key, name), "step")
        for name in kind.parties:
            parties = list(self.parties)
            self._named(getattr(params, name), parties, (*key, name), "party")
        return params

    def _named(self, value: str, known: list[str], key: Key, what: str) -> None:
        if value and value not in known:
            raise Fault(
                key, f"no {what} above is called '{value}'", one_of(value, known)
            )

    def _new_name(self, name: str, key: Key) -> None:
        if name in self.names:
            raise Fault(key, f"'{name}' is an earlier step", "give it another name")
        self.names.append(name)
