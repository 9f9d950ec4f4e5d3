# SPDX-License-Identifier: Apache-2.0
"""A disclosure as one page: Japanese first, made to be printed, without any script.

Every value is escaped, and the page may load nothing (Content-Security-Policy), so that
what a peer put into a record is text and stays text.
"""

from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Final

from gateway.records.disclosure import Disclosure, Matter
from gateway.records.disclosure_words import LEFT_OUT, OUTCOMES, peer_name
from gateway.records.jst import JST

_STYLE: Final = """\
body{font-family:"Noto Sans CJK JP","Noto Sans JP","Hiragino Sans",sans-serif;
line-height:1.5;max-width:52rem;margin:1.5rem auto;padding:0 1rem;color:#111}
h1{font-size:1.4rem}h2{font-size:1.1rem;border-bottom:1px solid #888;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{border:1px solid #999;padding:.25rem .5rem;text-align:left;vertical-align:top}
th{background:#eee;font-weight:normal;width:11rem}
.acts th{width:auto}.small{font-size:.8rem;color:#444}.en{color:#555;font-size:.8rem}
section{break-inside:avoid-page}thead{display:table-header-group}
tr{break-inside:avoid}
@page{size:A4;margin:15mm}
@media print{body{margin:0;max-width:none}}
"""
_HEAD: Final = """\
<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>情報提供等の記録の開示</title>
<style>
{style}</style>
</head>
<body>
"""
_APPLICANTS: Final = {"self": "本人", "representative": "代理人"}
_ROLES: Final = {
    "provider": "情報提供(この機関が求められた)",
    "requester": "情報照会(この機関が求めた)",
    "other": "その他の取扱い",
}


def page(found: Disclosure) -> str:
    """The whole document."""
    return "".join(_parts(found))


def _parts(found: Disclosure) -> Iterator[str]:
    yield _HEAD.format(style=_STYLE)
    yield "<h1>情報提供等の記録の開示 "
    yield '<span class="en">Disclosure of the record about one person</span></h1>\n'
    yield _table(
        ("記録を保有する局 / station", peer_name(found.station)),
        ("作成日時 / made", _moment(found.made_at)),
        ("対象期間 / period", _period(found)),
        ("請求者 / applicant", _APPLICANTS[found.applicant]),
        ("件数 / matters", f"{len(found.matters)} 件(記録 {found.events} 行)"),
    )
    if not found.matters:
        yield "<p>この期間に、あなたについての記録はありません。</p>\n"
    for number, matter in enumerate(found.matters, 1):
        yield from _matter(number, matter)
    yield '<h2>この文書に含まれないもの <span class="en">What is not here</span></h2>\n'
    yield "<ul>\n"
    yield from (f"<li>{escape(text)}</li>\n" for text in LEFT_OUT)
    yield "</ul>\n</body>\n</html>\n"


def _matter(number: int, matter: Matter) -> Iterator[str]:
    yield f"<section>\n<h2>{number}. {escape(_ROLES[matter.role])}</h2>\n"
    yield _table(*_facts(matter))
    yield "</section>\n"
    yield '<table class="acts"><thead><tr>'
    yield from (f"<th>{title}</th>" for title in ("日時", "できごと", "電文", "相手"))
    yield "</tr></thead>\n<tbody>\n"
    for act in matter.acts:
        why = f"<br>理由: {escape(act.why)} ({escape(act.code)})" if act.code else ""
        arrow = {"in": "受", "out": "送"}.get(act.direction, "")
        yield f"<tr><td>{_moment(act.at)}</td><td>{escape(act.what)}{why}</td>"
        yield f"<td>{arrow} {escape(act.type_name)}</td>"
        yield f"<td>{escape(act.peer_name)}"
        yield f'<br><span class="small">記録 {act.seq}</span></td></tr>\n'
    yield "</tbody></table>\n"


def _facts(matter: Matter) -> Iterator[tuple[str, str]]:
    yield "結果", OUTCOMES.get(matter.outcome, matter.outcome)
    if matter.role == "provider":
        yield "提供先(照会者)", peer_name(matter.other) if matter.other else "記録なし"
    elif matter.role == "requester":
        yield "照会先(提供者)", peer_name(matter.other) if matter.other else "記録なし"
    elif matter.other:
        yield "相手", peer_name(matter.other)
    if matter.item is not None:
        item = matter.item
        article = "" if item.article is None else f"(第{item.article}条)"
        yield "根拠", f"番号法第19条第8号、主務省令第2条の表 項{item.item_no}{article}"
        if item.affair:
            yield "事務", f"{item.requester}: {item.affair}"
    elif basis := next((act.legal_basis for act in matter.acts if act.legal_basis), ""):
        yield "根拠", basis
    if matter.kind_names:
        yield "情報の項目", "、".join(matter.kind_names)
    if matter.asked_at is not None:
        yield "求めの日時", _moment(matter.asked_at)
    if matter.provided_at is not None:
        yield "提供の日時", _moment(matter.provided_at)
    if matter.processing_number:
        yield "処理通番", matter.processing_number


def _table(*rows: tuple[str, str]) -> str:
    made = "".join(
        f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>\n" for a, b in rows
    )
    return f"<table>\n{made}</table>\n"


def _period(found: Disclosure) -> str:
    if found.since is None and found.until is None:
        return "保存されているすべて"
    begin = "最初" if found.since is None else _moment(found.since)
    end = "作成時" if found.until is None else f"{_moment(found.until)} より前"
    return f"{begin} から {end} まで"


def _moment(at: datetime) -> str:
    local = at.astimezone(JST)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}(日本時間)"
