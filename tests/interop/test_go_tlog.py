# SPDX-License-Identifier: Apache-2.0
"""Go's note and tlog packages believe our logs, and none that was tampered with."""

import base64
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.internet.defer import Deferred

from gateway.records.cli import records
from gateway.services.merger import Merger
from protocols.tlog import merkle, note, policy
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import LogError
from protocols.tlog.note import Kind, Verifier
from protocols.tlog.proof import Proof
from protocols.tlog.proof import verify as verify_proof
from protocols.tlog.tiles import tiles_of, write_bundle
from tests.gateway.records.helpers import LOG as STATION_LOG
from tests.gateway.records.helpers import PROVIDER, Turns, open_store, recorded
from tests.gateway.records.test_records_cli import Network
from tests.gateway.vouched import PROVIDER as PROVIDER_NAME
from tests.gateway.vouched import WITNESSES, vouched
from tests.protocols.tlog.grown import Tree, entry, hashes_of
from tests.protocols.tlog.test_note import KEY, LOG, NOON, OTHER, WITNESS
from tests.tools import lacking, need

PACKAGES = Path("/usr/share/gocode")
"""Where Debian puts the sources of Go's packages."""
PROGRAM = Path(__file__).parent / "tlog" / "verify.go"
SIZE, OLDER = 700, 257
TREE = Tree(SIZE)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """The Go program, built from nothing but what the system has."""
    if not (PACKAGES / "src/golang.org/x/mod/sumdb").is_dir():
        lacking("golang-golang-x-mod-dev is not installed on this machine")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(PACKAGES),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    program = folder / "verify"
    subprocess.run(
        [need("go"), "build", "-o", str(program), str(PROGRAM)],
        check=True,
        env=environment,
        timeout=300,
    )

    def believed(*words):
        done = subprocess.run(
            [str(program), *map(str, words)], capture_output=True, timeout=60
        )
        return done.returncode == 0 and done.stdout == b"believed\n"

    return believed


def head(size, root=None, key=KEY, origin=LOG.name):
    found = Checkpoint(origin, size, root or merkle.root(size, TREE))
    signed = found.signed(key)
    return signed.signed(note.cosign(found.text, WITNESS.name, OTHER, NOON)).encode()


def proof_of(index, size=SIZE):
    path = tuple(merkle.inclusion(index, size, TREE))
    return Proof(index, path, head(size), b"not covered")


def flipped(data, at):
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


# -- one entry -----------------------------------------------------------------------


@pytest.fixture
def proves(judge, tmp_path):
    def believed(proof, content, *keys):
        (tmp_path / "one.tlog-proof").write_bytes(proof)
        (tmp_path / "entry").write_bytes(content)
        named = [one.text for one in keys or (LOG, WITNESS)]
        return judge("proof", *named, tmp_path / "one.tlog-proof", tmp_path / "entry")

    return believed


@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, SIZE - 1])
def test_an_entry_of_ours_is_proven(proves, index):
    assert proves(proof_of(index).encode(), entry(index))


def test_the_only_entry_of_a_log_is_proven(proves):
    assert proves(proof_of(0, 1).encode(), entry(0))


def test_a_flipped_bit_a_swap_and_a_lie_are_not(proves):
    good = proof_of(300)
    assert not proves(good.encode(), entry(301))
    assert not proves(replace(good, index=301).encode(), entry(300))
    path = (good.path[1], good.path[0], *good.path[2:])
    assert not proves(replace(good, path=path).encode(), entry(300))
    changed = replace(good, path=(flipped(good.path[0], 0), *good.path[1:]))
    assert not proves(changed.encode(), entry(300))


def test_a_head_that_is_anothers_or_is_changed_is_not(proves):
    good = proof_of(3)
    wrong = replace(good, checkpoint=head(SIZE, key=OTHER))
    assert not proves(wrong.encode(), entry(3))
    elsewhere = replace(good, checkpoint=head(SIZE, origin="another.example/log"))
    assert not proves(elsewhere.encode(), entry(3))


def test_a_false_co_signature_is_not(proves):
    signed = note.read(head(SIZE))
    line = signed.signatures[1]
    false = note.Signature(line.name, line.key_id, flipped(line.data, 20))
    spoiled = note.Note(signed.text, (signed.signatures[0], false))
    wrong = replace(proof_of(3), checkpoint=spoiled.encode())
    assert not proves(wrong.encode(), entry(3))


# -- what neither believes -------------------------------------------------------------


