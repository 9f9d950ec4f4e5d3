# SPDX-License-Identifier: Apache-2.0
"""A check: a small named object that passes a case on, or says why not.

A message type's pipeline is a tuple of checks. They run in the order in which they
stand, and the first refusal ends the way: a later check may rely on all before it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gateway.outcome import Case, Verdict

Step = Callable[[Case], Case | str]
"""Gives back the case, perhaps knowing more, or the inner code of a refusal."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule made executable."""

    rule: str
    """Rule id of the source document, or the RFC section."""
    name: str
    step: Step
    passed: Verdict = field(init=False, compare=False, repr=False)
    refused: Verdict = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for outcome, holds in (("passed", True), ("refused", False)):
            verdict = Verdict(self.rule, self.name, holds)
            object.__setattr__(self, outcome, verdict)


def that(rule: str, name: str, code: str, holds: Callable[[Case], bool]) -> Check:
    """A check that only asks: refused with ``code`` unless ``holds``."""

    def step(case: Case) -> Case | str:
        return case if holds(case) else code

    return Check(rule, name, step)


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a case came."""

    case: Case
    verdicts: tuple[Verdict, ...]
    code: str = ""
    """Empty where every check passed."""


def walk(case: Case, checks: Iterable[Check]) -> Walk:
    """Put ``case`` through ``checks`` in order, to the first refusal."""
    verdicts: list[Verdict] = []
    for check in checks:
        found = check.step(case)
        if isinstance(found, str):
            verdicts.append(check.refused)
            return Walk(case, tuple(verdicts), found)
        verdicts.append(check.passed)
        case = found
    return Walk(case, tuple(verdicts))
