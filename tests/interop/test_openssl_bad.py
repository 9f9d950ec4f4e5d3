# SPDX-License-Identifier: Apache-2.0
"""Deliberately bad certificates, shown to ``openssl verify``.

The plan says what it answers, and why where it believes what we refuse or the other
way round: so each place where we are stricter is one that we chose.
"""

import re
import subprocess
from pathlib import Path

import pytest

from pki import bad
from pki.bad import Case
from pki.profiles import Purpose
from tests.pki.bads import CASES, folder, network
from tests.pki.network import NOON
from tests.tools import need

ERROR = re.compile(r"^error (\d+) at", re.MULTILINE)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All bad certificates, made once at NOON."""
    directory = tmp_path_factory.mktemp("bad") / "bad"
    bad.write(directory, NOON)
    return directory


def verify(out: Path, case: Case, purpose: str) -> int:
    """The first error's number; 0 if it believes, -1 if it cannot read."""
    layout, place = network(out), folder(out, case)
    words: list[object] = ["-x509_strict", "-auth_level", 2, "-purpose", purpose]
    words += ["-attime", int(NOON.timestamp()), "-crl_check"]
    words += ["-CAfile", layout.root_certificate]
    words += ["-untrusted", layout.issuing_certificate]
    for name, option in (("crl.pem", "-CRLfile"), ("between.crt", "-untrusted")):
        if (place / name).exists():
            words += [option, place / name]
    words.append(place / f"{case.change.purpose.value}.crt")
    done = subprocess.run(
        [need("openssl"), "verify", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode == 0:
        return 0
    told = ERROR.search(done.stdout + done.stderr)
    return -1 if told is None else int(told[1])


def answer(out: Path, case: Case) -> int:
    tls = case.change.purpose is Purpose.TLS
    asked = ("sslclient", "sslserver") if tls else ("any",)
    return next((said for each in asked if (said := verify(out, case, each))), 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_openssl_answers_as_the_plan_says(out: Path, case: Case) -> None:
    assert answer(out, case) == case.openssl, case.why


def test_every_difference_has_its_reason() -> None:
    differing = [c for c in CASES if (c.openssl == 0) != (c.verdict == bad.BELIEVED)]
    assert all(case.why for case in differing)
    assert 0 < len(differing) < len(CASES)