def cosigned(size, *keys, root=None, origin=LOG.name, at=NOON):
    """A head with a co-signature of each of those keys."""
    found = Checkpoint(origin, size, root or merkle.root(size, TREE))
    lines = [note.cosign(found.text, name, key, at) for name, key in keys]
    return found.signed(KEY).signed(*lines).encode()


THIRD = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
SECOND_WITNESS = Verifier.of("second.example/100005", Kind.WITNESS, THIRD)
BOTH = ((WITNESS.name, OTHER), (SECOND_WITNESS.name, THIRD))
POLICY = policy.read(
    f"log {LOG.text}\nwitness one {WITNESS.text}\nwitness two {SECOND_WITNESS.text}\n"
    "group both all one two\nquorum both\n".encode()
)
GOOD = replace(proof_of(300), checkpoint=cosigned(SIZE, *BOTH))


def moved_time(data):
    """The first witness's co-signature, a second later."""
    signed = note.read(data)
    log, first, second = signed.signatures
    later = (int.from_bytes(first.data[:8]) + 1).to_bytes(8)
    moved = note.Signature(first.name, first.key_id, later + first.data[8:])
    return note.Note(signed.text, (log, moved, second)).encode()


def flipped_line(data, place):
    """One bit of one signature."""
    signed = note.read(data)
    lines = list(signed.signatures)
    line = lines[place]
    lines[place] = note.Signature(line.name, line.key_id, flipped(line.data, 30))
    return note.Note(signed.text, tuple(lines)).encode()


OTHERS = Tree(SIZE, lambda number: b"other %d" % number)
VECTORS = {
    "a flipped bit of the entry": (GOOD, flipped(entry(300), 3)),
    "a flipped bit of the path": (
        replace(GOOD, path=(flipped(GOOD.path[0], 9), *GOOD.path[1:])),
        entry(300),
    ),
    "swapped leaves": (replace(GOOD, index=301), entry(300)),
    "a truncated tail": (
        replace(proof_of(SIZE - 1), checkpoint=cosigned(SIZE - 1, *BOTH)),
        entry(SIZE - 1),
    ),
    "a split view": (
        replace(
            GOOD,
            checkpoint=cosigned(SIZE, *BOTH, root=merkle.root(SIZE, OTHERS)),
        ),
        entry(300),
    ),
    "a wrong origin": (
        replace(GOOD, checkpoint=cosigned(SIZE, *BOTH, origin="another.example/log")),
        entry(300),
    ),
    "an old checkpoint": (
        replace(GOOD, checkpoint=cosigned(OLDER, *BOTH)),
        entry(300),
    ),
    "a co-signature too few": (
        replace(GOOD, checkpoint=cosigned(SIZE, BOTH[0])),
        entry(300),
    ),
    "a co-signature by another's key": (
        replace(
            GOOD,
            checkpoint=cosigned(SIZE, BOTH[0], (SECOND_WITNESS.name, OTHER)),
        ),
        entry(300),
    ),
    "a co-signature with a flipped bit": (
        replace(GOOD, checkpoint=flipped_line(GOOD.checkpoint, 1)),
        entry(300),
    ),
    "a co-signature of another time": (
        replace(GOOD, checkpoint=moved_time(GOOD.checkpoint)),
        entry(300),
    ),
    "a signature of the log with a flipped bit": (
        replace(GOOD, checkpoint=flipped_line(GOOD.checkpoint, 0)),
        entry(300),
    ),
}


def ours(made, content):
    """Whether we believe it, by the policy."""
    try:
        POLICY.verify(made.checkpoint)
        verify_proof(made, content, POLICY.keys)
    except LogError:
        return False
    return True


KEYS = LOG, WITNESS, SECOND_WITNESS


def test_what_both_witnesses_co_signed_is_believed_by_both(proves):
    assert proves(GOOD.encode(), entry(300), *KEYS)
    assert ours(GOOD, entry(300))


@pytest.mark.parametrize("name", VECTORS)
def test_a_negative_vector_is_refused_by_both(proves, name):
    made, content = VECTORS[name]
    assert not proves(made.encode(), content, *KEYS)
    assert not ours(made, content)


def test_a_stations_proof_holds_for_go_with_its_witnesses(proves, tmp_path):
    station = vouched(tmp_path / "station")
    newest = alone("list", "--limit", "1", "--json", config=station.config)
    told = json.loads(newest)[0]
    file = tmp_path / "one.tlog-proof"
    alone("prove", told["record_id"], "--out", str(file), config=station.config)
    keys = [station.key(PROVIDER_NAME).verifier]
    keys += [station.key(name).witness for name in WITNESSES]
    content = bytes.fromhex(told["commitment"])
    assert proves(file.read_bytes(), content, *keys)
    stranger = replace_key(keys[-1])
    assert not proves(file.read_bytes(), content, *keys[:-1], stranger)


