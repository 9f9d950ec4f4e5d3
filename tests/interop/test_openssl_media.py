# SPDX-License-Identifier: Apache-2.0
"""openssl opens and verifies a medium of ours, file by file, without our code."""

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.services import media_content
from pki.profiles import Purpose
from schemas.messages import read_payload
from tests.docs.document import fenced, section
from tests.gateway.conftest import world
from tests.gateway.media import desk_of, take_in_people, written
from tests.gateway.world import CS, NATIONAL, NOON, PREFECTURE, World
from tests.interop.structures import MediaManifest
from tests.tools import need

__all__ = ["world"]

AT = int(NOON.timestamp())
RECEIVE = "cms -decrypt -binary -inform DER -in {} -out {} -recip {} -inkey {}"
VERIFY = (
    "cms -verify -binary -inform DER -in {} -out {} -CAfile {} -certfile {}"
    f" -purpose any -attime {AT}"
)


@pytest.fixture
def disc(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(media_content, "BATCH", 2)
    city = desk_of(world, CS, tmp_path / "city")
    take_in_people(city, 3)
    return written(city, tmp_path / "disc")[1]


def run(line: str, *paths: Path) -> "subprocess.CompletedProcess[bytes]":
    words = [need("openssl"), *line.split()]
    given = iter(paths)
    return subprocess.run(
        [str(next(given)) if word == "{}" else word for word in words],
        capture_output=True,
        check=False,
    )


def read_with_openssl(world: World, file: Path, folder: Path) -> bytes:
    """What a file holds, opened and verified by openssl."""
    layout, signed, out = world.layout, folder / "signed", folder / "content"
    certificate = layout.certificate(PREFECTURE, Purpose.SEALING)
    key = layout.key(PREFECTURE, Purpose.SEALING)
    done = run(RECEIVE, file, signed, certificate, key)
    assert done.returncode == 0, done.stderr
    signer = layout.certificate(CS, Purpose.SIGNING)
    done = run(VERIFY, signed, out, layout.chain, signer)
    assert done.returncode == 0, done.stderr
    return out.read_bytes()


def test_openssl_opens_every_file_of_a_medium_and_verifies_it(
    world: World, disc: Path, tmp_path: Path
) -> None:
    content = read_with_openssl(world, disc / "manifest.cms", tmp_path)
    manifest = MediaManifest.load(content, strict=True).native
    assert manifest["sender"] == "102024/municipal_cs"
    assert manifest["output_id"].hex() == disc.name
    people = 0
    for number, part in enumerate(manifest["parts"], 1):
        file = disc / f"{number:04}.cms"
        assert sha256(file.read_bytes()).digest() == part["digest"]
        payload = read_with_openssl(world, file, tmp_path)
        value = read_payload(part["message_type"], payload)
        people += len(getattr(value, "persons", ()))
    assert people == manifest["persons"] == 3


def test_openssl_opens_nothing_of_it_with_another_key(
    world: World, disc: Path, tmp_path: Path
) -> None:
    certificate = world.layout.certificate(NATIONAL, Purpose.SEALING)
    key = world.layout.key(NATIONAL, Purpose.SEALING)
    for file in sorted(disc.iterdir()):
        done = run(RECEIVE, file, tmp_path / "out", certificate, key)
        assert done.returncode != 0


def test_openssl_does_not_take_it_for_another_stations(
    world: World, disc: Path, tmp_path: Path
) -> None:
    read_with_openssl(world, disc / "0001.cms", tmp_path)
    signer = world.layout.certificate(NATIONAL, Purpose.SIGNING)
    out = tmp_path / "out"
    done = run(VERIFY, tmp_path / "signed", out, world.layout.chain, signer)
    assert done.returncode != 0


def test_the_lines_of_the_document_read_a_medium_as_they_stand(
    world: World, disc: Path
) -> None:
    """At the time of the machine: these certificates are of 2030, so it is moved."""
    need("openssl")
    (lines,) = fenced(section("11.5"), "sh")
    layout = world.layout
    for name, source in {
        "sealing.crt": layout.certificate(PREFECTURE, Purpose.SEALING),
        "sealing.key": layout.key(PREFECTURE, Purpose.SEALING),
        "chain.pem": layout.chain,
        "sender.crt": layout.certificate(CS, Purpose.SIGNING),
    }.items():
        (disc / name).write_bytes(source.read_bytes())
    moved = lines.replace("-purpose any", f"-purpose any -attime {AT}")
    done = subprocess.run(
        ["sh", "-eu", "-c", moved], cwd=disc, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    files = sorted(one.name for one in disc.glob("*.content"))
    assert files == [
        "0001.cms.content",
        "0002.cms.content",
        "0003.cms.content",
        "manifest.cms.content",
    ]
    first = (disc / "0001.cms.content").read_bytes()
    batch = read_payload("consistency_check_information", first)
    assert len(batch.persons) == 2  # type: ignore[union-attr]
