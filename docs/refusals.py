# SPDX-License-Identifier: Apache-2.0
"""Writes ``docs/refusals.md`` and ``docs/refusals.ja.md`` from the table of refusals.

    python docs/refusals.py [--check]

Nothing in the two documents is written by hand but the words here. With ``--check``
nothing is written and the exit status says whether they are as the table is.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.refusal_words import Language, lines, title
from protocols.refusals import REFUSALS, RefusalClass

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Page:
    """One document: its file, its head, and a heading for each class."""

    file: str
    head: str
    classes: Mapping[RefusalClass, str]


PAGES: Mapping[Language, Page] = {
    "en": Page(
        file="refusals.md",
        head="""\
# Refusals

日本語: [refusals.ja.md](refusals.ja.md).

Whatever a station does not take, or cannot send, stands in its record with one of
these codes. `sekisho explain CODE` prints the same as this page; `sekisho explain ID`
tells what happened to one message, with its code and every check before it. What goes
over the wire is in [protocol.md](protocol.md), section 8.

*The sender* is whoever sent what was refused. *The operator* is that of the station in
whose record the code stands. The rules are numbered as in `tests/rules.toml`; where
there are several, the first is the one that a peer is told.

This page is made from `protocols/refusals.toml` by `python docs/refusals.py`.
""",
        classes={
            RefusalClass.LINK: "Link: who is there",
            RefusalClass.UNREADABLE: "Unreadable: what cannot be opened or verified",
            RefusalClass.READABLE: "Readable: what breaks a rule",
            RefusalClass.LOCAL: "Local: why something was not sent, or given up",
        },
    ),
    "ja": Page(
        file="refusals.ja.md",
        head="""\
# 拒否コード

English: [refusals.md](refusals.md).

局が受け取らなかったもの、送れなかったものは、すべて次のいずれかの拒否コードとともに
記録に残ります。`sekisho explain 拒否コード` は、このページと同じ内容を表示します。
`sekisho explain ID` は、一つの電文について、そのコードと、そこまでに行ったすべての
確認を表示します。相手に送られる内容は [protocol.md](protocol.md) の第8節（英語）に
あります。

「送信側」は、拒否されたものを送った側です。「運用担当者」は、そのコードが記録にある
局の運用担当者です。規則の番号は `tests/rules.toml` と同じです。複数あるときは、
最初のものを相手に伝えます。

このページは `protocols/refusals.toml` から `python docs/refusals.py` で作られます。
""",
        classes={
            RefusalClass.LINK: "接続: 相手は誰か",
            RefusalClass.UNREADABLE: "判読不能: 開けない、検証できない、読み取れない",
            RefusalClass.READABLE: "判読可能: 規則に反している",
            RefusalClass.LOCAL: "内部: 送らなかった理由、あきらめた理由",
        },
    ),
}


def page(language: Language) -> str:
    """The whole document."""
    made = PAGES[language]
    parts = [made.head]
    for kind, heading in made.classes.items():
        parts.append(f"## {heading}\n")
        parts.extend(
            f"### {title(row, language)}\n\n" + "\n".join(lines(row, language)) + "\n"
            for row in REFUSALS.values()
            if row.kind is kind
        )
    return "\n".join(parts)


def main() -> int:
    old = {one: (HERE / PAGES[one].file) for one in PAGES}
    if "--check" in sys.argv[1:]:
        return int(
            any(
                not path.is_file() or path.read_text("utf-8") != page(one)
                for one, path in old.items()
            )
        )
    for one, path in old.items():
        path.write_text(page(one), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
