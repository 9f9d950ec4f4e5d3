# SPDX-License-Identifier: Apache-2.0
"""Which parts of this program need a patch, by the list that an operator laid in.

An advisory names a component and the version from which on it is good. A component
whose version is lower is *open*; so is one whose version nobody can compare, because
unknown is not good. One that is open for longer than its severity allows is *overdue*.
Pure: versions, list and day are arguments.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from packaging.version import InvalidVersion, Version


class Severity(StrEnum):
    """How bad it is."""

    CRITICAL = "critical"
    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Advisory:
    """A version that is needed."""

    id: str
    """Such as a CVE number."""
    package: str
    """The component, as `sekisho gateway patches show` names it."""
    below: str
    """Every lower version is to be patched."""
    severity: Severity
    since: date
    """The day from which its days count."""


@dataclass(frozen=True, slots=True)
class Open:
    """An advisory that this program does not meet."""

    advisory: Advisory
    version: str
    """What is in use."""
    due: date | None
    """The last day for it; None where its severity sets none."""

    def is_overdue(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.due is not None and today > self.due


def still_open(
    versions: Mapping[str, str],
    advisories: Iterable[Advisory],
    days: Mapping[Severity, int],
) -> list[Open]:
    """Those not met, the first due first; what is not in use here needs nothing."""
    found = [
        Open(one, versions[one.package], _due(one, days))
        for one in advisories
        if one.package in versions and not _is_met(versions[one.package], one.below)
    ]
    return sorted(found, key=lambda one: (one.due or date.max, one.advisory.id))


def _is_met(version: str, below: str) -> bool:
    try:
        return Version(version) >= Version(below)
    except InvalidVersion:
        return False


def _due(advisory: Advisory, days: Mapping[Severity, int]) -> date | None:
    allowed = days.get(advisory.severity)
    return None if allowed is None else advisory.since + timedelta(days=allowed)
