# SPDX-License-Identifier: Apache-2.0
"""What the daemon says while it works: one line for each thing, and no values in it.

Standard `logging`, because every library speaks it; Twisted's own log is led into it.
One formatter writes JSON lines (for journald and collectors), one plain text (for a
terminal). Both keep the same law: of an exception that is not of this house only its
type is written and where it was raised, never its text and never a line of source,
because a library's text may hold the very bytes that it could not read. Our own errors
hold no personal data and say what to do, so theirs is written whole.

Under journald every line begins with its priority, which journald takes off.
"""

import logging
import os
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from traceback import walk_tb
from types import TracebackType
from typing import Any, Final, TextIO

import msgspec
from twisted.logger import LogEvent, LogLevel, globalLogBeginner
from twisted.python.failure import Failure

log = logging.getLogger(__name__)

OUR_ROOMS: Final = ("schemas.", "pki.", "protocols.", "gateway.")
"""Whose errors hold no personal data, by the modules that define them."""
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
MAX_TEXT: Final = 2000
"""Characters of one message; a longer one is cut, and ends with `…`."""
MAX_FRAMES: Final = 20
_PRIORITIES: Final = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_BREAKS: Final = re.compile(r"[\x7f-\x9f\u2028\u2029]")
"""What some readers take for the end of a line, and JSON need not escape."""


def start(level: str, form: str, stream: TextIO | None = None) -> None:
    """Lead everything that is logged to standard error, in one form, from now on."""
    out = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(form, out))
    root = logging.getLogger()
    for other in root.handlers[:]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(LEVELS[level])
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a broken pipe must not print what was logged
    sys.excepthook = _uncaught
    threading.excepthook = _in_thread
    sys.unraisablehook = _in_callback
    _lead_twisted_here()


def message_of(record: logging.LogRecord) -> str:
    """The text of a record, with every strange exception in it reduced to its type."""
    args = record.args
    if isinstance(args, Mapping):
        safe: Any = {key: _safe(value) for key, value in args.items()}
    else:
        safe = tuple(map(_safe, args or ()))
    text = str(_safe(record.msg))
    with suppress(TypeError, ValueError, KeyError):  # a fault of ours loses the values
        text = text % safe if safe else text
    text = _BREAKS.sub("?", text[: MAX_TEXT + 1])
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


class JsonLines(logging.Formatter):
    """One JSON object on one line."""

    def __init__(self, *, priorities: bool) -> None:
        super().__init__()
        self._priorities = priorities

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": _moment(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message_of(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            said["exception"] = _told(record.exc_info[1], record.exc_info[2])
        line = msgspec.json.encode(said).decode()
        return f"<{_priority(record.levelno)}>{line}" if self._priorities else line


class Text(logging.Formatter):
    """One line of text, and below it where an exception was raised."""

    def format(self, record: logging.LogRecord) -> str:
        when = _moment(record).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = _CONTROL.sub("?", message_of(record))
        line = f"{when} {record.levelname:7} {text}"
        if record.exc_info and record.exc_info[0] is not None:
            told = _told(record.exc_info[1], record.exc_info[2])
            places = "".join(f"\n    {place}" for place in told["raised"])
            line += f"\n  {told['type']}{places}"
        return line


def _formatter(form: str, out: TextIO) -> logging.Formatter:
    if form == "text" or (form == "auto" and out.isatty()):
        return Text()
    return JsonLines(priorities=_is_journal(out))


def _is_journal(out: TextIO) -> bool:
    """Whether ``out`` is journald's own stream (systemd.exec(5), JOURNAL_STREAM)."""
    with suppress(OSError, ValueError):
        found = os.fstat(out.fileno())
        named = os.environ.get("JOURNAL_STREAM")
        return named == f"{found.st_dev}:{found.st_ino}"
    return False


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _priority(level: int) -> int:
    return next((number for least, number in _PRIORITIES if level >= least), 7)


def _safe(value: object) -> object:
    if isinstance(value, Failure):
        return _safe(value.value)
    if not isinstance(value, BaseException):
        return value
    kind = type(value)
    if kind.__module__.startswith(OUR_ROOMS):
        return str(value)
    if isinstance(value, OSError) and value.errno is not None:
        return f"{kind.__name__} ({os.strerror(value.errno)})"
    return kind.__name__


def _told(
    error: BaseException | None, traceback: TracebackType | None
) -> dict[str, Any]:
    """An exception as a log has it: what it is, and the way to where it was raised."""
    frames = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(traceback)
    ]
    return {"type": type(error).__name__, "raised": frames[-MAX_FRAMES:]}


def _uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    log.critical(
        "the daemon ends by a fault of its own", exc_info=(kind, error, traceback)
    )


def _in_thread(told: threading.ExceptHookArgs) -> None:
    error = told.exc_value or told.exc_type()
    info = (told.exc_type, error, told.exc_traceback)
    log.critical("a thread ended by a fault of its own", exc_info=info)


def _in_callback(told: "sys.UnraisableHookArgs") -> None:
    error = told.exc_value or told.exc_type()
    info = (told.exc_type, error, told.exc_traceback)
    log.error("a callback failed", exc_info=info)


@cache
def _lead_twisted_here() -> None:
    """Once: Twisted tells of errors that nobody handled; they are errors here, too."""
    globalLogBeginner.beginLoggingTo(
        [_of_twisted],  # type: ignore[list-item]  # a plain function is an observer
        discardBuffer=True,
        redirectStandardIO=False,
    )


def _of_twisted(event: LogEvent) -> None:
    if event.get("log_level") not in (LogLevel.error, LogLevel.critical):
        return
    found = event.get("log_failure")
    error = found.value if isinstance(found, Failure) else None
    logging.getLogger("twisted").error("an error that nobody handled", exc_info=error)
