# SPDX-License-Identifier: Apache-2.0
"""Marks in a captured text: what is known only when it is said again.

    ${s3.0}       the first id that step s3 was given in its answer
    ${day-12}     the day twelve days before the day of the replay
    ${now-3600}   the moment an hour before the replay's

A network's ids are made anew in each run, and dates count from the day of the run.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

ID: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
"""What a station gives in an answer to be asked for by."""
JST: Final = timezone(timedelta(hours=9))
_MARK: Final = re.compile(r"\$\{(?:(s\d+)\.(\d+)|(day|now)([+-]\d{1,9}))\}", re.ASCII)
_PLAIN_DOLLAR: Final = "${$}"


class MarkUnknown(Exception):
    """A mark speaks of an answer that did not come; the step before it went wrong."""


def escaped(text: str) -> str:
    """A text in which nothing is a mark."""
    return text.replace("${", _PLAIN_DOLLAR + "{")


def ids_in(answer: bytes) -> list[str]:
    """The ids of an answer, each once, in order."""
    return [one.decode() for one in dict.fromkeys(ID.findall(answer))]


def filled(text: str, ids: Mapping[str, Sequence[str]], now: datetime) -> str:
    """The text as it is said now; raises `MarkUnknown`."""

    def value(found: re.Match[str]) -> str:
        step, place, unit, by = found.groups()
        if unit == "day":
            return str(now.astimezone(JST).date() + timedelta(days=int(by)))
        if unit == "now":
            at = now + timedelta(seconds=int(by))
            return f"{at:%Y-%m-%dT%H:%M:%SZ}"
        given = ids.get(step, ())
        if int(place) >= len(given):
            raise MarkUnknown(f"{step} gave no id of number {place}")
        return given[int(place)]

    return _MARK.sub(value, text).replace(_PLAIN_DOLLAR, "$")
