# SPDX-License-Identifier: Apache-2.0
"""Do requester, provider and core say the same about every processing number?

番号法第23条 has each of the three keep a record. Who, item, kinds and outcome must
agree; what one party does not say is not compared. While a message is still on its
way the parties differ lawfully: such a difference is *not final*. Refused everywhere
it was seen is agreement, even where a party never saw it; but an answer that a provider
made must be known to all three, refused or not. Pure: same accounts, same answer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.records.accounts import IN_PROGRESS, REFUSED, Account

PARTIES: Final = ("requester", "provider", "core")
ABSENT: Final = "no record"


@dataclass(frozen=True, slots=True)
class Difference:
    """One point on which the parties do not agree."""

    processing_number: str
    point: str
    """``requester``, ``provider``, ``item``, ``kinds``, ``outcome``, ``presence``,
    or ``twice`` where two stores of one party claim the transaction."""
    said: Mapping[str, str]
    """Party (or station) to what it says."""
    final: bool
    """False where a message that is still on its way may settle it."""


_Group = dict[str, Account]

_POINTS: Final[tuple[tuple[str, Callable[[Account], str]], ...]] = (
    ("requester", lambda account: account.requester),
    ("provider", lambda account: account.provider),
    ("item", lambda a: "" if a.item_no is None else str(a.item_no)),
    ("kinds", lambda account: " ".join(sorted(account.kinds))),
)


def reconcile(
    requesters: Iterable[Account],
    providers: Iterable[Account],
    core: Iterable[Account],
) -> list[Difference]:
    """Every difference, by processing number; empty where all agree."""
    groups: dict[str, _Group] = defaultdict(dict)
    found: list[Difference] = []
    for party, accounts in zip(PARTIES, (requesters, providers, core), strict=True):
        for account in accounts:
            group = groups[account.processing_number]
            found += _join(group, party, account)
    for number, group in groups.items():
        found += _compare(number, group)
    return sorted(found, key=lambda one: (one.processing_number, one.point))


def _join(group: _Group, party: str, account: Account) -> list[Difference]:
    """Take in an account; one that only refused gives way to one that did not."""
    known = group.get(party)
    if known is None or known.outcome == REFUSED:
        group[party] = account
        return []
    if account.outcome == REFUSED:
        return []
    said = {known.station: known.outcome, account.station: account.outcome}
    return [Difference(account.processing_number, "twice", said, True)]


def _compare(number: str, group: _Group) -> list[Difference]:
    outcomes = {account.outcome for account in group.values()}
    if outcomes == {REFUSED} and not _was_answered(group):
        return []
    found = []
    for point, tell in _POINTS:
        said = {party: tell(account) for party, account in group.items()}
        told = {party: text for party, text in said.items() if text}
        if len(set(told.values())) > 1:
            found.append(Difference(number, point, told, True))
    return found + _presence(number, group, outcomes) + _outcomes(number, group)


def _presence(number: str, group: _Group, outcomes: set[str]) -> list[Difference]:
    """All three must know it, unless it has not reached one of them yet."""
    missing = [party for party in PARTIES if party not in group]
    if not missing:
        return []
    said = {
        party: group[party].outcome if party in group else ABSENT for party in PARTIES
    }
    on_its_way = "requester" in group and outcomes <= {IN_PROGRESS, REFUSED}
    if REFUSED in outcomes and _was_answered(group):
        on_its_way = False
    if on_its_way and _refused_by_core(group):
        return []
    return [Difference(number, "presence", said, not on_its_way)]


def _was_answered(group: _Group) -> bool:
    return any(account.answered for account in group.values())


def _refused_by_core(group: _Group) -> bool:
    """The core refused the inquiry: then no provider hears of it."""
    return "core" in group and group["core"].outcome == REFUSED


def _outcomes(number: str, group: _Group) -> list[Difference]:
    said = {party: account.outcome for party, account in group.items()}
    ended = {outcome for outcome in said.values() if outcome != IN_PROGRESS}
    if len(set(said.values())) == 1:
        return []
    return [Difference(number, "outcome", said, len(ended) > 1)]
