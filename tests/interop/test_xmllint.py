# SPDX-License-Identifier: Apache-2.0
"""xmllint, a validator that any implementer has, agrees with ours on every payload."""

import subprocess
from pathlib import Path

import pytest

from schemas.errors import XmlRefused
from schemas.payload import validate
from tests.schemas.samples import TYPES, sample, spoiled, xsd_path
from tests.tools import need


def passes(type_name: str, data: bytes) -> bool:
    try:
        validate(type_name, data)
    except XmlRefused:
        return False
    return True


def xmllint_says(type_name: str, files: list[Path]) -> dict[Path, bool]:
    """For each file whether it validates; no network, one process."""
    command = [need("xmllint"), "--noout", "--nonet", "--schema"]
    done = subprocess.run(
        [*command, str(xsd_path(type_name)), *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.splitlines()
    valid = {path: f"{path} validates" in lines for path in files}
    invalid = {path: f"{path} fails to validate" in lines for path in files}
    assert all(valid[path] is not invalid[path] for path in files), done.stderr[:500]
    return valid


@pytest.mark.parametrize("name", TYPES)
def test_xmllint_agrees_on_the_sample_and_on_every_change_to_it(
    name: str, tmp_path: Path
) -> None:
    payloads = [sample(name), *(changed.data for changed in spoiled(name))]
    files = []
    for number, data in enumerate(payloads):
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_bytes(data)
    said = xmllint_says(name, files)
    assert said[files[0]]
    for path, data in zip(files, payloads, strict=True):
        assert said[path] is passes(name, data), data.decode()
