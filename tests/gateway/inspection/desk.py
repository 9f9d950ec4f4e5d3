# SPDX-License-Identifier: Apache-2.0
"""The desk at which tests inspect: the examples, the options, and what was said."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.inspection import known, tell
from gateway.inspection.known import Asked, Known
from gateway.inspection.look import look
from gateway.inspection.report import Finding, Layer, Report, Verdict
from tests.house import ROOT

EXAMPLES = ROOT / "docs" / "examples"
SAMPLES = ROOT / "schemas" / "samples"
NOW = datetime(2030, 1, 1, 12, 0, 1, tzinfo=UTC)
"""One second after the examples were made."""
NOTHING = Known(NOW)
"""Somebody who has only the file."""
RECEIVERS = {
    "inquiry": "core",
    "acceptance": "requester",
    "order": "provider",
    "provision": "requester",
    "refused": "core",
}
"""Every message of the examples, and for whom it is."""
FILES = tuple(
    sorted(
        path
        for path in EXAMPLES.rglob("*")
        if path.suffix in (".cms", ".der", ".xml", ".crt", ".key", ".pem", ".bin")
    )
)


def example(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


@cache
def at_the(who: str, at: datetime = NOW) -> Known:
    """All that a station of the examples knows: its key, trust and the master."""
    with TemporaryDirectory() as folder:
        key = Path(folder) / "sealing.key"
        shutil.copy(EXAMPLES / "keys" / f"{who}-sealing.key", key)
        key.chmod(0o600)
        return known.gather(
            Asked(
                at=at,
                key=key,
                sealing_cert=EXAMPLES / "keys" / f"{who}-sealing.crt",
                trust=EXAMPLES / "pki" / "chain.pem",
                crl=EXAMPLES / "pki" / "crl.pem",
                master=EXAMPLES / "master.cms",
            )
        )


def personal(of: Known) -> Known:
    return replace(of, personal=True)


def inspected(data: bytes, of: Known = NOTHING) -> Report:
    """What is said of a file with just these bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        path.chmod(0o600)
        return look(path, of)


def said(report: Report) -> str:
    """Everything that is put out, as text and as JSON."""
    return "\n".join(tell.text(report)) + str(tell.as_json(report))


def layers(report: Report) -> Iterator[Layer]:
    """Every layer, what is inside too."""
    waiting = list(reversed(report.layers))
    while waiting:
        layer = waiting.pop()
        yield layer
        waiting += reversed(layer.inside)


def layer(report: Report, name: str) -> Layer:
    """The first layer of that name."""
    return next(each for each in layers(report) if each.name == name)


def findings(report: Report, verdict: Verdict) -> list[Finding]:
    return [
        finding
        for each in report.layers
        for finding in each.every_finding()
        if finding.verdict is verdict
    ]


def codes(report: Report) -> list[str]:
    """The codes of what was refused, in order."""
    return [finding.code for finding in findings(report, Verdict.REFUSED)]


def facts(report: Report, name: str) -> dict[str, Any]:
    return dict(layer(report, name).facts)
