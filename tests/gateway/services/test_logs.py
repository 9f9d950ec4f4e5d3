# SPDX-License-Identifier: Apache-2.0
"""A log line says what happened and where, and never what was in hand."""

import io
import json
import logging
import os
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import fail
from twisted.python.failure import Failure

from gateway.records.errors import Reason, StoreUnavailable
from gateway.services import logs
from gateway.services.logs import MAX_TEXT, JsonLines, Text

NUMBER = "123456789012"
NAME = "高崎　太郎"


@pytest.fixture
def heard():
    """What is logged from here on, in the form that the test starts."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield io.StringIO()
    logging.captureWarnings(False)
    root.handlers[:], root.level, logging.raiseExceptions = before
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def started(stream, form="json", level="info"):
    logs.start(level, form, stream)
    return logging.getLogger("gateway.test")


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fault():
    """An exception of a library, with a person in its text."""
    return int(f"{NUMBER} {NAME}")


# --- what a line is -------------------------------------------------------------------


def test_a_line_is_one_json_object_with_its_time_level_and_place(heard):
    started(heard).warning("%s: %d wait", "102024/municipal_cs", 3)
    (line,) = lines(heard)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "gateway.test",
        "message": "102024/municipal_cs: 3 wait",
    }


def test_a_line_feed_in_a_value_makes_no_second_line(heard):
    started(heard).error("from %s", 'x\n{"level":"info"}\u2028\x00')
    assert len(lines(heard)) == 1


def test_text_for_a_terminal_shows_no_control_character(heard):
    started(heard, "text").error("from %s", "x\n\x1b[2J\u2028y")
    (line,) = heard.getvalue().splitlines()
    assert line.endswith("ERROR   from x??[2J?y")


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_level_decides_what_is_said(heard, level, said):
    log = started(heard, level=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)("x")
    assert [line["level"] for line in lines(heard)] == said


def test_a_long_message_is_cut(heard):
    started(heard).info("%s", "x" * 10_000)
    assert len(lines(heard)[0]["message"]) == MAX_TEXT + 1


def test_a_message_that_does_not_fit_its_values_loses_the_values(heard):
    started(heard).info("%d of %s", NUMBER)
    assert lines(heard)[0]["message"] == "%d of %s"


@given(st.text(), st.lists(st.text() | st.integers() | st.binary()))
def test_whatever_is_logged_comes_out_as_one_line(text, values):
    record = logging.LogRecord("x", logging.INFO, "f", 1, text, tuple(values), None)
    assert "\n" not in JsonLines(priorities=False).format(record)
    assert "\n" not in Text().format(record)


# --- what a line never holds ----------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_librarys_error_is_told_by_type_and_place_only(heard, form):
    log = started(heard, form)
    try:
        fault()
    except ValueError:
        log.exception("a round failed")
    said = heard.getvalue()
    assert NUMBER not in said
    assert NAME not in said
    assert "int(" not in said, "no line of source"
    assert "ValueError" in said
    assert f"{__name__}:" in said
    assert " fault" in said


@pytest.mark.parametrize(
    "value", [ValueError(NUMBER), Failure(ValueError(NUMBER)), KeyError(NAME)]
)
def test_a_librarys_error_among_the_values_is_told_by_its_type(heard, value):
    started(heard).error("sending failed: %s", value)
    message = lines(heard)[0]["message"]
    assert message in ("sending failed: ValueError", "sending failed: KeyError")


def test_a_librarys_error_as_the_message_is_told_by_its_type(heard):
    started(heard).error(ValueError(NUMBER))
    assert lines(heard)[0]["message"] == "ValueError"


def test_an_operating_systems_error_is_told_without_the_file(heard):
    error = FileNotFoundError(2, "No such file", f"/tmp/{NUMBER}")
    started(heard).error("%s", error)
    assert lines(heard)[0]["message"] == "FileNotFoundError (No such file or directory)"


def test_our_own_error_says_what_to_do(heard):
    started(heard).error("holds wait: %s", StoreUnavailable(Reason.FULL))
    assert "make room" in lines(heard)[0]["message"]


def test_values_by_name_are_held_to_the_same(heard):
    started(heard).error("%(what)s", {"what": ValueError(NUMBER)})
    assert lines(heard)[0]["message"] == "ValueError"


# --- what ends up here ----------------------------------------------------------------


def test_an_error_that_nobody_handled_is_heard_without_its_text(heard):
    started(heard)
    failing = fail(ValueError(NUMBER))
    failing.addErrback(lambda failure: logs._of_twisted(of_twisted(failure)))
    (line,) = lines(heard)
    assert (line["logger"], line["level"]) == ("twisted", "error")
    assert line["exception"]["type"] == "ValueError"
    assert NUMBER not in heard.getvalue()


def of_twisted(failure):
    from twisted.logger import LogLevel

    return {"log_level": LogLevel.critical, "log_failure": failure}


def test_a_thread_that_dies_is_heard_without_its_text(heard):
    started(heard)
    thread = threading.Thread(target=fault)
    thread.start()
    thread.join()
    (line,) = lines(heard)
    assert line["level"] == "critical"
    assert line["exception"]["type"] == "ValueError"
    assert NUMBER not in heard.getvalue()


def test_the_end_of_the_process_is_heard_without_its_text(heard):
    started(heard)
    try:
        fault()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert lines(heard)[0]["exception"]["type"] == "ValueError"
    assert NUMBER not in heard.getvalue()


def test_a_callback_of_a_library_that_fails_is_heard_without_its_text(heard):
    started(heard)

    class Dying:
        def __del__(self):
            fault()

    Dying()
    assert lines(heard)[0]["exception"]["type"] == "ValueError"
    assert NUMBER not in heard.getvalue()


def test_a_stream_that_is_gone_raises_nothing(heard, capsys):
    log = started(heard)
    heard.close()
    log.error("x %s", NUMBER)
    assert capsys.readouterr() == ("", "")


# --- where it goes --------------------------------------------------------------------


def test_a_terminal_gets_text_and_everything_else_json(heard):
    heard.isatty = lambda: True
    started(heard, "auto").info("x")
    assert not heard.getvalue().startswith("{")


def test_under_journald_every_line_begins_with_its_priority(
    monkeypatch, tmp_path, heard
):
    with (tmp_path / "stream").open("w+") as stream:
        found = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        log = started(stream, level="debug")
        for name in ("debug", "info", "warning", "error", "critical"):
            getattr(log, name)("x")
        stream.seek(0)
        said = stream.read().splitlines()
    assert [line[:3] for line in said] == ["<7>", "<6>", "<4>", "<3>", "<3>"]
    assert json.loads(said[0][3:])["message"] == "x"


def test_another_stream_than_journalds_gets_none(monkeypatch, tmp_path, heard):
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    with (tmp_path / "stream").open("w+") as stream:
        started(stream).info("x")
        stream.seek(0)
        assert stream.read().startswith("{")
