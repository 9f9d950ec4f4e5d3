# SPDX-License-Identifier: Apache-2.0
"""How far something is: a bar on a terminal, a few plain lines in a log."""

import io

from rich.console import Console

from gateway.progress import STEPS, shown


def told(terminal, steps):
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=80)
    with shown(console) as tell:
        for step in steps:
            tell(*step)
    return written.getvalue()


def test_a_log_gets_a_line_for_each_tenth_and_not_for_each_step():
    lines = told(False, ((n, 5_000, "sent") for n in range(5_001))).splitlines()
    assert len(lines) == STEPS + 1
    assert (lines[0], lines[-1]) == ("sent: 0 of 5,000", "sent: 5,000 of 5,000")


def test_other_words_are_a_line_of_their_own():
    lines = told(False, [(5, 10, "sent"), (5, 10, "sent"), (0, 2, "heard")])
    assert lines.splitlines() == ["sent: 5 of 10", "heard: 0 of 2"]


def test_nothing_to_do_is_done():
    assert told(False, [(0, 0, "sent")]) == "sent: 0 of 0\n"


def test_a_terminal_gets_a_bar():
    written = told(True, [(500, 1_000, "sent")])
    assert "sent" in written
    assert "500/1000" in written
    assert "━" in written