def alone(*words, config):
    done = CliRunner().invoke(records, [*words, "--config", str(config)])
    assert done.exit_code == 0, done.output
    return done.output


def replace_key(key):
    """Somebody else's key under the same name."""
    return Verifier.of(key.name, key.kind, THIRD)


# -- a log that grew -----------------------------------------------------------------


@pytest.fixture
def grew(judge, tmp_path):
    def believed(old, new, path):
        (tmp_path / "old").write_bytes(old)
        (tmp_path / "new").write_bytes(new)
        lines = (base64.b64encode(one).decode() for one in path)
        (tmp_path / "path").write_text("\n".join(lines))
        files = tmp_path / "old", tmp_path / "new", tmp_path / "path"
        return judge("grown", LOG.text, *files)

    return believed


def only_log(data):
    signed = note.read(data)
    return note.Note(signed.text, signed.signatures[:1]).encode()


@pytest.mark.parametrize("old", [1, 2, 255, 256, OLDER, 512, SIZE - 1])
def test_a_log_that_grew_is_believed(grew, old):
    path = merkle.consistency(old, SIZE, TREE)
    assert grew(only_log(head(old)), only_log(head(SIZE)), path)


def test_a_log_that_was_forked_is_not(grew):
    path = merkle.consistency(OLDER, SIZE, TREE)
    forked = only_log(head(OLDER, root=bytes(32)))
    assert not grew(forked, only_log(head(SIZE)), path)
    assert not grew(only_log(head(OLDER)), only_log(head(SIZE)), path[:-1])


# -- a whole log ---------------------------------------------------------------------


@pytest.fixture
def published(tmp_path):
    """A log as files, of a size with partial tiles at two levels."""
    for tile in tiles_of(SIZE):
        _write(tmp_path / tile.path, hashes_of(tile, TREE))
        if tile.level == 0:
            first = tile.number * 256
            bundle = write_bundle(map(entry, range(first, first + tile.width)))
            _write(tmp_path / tile.bundle, bundle)
    (tmp_path / "checkpoint").write_bytes(only_log(head(SIZE)))
    return tmp_path


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_a_whole_log_is_believed_through_its_tiles(judge, published):
    assert judge("log", LOG.text, published)


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/entries/001"]
)
def test_a_flipped_bit_in_a_tile_or_an_entry_is_found(judge, published, path):
    file = published / path
    file.write_bytes(flipped(file.read_bytes(), 40))
    assert not judge("log", LOG.text, published)


def test_swapped_entries_and_a_cut_tail_are_found(judge, published):
    bundle = published / "tile/entries/002.p/188"
    numbers = [512, 514, 513, *range(515, SIZE)]
    bundle.write_bytes(write_bundle(map(entry, numbers)))
    assert not judge("log", LOG.text, published)
    bundle.write_bytes(write_bundle(map(entry, range(512, SIZE - 1))))
    assert not judge("log", LOG.text, published)


def test_an_older_head_over_the_same_entries_is_another_log(judge, published):
    """What was cut off shows: the tiles of the older size are not there."""
    (published / "checkpoint").write_bytes(only_log(head(SIZE - 1)))
    assert not judge("log", LOG.text, published)


# -- a station's log -----------------------------------------------------------------


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """A station with 600 records in its log; and the folder it was published into."""
    network = Network(tmp_path_factory.mktemp("station") / "network")
    turns = Turns()
    store = open_store(network.place(PROVIDER) / "records.sqlite", turns)
    recorded(store, turns, 600)
    merger = Merger(store, STATION_LOG, lambda: NOON)
    turns.wait(Deferred.fromCoroutine(merger.look()))
    store.close()
    return network


def test_the_log_that_a_station_publishes_is_believed(judge, station, tmp_path):
    config = str(station.place(PROVIDER) / "station.toml")
    station.alone("publish", "--config", config, str(tmp_path / "log"))
    assert judge("log", STATION_LOG.verifier.text, tmp_path / "log")


def test_the_proof_that_a_station_gives_is_believed(judge, station, tmp_path):
    newest = station.json("list", "--limit", "1")[0]
    out = tmp_path / "one.tlog-proof"
    station.run("prove", newest["record_id"], "--out", str(out))
    (tmp_path / "entry").write_bytes(bytes.fromhex(newest["commitment"]))
    assert judge("proof", STATION_LOG.verifier.text, out, tmp_path / "entry")
