# SPDX-License-Identifier: Apache-2.0
"""A small sound scenario, as the text that tests spoil."""

SOUND = """\
id = "T1"
title = "A change reaches the prefecture"
title_ja = "変更が都道府県に届く"

[parties]
register = "102024/existing_resident_system"
cs = "102024/municipal_cs"
prefecture = "100005/prefectural_server"

[[step]]
flow = ["F23-01-3"]
by = "register"
action = "report"
resident = { of = "102024", number = 3 }
as = "update"
expect = "accepted"

[[step]]
flow = ["F23-01-4"]
by = "cs"
action = "deliver"
of = "update"
message = "identity_information_update_notice"
expect = "delivered"

[[afterwards]]
party = "prefecture"
look = "record"
kind = "received"
of = "update"
"""


def line_with(text: str, words: str) -> int:
    """The number of the one line that holds ``words``."""
    found = [n for n, line in enumerate(text.splitlines(), 1) if words in line]
    assert len(found) == 1, found
    return found[0]
