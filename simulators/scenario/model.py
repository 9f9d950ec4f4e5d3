# SPDX-License-Identifier: Apache-2.0
"""A scenario as it is once read: every name in it means something that exists."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pki.names import StationName
from simulators.scenario.registry import Action, Look, Need, Params


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a party does, and how it must end."""

    flow: tuple[str, ...]
    """The steps of the document's flows that this is."""
    by: str
    action: Action
    params: Params
    expect: str
    name: str
    """What later steps and checks call it; may be empty."""
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must be so when all steps are over."""

    party: str
    look: Look
    params: Params
    note: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, ready to be played."""

    id: str
    title: str
    title_ja: str
    parties: Mapping[str, StationName]
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    source: str = field(repr=False)

    @property
    def flow(self) -> tuple[str, ...]:
        """The flow steps that it covers, in their order."""
        return tuple(dict.fromkeys(one for step in self.steps for one in step.flow))

    @property
    def needs(self) -> frozenset[Need]:
        """What it does to a network; empty if a guest may play it."""
        return frozenset().union(*(step.action.needs for step in self.steps))

    @property
    def lines(self) -> tuple[StationName, ...]:
        """Before whom there must be a line that can be broken."""
        names = [
            getattr(step.params, field)
            for step in self.steps
            if Need.LINE in step.action.needs
            for field in step.params.parties
        ]
        return tuple(self.parties[name] for name in dict.fromkeys(names))
