# SPDX-License-Identifier: Apache-2.0
"""A report as text for a person, and as JSON for a program.

What goes out is printable: a control sign or a mark that turns text around, which a
stranger put into a name, is shown by its number.
"""

from collections.abc import Iterator
from typing import Any, Final

from gateway.inspection.report import Finding, Layer, Report, Verdict
from protocols.refusals import refusal

_MARKS: Final = {Verdict.OK: "✓", Verdict.REFUSED: "✗", Verdict.UNCHECKED: "–"}
_WIDTH: Final = 27
"""Columns of a fact's name."""


def text(report: Report) -> Iterator[str]:
    """Lines, the last one with the result."""
    yield plain(f"{report.file}: {report.kind}")
    for layer in report.layers:
        yield from map(plain, _layer(layer, ""))
    yield ""
    yield _result(report)


def _layer(layer: Layer, indent: str) -> Iterator[str]:
    yield f"{indent}{_MARKS[layer.verdict]} {layer.name}"
    inner = f"{indent}    "
    for finding in layer.findings:
        yield from _finding(finding, inner)
    for name, value in layer.facts:
        yield f"{inner}{name:{_WIDTH}} {value}"
    for line in layer.lines:
        yield f"{inner}| {line}"
    for other in layer.inside:
        yield from _layer(other, inner)


def _finding(finding: Finding, indent: str) -> Iterator[str]:
    yield f"{indent}{_MARKS[finding.verdict]} {finding.what} [{finding.rule}]"
    if finding.why:
        lead = "not checked: " if finding.verdict is Verdict.UNCHECKED else ""
        yield f"{indent}  {lead}{finding.why}"
    if finding.code:
        row = refusal(finding.code)
        yield f"{indent}  {row.code} {row.ja} / {row.en}"
        yield f"{indent}  what to do: {row.mend}"
        if row.wire != row.code:
            yield f"{indent}  the sender is told {row.wire}"


def _result(report: Report) -> str:
    if not report.readable:
        return "could not read it"
    count = report.count
    parts = [
        f"{count(Verdict.OK)} ok",
        f"{count(Verdict.REFUSED)} refused",
        f"{count(Verdict.UNCHECKED)} not checked",
    ]
    return ", ".join(parts)


def as_json(report: Report) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "file": plain(report.file),
        "kind": plain(report.kind),
        "readable": report.readable,
        "status": report.status,
        "layers": [_layer_json(layer) for layer in report.layers],
    }


def _layer_json(layer: Layer) -> dict[str, Any]:
    return {
        "layer": plain(layer.name),
        "verdict": layer.verdict.value,
        "findings": [_finding_json(finding) for finding in layer.findings],
        "facts": [[plain(name), plain(value)] for name, value in layer.facts],
        "lines": [plain(line) for line in layer.lines],
        "inside": [_layer_json(other) for other in layer.inside],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    row = refusal(finding.code) if finding.code else None
    return {
        "verdict": finding.verdict.value,
        "what": finding.what,
        "rule": finding.rule,
        "code": finding.code,
        "told": "" if row is None else row.wire,
        "text": "" if row is None else row.en,
        "what_to_do": "" if row is None else row.mend,
        "why": plain(finding.why),
    }


def plain(line: str) -> str:
    """The line with everything that is not printable by its number."""
    return "".join(
        sign if sign.isprintable() or sign == "\u3000" else f"\\u{{{ord(sign):x}}}"
        for sign in line
    )
