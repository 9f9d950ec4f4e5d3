# SPDX-License-Identifier: Apache-2.0
"""What was found, as values: findings in layers, the outermost layer first.

Three answers, because three are true: ok, refused, not checked. "Not checked" always
says what would be needed to know. A code is the one that a station would record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from protocols.refusals import refusal

Fact = tuple[str, str]
"""A name and a value, as a person reads them; never personal data unless asked."""

UNREAD = 2
"""Exit status where nothing could be said of the file."""


class Verdict(StrEnum):
    """What became of one question."""

    OK = "ok"
    REFUSED = "refused"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One question put to a layer."""

    verdict: Verdict
    what: str
    rule: str
    """Rule id of the source document, RFC section, or section of the protocol."""
    code: str = ""
    """What a station would record; empty where nothing is refused by a code."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a file, what is in it, and what is in it wrapped up."""

    name: str
    findings: tuple[Finding, ...] = ()
    facts: tuple[Fact, ...] = ()
    lines: tuple[str, ...] = ()
    """A listing or an explanation, shown as it stands."""
    inside: tuple["Layer", ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of its own findings; of those inside where it has none."""
        told = {each.verdict for each in self.findings or self.every_finding()}
        if Verdict.REFUSED in told:
            return Verdict.REFUSED
        return Verdict.UNCHECKED if Verdict.UNCHECKED in told else Verdict.OK

    def every_finding(self) -> Iterator[Finding]:
        """Its own, then those of what is inside."""
        yield from self.findings
        for layer in self.inside:
            yield from layer.every_finding()


@dataclass(frozen=True, slots=True)
class Report:
    """All that can be said of a file."""

    file: str
    kind: str
    """What it is, in words; why nothing can be said where it could not be read."""
    layers: tuple[Layer, ...] = ()
    readable: bool = True

    def count(self, verdict: Verdict) -> int:
        """How many questions were answered so."""
        found = (one for layer in self.layers for one in layer.every_finding())
        return sum(finding.verdict is verdict for finding in found)

    @property
    def status(self) -> int:
        """The exit status: 0 nothing refused, 1 something refused, 2 unreadable."""
        if not self.readable:
            return UNREAD
        return 1 if self.count(Verdict.REFUSED) else 0


def ok(what: str, rule: str) -> Finding:
    """A question answered yes."""
    return Finding(Verdict.OK, what, rule)


def refused(what: str, rule: str, code: str = "", why: str = "") -> Finding:
    """A question answered no; the rule of ``code`` is added to the place given."""
    row = refusal(code) if code else None
    rules = rule if row is None or row.rule in rule else f"{row.rule}, {rule}"
    return Finding(Verdict.REFUSED, what, rules, code, why)


def unchecked(what: str, rule: str, why: str) -> Finding:
    """A question that cannot be answered here, and what it would take."""
    return Finding(Verdict.UNCHECKED, what, rule, "", why)


def protocol(section: str) -> str:
    """A section of the protocol's document, as a rule."""
    return f"docs/protocol.md {section}"
