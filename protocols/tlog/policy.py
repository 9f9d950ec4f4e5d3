# SPDX-License-Identifier: Apache-2.0
"""Whose logs are believed, and which witnesses must have seen them: C2SP tlog-policy.

    log <key> [url]
    witness <name> <key> [url]
    group <name> all|any|<number> <name>...
    quorum <name>|none

A name is used after it is defined, and as a member once. A checkpoint holds if one of
the logs signed it and the quorum's witnesses co-signed it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from protocols.tlog import checkpoint
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import LogError, Malformed, NotSigned
from protocols.tlog.note import Kind, Verifier

MAX_POLICY: Final = 256 * 1024
MAX_DEFINED: Final = 1024
"""Names that a policy may define."""
NONE: Final = "none"
_ALLOWED: Final = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A}


class BadPolicy(LogError):
    """A policy file has a line that means nothing; the text says which, and why.

    Nothing is believed by a policy that is read in part. Mend the line and try again.
    """


@dataclass(frozen=True, slots=True)
class Witness:
    """Who co-signs, and where it may be asked."""

    key: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of its members must have seen a checkpoint."""

    wanted: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, read whole."""

    logs: Mapping[Verifier, str]
    """Each log's key, and its address where it is told."""
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    def verify(self, data: bytes) -> Checkpoint:
        """A checkpoint that holds; raises `LogError` for one that does not."""
        return self.judge(data)[0]

    def judge(
        self, data: bytes
    ) -> tuple[Checkpoint, Mapping[Verifier, datetime | None]]:
        """The same, and who signed when."""
        found, signers = checkpoint.verify(data, self.keys)
        if not self.satisfied(signers):
            raise NotSigned("fewer witnesses have co-signed than the policy asks for")
        return found, signers

    @property
    def keys(self) -> list[Verifier]:
        """Every key that the policy names."""
        return [*self.logs, *(one.key for one in self.witnesses.values())]

    def satisfied(self, signers: Iterable[Verifier]) -> bool:
        """Whether those who signed are enough."""
        there = set(signers)
        saw = {name: one.key in there for name, one in self.witnesses.items()}
        for name, group in self.groups.items():  # each after its members
            saw[name] = sum(saw[one] for one in group.members) >= group.wanted
        return self.quorum == NONE or saw[self.quorum]


def read(data: bytes) -> Policy:
    """A policy file; raises `BadPolicy` with the number of the line."""
    if len(data) > MAX_POLICY:
        raise BadPolicy("the file is longer than a policy may be")
    if any(one not in _ALLOWED and one < 0x80 for one in data):
        raise BadPolicy("the file has control characters")
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    reader = _Reader()
    for at, line in enumerate(lines, 1):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            try:
                reader.take(words)
            except Malformed as error:
                raise BadPolicy(f"line {at}: {error}") from None
    return reader.whole()


@dataclass(slots=True)
class _Reader:
    logs: dict[Verifier, str] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    quorum: str = ""

    def take(self, words: list[str]) -> None:
        """One line that says something."""
        act = _LINES.get(words[0])
        if act is None:
            raise Malformed("a line begins with log, witness, group or quorum")
        act(self, words[1:])

    def whole(self) -> Policy:
        if not self.quorum:
            raise BadPolicy("the file names no quorum; 'quorum none' asks for none")
        return Policy(self.logs, self.witnesses, self.groups, self.quorum)

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise Malformed("a log has a key and perhaps an address")
        key = _key(words[0], Kind.LOG)
        if key.public in (one.public for one in self.logs):
            raise Malformed("that log is named twice")
        self.logs[key] = (*words, "")[1]

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise Malformed("a witness has a name, a key and perhaps an address")
        key = _key(words[1], Kind.WITNESS)
        if key.public in (one.key.public for one in self.witnesses.values()):
            raise Malformed("that witness is named twice")
        self.witnesses[self._fresh(words[0])] = Witness(key, (*words, "")[2])

    def _group(self, words: list[str]) -> None:
        name, wanted, *members = (*words, "", "")[: max(2, len(words))]
        if not members or len(set(members)) != len(members):
            raise Malformed("a group has members, each once")
        for member in members:
            self._defined(member)
            if member in self.used:
                raise Malformed("a name is a member of one group")
        count = {"all": len(members), "any": 1}.get(wanted) or _count(wanted)
        if not 1 <= count <= len(members):
            raise Malformed("a group wants one member at least, and all at most")
        self.groups[self._fresh(name)] = Group(count, tuple(members))
        self.used.update(members)

    def _quorum(self, words: list[str]) -> None:
        if self.quorum or len(words) != 1:
            raise Malformed("there is one quorum, and it is one name")
        if words[0] != NONE:
            self._defined(words[0])
        self.quorum = words[0]

    def _fresh(self, name: str) -> str:
        there = len(self.witnesses) + len(self.groups)
        if name in (*self.witnesses, *self.groups, NONE) or there >= MAX_DEFINED:
            raise Malformed("that name is taken, or there are too many")
        return name

    def _defined(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Malformed("a name is defined on a line before")


_LINES: Final[Mapping[str, Callable[[_Reader, list[str]], None]]] = {
    "log": _Reader._log,
    "witness": _Reader._witness,
    "group": _Reader._group,
    "quorum": _Reader._quorum,
}


def _key(text: str, kind: Kind) -> Verifier:
    key = Verifier.read(text)
    if key.kind is not kind:
        raise Malformed("the key is for something else")
    return key


def _count(text: str) -> int:
    return checkpoint.number(text)
