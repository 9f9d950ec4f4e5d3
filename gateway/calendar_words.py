# SPDX-License-Identifier: Apache-2.0
"""A calendar's next days in words, English or Japanese. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from gateway.rules.calendar import JST, Calendar, Why, Window

Language = Literal["en", "ja"]

_DAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ja": ("月", "火", "水", "木", "金", "土", "日"),
}
_CLOSED: Final = {"en": "closed", "ja": "閉局"}
_HOLIDAY: Final = {"en": "holiday", "ja": "休日"}
_MAINTENANCE: Final = {"en": "maintenance", "ja": "メンテナンス"}


class Day(NamedTuple):
    """One line."""

    day: str
    hours: str
    notes: str


def days(
    calendar: Calendar, at: datetime, count: int, language: Language
) -> Iterator[Day]:
    """Today and the days after it."""
    first = at.astimezone(JST).date()
    for offset in range(count):
        day = first + timedelta(days=offset)
        parts = calendar.parts(day)
        named = f"{day} {_DAYS[language][day.weekday()]}"
        yield Day(named, _hours(parts, language), _notes(calendar, day, language))


def standing(calendar: Calendar, at: datetime, language: Language) -> str:
    """What holds now, in one line."""
    window = calendar.window(at)
    until = f"{window.ends.astimezone(JST):%Y-%m-%d %H:%M}"
    if language == "ja":
        word = "開局中" if window.is_open else f"閉局中（{_why_ja(window.why)}）"
        return f"{word}。{until} まで（日本時間）"
    word = "open" if window.is_open else f"closed ({window.why.value})"
    return f"{word} until {until} JST"


def _hours(parts: list[Window], language: Language) -> str:
    joined: list[list[datetime]] = []
    for part in parts:
        if part.is_open and joined and joined[-1][1] == part.begins:
            joined[-1][1] = part.ends
        elif part.is_open:
            joined.append([part.begins, part.ends])
    begins = parts[0].begins
    said = [f"{_clock(a, begins)}-{_clock(b, begins)}" for a, b in joined]
    return " ".join(said) or _CLOSED[language]


def _clock(at: datetime, day: datetime) -> str:
    """The time of day; its end is 24:00."""
    minutes = int((at - day).total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _notes(calendar: Calendar, day: date, language: Language) -> str:
    notes = []
    if calendar.is_holiday(day):
        notes.append(calendar.holidays.get(day) or _HOLIDAY[language])
    for one in calendar.maintenance:
        begins, ends = one.begins.astimezone(JST), one.ends.astimezone(JST)
        if begins.date() <= day <= (ends - timedelta(microseconds=1)).date():
            said = f"{_MAINTENANCE[language]} {begins:%m-%d %H:%M}/{ends:%m-%d %H:%M}"
            notes.append(f"{said} {one.reason}".rstrip())
    return ", ".join(notes)


def _why_ja(why: Why) -> str:
    if why is Why.HOURS:
        return "運用時間外"
    return (_HOLIDAY if why is Why.HOLIDAY else _MAINTENANCE)["ja"]
