# SPDX-License-Identifier: Apache-2.0
"""Killed (-9) anywhere, a writing leaves nobody on a medium who is not on record."""

import subprocess
import sys

import pytest

from gateway import config as configs
from gateway.records.event import EventKind
from gateway.records.store import StoreReader
from gateway.services import media_folder
from gateway.services.media_desk import Desk
from gateway.services.media_output import write
from protocols import media
from tests.gateway.media import CLERK, WITNESS, Moment
from tests.gateway.test_media_cli import station
from tests.gateway.world import CS, NOON, PREFECTURE, STORE_KEY

PEOPLE = 9
LINES = (1, 2, 5)


@pytest.fixture(scope="module")
def city(world, tmp_path_factory):
    path = station(world, CS, tmp_path_factory.mktemp("killed") / "city", PEOPLE)
    text = path.read_text().replace("approval_above = 3", "approval_above = 1000")
    path.write_text(text)
    return path


def killed(city, disc, lines):
    """Have it write, and kill it behind so many lines; how many it finished."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.gateway.services.media_writer", city, disc],
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(lines)]
    writer.kill()
    told += writer.stdout.read().splitlines(keepends=True)
    writer.wait()
    writer.stdout.close()
    return told


def test_whoever_is_on_a_medium_is_on_record_whenever_it_is_killed(
    world, city, tmp_path
):
    disc, opener = tmp_path / "disc", world.keys(PREFECTURE).opener
    disc.mkdir()
    for lines in LINES:
        assert killed(city, disc, lines)
    with StoreReader.open(city.parent / "records.sqlite", STORE_KEY) as store:
        ledger = {one.output_id.hex(): one for one in store.media()}
        assert store.verify_events() == []
        for name, medium in ledger.items():
            tried = store.events(message_id=name, kind=EventKind.ATTEMPTED)
            target = disc / name
            if target.exists():
                assert medium.state == "written"
                data = (target / media.MANIFEST).read_bytes()
                found = media.open_manifest(data, opener, world.directory, NOON)
                assert found.manifest.persons == len(tried) == PEOPLE
            for left in media_folder.remains(target):
                parts = len(list(left.glob("0*.cms")))
                assert len(tried) >= min(PEOPLE, 2 * parts)
    assert {one.name for one in disc.glob("[!.]*")} <= set(ledger)


def test_what_was_cut_short_is_finished_or_begun_again(world, city, tmp_path):
    killed(city, tmp_path, 1)
    desk = Desk(configs.load(city), STORE_KEY, Moment())
    with desk.reader() as store:
        medium = store.media()[-1]
    target = tmp_path / medium.output_id.hex()
    if not target.exists():
        assert write(desk, medium.number, CLERK, WITNESS, tmp_path, None) == target
    assert list(media_folder.remains(target)) == []
    assert desk.medium(medium.number).state == "written"
