# SPDX-License-Identifier: Apache-2.0
"""Is a row of the events as it was written? Its sealed parts, columns and evidence."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.records.base import Row, to_micros
from gateway.records.errors import StoreDamaged
from gateway.records.event import (
    SALT_SIZE,
    commitment,
    moment_id,
    read_canonical,
    search_columns,
)
from gateway.records.month_key import CONTENT, EVIDENCE
from gateway.records.month_keys import MonthKeys

_TAG: Final = 7
"""Where the person's tag stands among the search columns."""
_FURTHEST: Final = 2**57
"""Microseconds; beyond it there is no moment."""


def fault_of(row: Row, months: MonthKeys) -> str:
    """What is wrong with one row; empty where nothing is. Raises `MonthKeyFault`."""
    record_id, _, content, evidence, at = row[1:6]
    if not all(isinstance(one, bytes) for one in row[1:5]) or not _is_moment(at):
        return "a column is not of its type"
    key = months.key_of(at)
    try:
        plain = key.open(record_id, CONTENT, content)
        salt, canonical = plain[:SALT_SIZE], plain[SALT_SIZE:]
        if commitment(salt, canonical) != row[2]:
            return "its content does not match its commitment"
        event, digests = read_canonical(canonical)
        found = search_columns(event)
        columns = [c.encode() if isinstance(c, str) else c for c in found]
        if columns[_TAG] is not None and columns[_TAG] != row[5 + _TAG]:
            # A record from before there were keys of months says the store's tag.
            columns[_TAG] = bytes.fromhex(key.tag(event.person_tag))
        begins = moment_id(to_micros(event.at))
        if columns != list(row[5:]) or not record_id.startswith(begins):
            return "its search columns do not match its content"
        signed = (
            evidence_of(key.open(record_id, EVIDENCE, evidence)) if evidence else {}
        )
        if _digests(signed) != digests:
            return "its evidence does not match its content"
    except (StoreDamaged, ValueError):
        return "what it says cannot be opened or read"
    return ""


def _is_moment(at: object) -> bool:
    return isinstance(at, int) and -_FURTHEST < at < _FURTHEST


def _digests(evidence: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in evidence.items()}


def evidence_of(packed: bytes) -> dict[str, bytes]:
    try:
        return msgspec.msgpack.decode(packed, type=dict[str, bytes])
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        # No msgpack, a name that is no UTF-8, or no bytes at all.
        raise StoreDamaged("the evidence of an event") from None
