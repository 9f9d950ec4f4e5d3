# SPDX-License-Identifier: Apache-2.0
"""A proof bundle: whole; what is changed in it is found, without any store."""

import hashlib
import io
import json
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from gateway.records import bundle as bundles
from gateway.records import bundle_cli
from gateway.records.bundle import MANIFEST, Piece, Vouched, make, read
from gateway.records.bundle_archive import SUMS, BadBundle, write_archive
from gateway.records.event import EventKind, commitment, prepare
from gateway.records.transaction import Transaction
from gateway.services.merger import Merger
from protocols.tlog import checkpoint
from protocols.tlog import proof as proofs
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.merkle import Frontier, leaf_hash
from tests.gateway.records.helpers import (
    LOG,
    NOON,
    OTHER_KEY,
    PROVIDER,
    REQUESTER,
    Turns,
    event,
    full_event,
    open_store,
)
from tests.gateway.records.test_records_cli import Network
from tests.tools import need

SECOND = timedelta(seconds=1)
KEY = LOG.verifier.text
BY = ("--operator", "監査 次郎")
COUNT = 7


def grow(network: Network) -> None:
    """What was recorded joins the log."""
    turns = Turns()
    store = open_store(network.place(PROVIDER) / "records.sqlite", turns)
    merger = Merger(store, LOG, lambda: NOON)
    turns.wait(Deferred.fromCoroutine(merger.look()))
    store.close()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A station with a few events, one of them refused, all in its log."""
    made = Network(tmp_path_factory.mktemp("bundle") / "network")
    for n in range(COUNT):
        one = full_event() if n == 3 else event(at=NOON + n * SECOND)
        made.write(PROVIDER, partial(Transaction.record, prepared=prepare(one)))
    grow(made)
    return made


Make = Callable[..., Path]
Check = Callable[..., Result]


@pytest.fixture
def bundled(network: Network, tmp_path: Path) -> Make:
    config = str(network.place(PROVIDER) / "station.toml")

    def run(*words: str, name: str = "one.zip", status: int = 0) -> Path:
        out = tmp_path / name
        network.alone(
            "bundle", *BY, "--out", str(out), "--config", config, *words, status=status
        )
        return out

    return run


@pytest.fixture
def checked(network: Network) -> Check:
    def run(file: Path, *words: str, key: str = KEY, status: int = 0) -> Result:
        believed = ("--key", key) if key else ()
        return network.alone(
            "verify", "--bundle", str(file), *believed, *words, status=status
        )

    return run


WHOLE = ("--since", "2030-01-01 21:00:00")


def changed(file: Path, **members: bytes | None) -> Path:
    """The same with other members (by the end of the name), and sums that fit."""
    with zipfile.ZipFile(file) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    del found[SUMS]
    for name, data in members.items():
        (whole,) = (one for one in found if one.endswith(name.replace("_", ".")))
        if data is None:
            del found[whole]
        else:
            found[whole] = data
    made = file.with_name("changed.zip")
    made.write_bytes(write_archive(found))
    return made


# --- a good one -----------------------------------------------------------------------


def test_a_range_is_proven_whole_with_nothing_but_the_key(
    bundled: Make, checked: Check
) -> None:
    file = bundled(*WHOLE)
    told = checked(file).output
    assert f"every entry from 0 to {COUNT - 1}" in told
    assert LOG.origin in told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = json.loads(checked(file, "--json").stdout)
    assert (found["events"], found["whole"], found["stamped"]) == (COUNT, True, None)


def test_a_selection_says_that_it_is_one(bundled: Make, checked: Check) -> None:
    told = checked(bundled("--code", "SK-C04")).output
    assert "1 selected entries from 3 to 3" in told
    assert "nothing is proven about what was not selected" in told


def test_the_same_events_make_the_same_bytes(bundled: Make, network: Network) -> None:
    """The record of the first bundle is behind the head, and so in neither."""
    first, second = bundled(*WHOLE), bundled(*WHOLE, name="two.zip")
    assert first.read_bytes() == second.read_bytes()


def test_each_proof_in_it_is_a_file_that_stands_alone(
    bundled: Make, network: Network, tmp_path: Path
) -> None:
    with zipfile.ZipFile(bundled(*WHOLE)) as archive:
        names = [name for name in archive.namelist() if name.startswith("proofs/")]
        one = tmp_path / "one.tlog-proof"
        one.write_bytes(archive.read(names[3]))
    assert len(names) == COUNT
    done = network.alone("verify", "--proof", str(one), "--key", KEY)
    assert "refused" in done.output


def test_what_peers_signed_is_in_it_where_that_is_asked(
    bundled: Make, checked: Check
) -> None:
    file = bundled("--code", "SK-C04", "--evidence")
    with zipfile.ZipFile(file) as archive:
        assert archive.read("evidence/000000000003/permit") == b"\x30\x00"
    checked(file)
    bad = changed(file, permit=b"another")
    assert "commits to" in checked(bad, status=1).output


def test_who_made_it_of_what_and_its_digest_are_on_record(
    bundled: Make, network: Network
) -> None:
    file = bundled("--peer", REQUESTER)
    config = str(network.place(PROVIDER) / "station.toml")
    done = network.alone(
        "search", "--kind", "operator", "--json", "--limit", "1", "--config", config
    )
    (act,) = json.loads(done.stdout)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert act["operator"] == BY[1]
    assert act["detail"] == (
        f"proof bundle of 1 events, entries 3 to 3: peer={REQUESTER}; sha256 {digest}"
    )


def test_a_policy_may_say_whom_to_believe(
    bundled: Make, checked: Check, tmp_path: Path
) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"log {KEY}\nquorum none\n")
    file = bundled(*WHOLE)
    checked(file, "--policy", str(policy), key="")
    assert "say whom to believe" in checked(file, key="", status=2).output


def test_tools_of_others_check_the_files(bundled: Make, tmp_path: Path) -> None:
    sums = need("sha256sum")
    shutil.unpack_archive(bundled(*WHOLE), tmp_path / "out", "zip")
    done = subprocess.run(
        [sums, "--strict", "-c", SUMS],
        cwd=tmp_path / "out",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


# --- a bad one ------------------------------------------------------------------------


def test_another_key_is_not_believed(bundled: Make, checked: Check) -> None:
    other = replace(LOG, key=OTHER_KEY).verifier.text
    checked(bundled(*WHOLE), key=other, status=1)


def test_a_flipped_byte_anywhere_is_found(bundled: Make) -> None:
    """In an event, a proof, a text, a sum, or the archive itself."""
    data = bundled("--code", "SK-C04").read_bytes()
    read(data)
    for place in range(0, len(data), 1):
        bad = bytearray(data)
        bad[place] ^= 1 << (place % 8)
        with pytest.raises(BadBundle):
            read(bytes(bad))


def test_a_file_that_was_cut_or_lengthened_is_found(bundled: Make) -> None:
    data = bundled("--code", "SK-C04").read_bytes()
    for bad in (data[:-1], data + b"\n", b"\n" + data, data[: len(data) // 2], b""):
        with pytest.raises(BadBundle):
            read(bad)


def test_a_missing_event_of_the_range_is_named(bundled: Make, checked: Check) -> None:
    file = bundled(*WHOLE)
    gone = {"000000000004_tlog-proof": None}
    manifest = _manifest(file, events=COUNT - 1)
    bad = changed(file, **{MANIFEST.replace(".", "_"): manifest}, **gone)
    told = checked(bad, status=1).output
    assert "entry 4 of the range is missing" in told


def test_a_count_that_does_not_fit_is_named(bundled: Make, checked: Check) -> None:
    file = bundled(*WHOLE)
    bad = changed(file, **{"000000000004_tlog-proof": None})
    assert "has 6" in checked(bad, status=1).output


def test_swapped_content_is_named(bundled: Make, checked: Check) -> None:
    file = bundled(*WHOLE)
    with zipfile.ZipFile(file) as archive:
        third = archive.read("proofs/000000000003.tlog-proof")
        first = archive.read("proofs/000000000001.tlog-proof")
    one, other = proofs.read(first), proofs.read(third)
    swapped = replace(one, extra=other.extra).encode()
    bad = changed(file, **{"000000000001_tlog-proof": swapped})
    told = checked(bad, status=1).output
    assert "000000000001.tlog-proof" in told
    bad = changed(file, **{"000000000001_tlog-proof": third})
    assert "another place" in checked(bad, status=1).output


def test_a_head_of_another_log_is_named(bundled: Make, checked: Check) -> None:
    file = bundled(*WHOLE)
    head = Checkpoint("sekisho.invalid/other", COUNT, bytes(32)).signed(OTHER_KEY)
    bad = changed(file, checkpoint=head.encode())
    assert "another log" in checked(bad, status=1).output


def test_a_member_that_no_bundle_has_is_named(bundled: Make, checked: Check) -> None:
    file = bundled("--code", "SK-C04")
    with zipfile.ZipFile(file) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    del found[SUMS]
    bad = file.with_name("more.zip")
    bad.write_bytes(write_archive({**found, "../../evil": b"x"}))
    assert "../../evil: no bundle has" in checked(bad, status=1).output


def test_a_compressed_archive_is_not_unpacked(bundled: Make, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", bytes(10_000_000))
    with pytest.raises(BadBundle, match="compressed"):
        read(out.getvalue())


@given(data=st.binary(max_size=300))
def test_whatever_else_it_is_it_is_no_bundle(data: bytes) -> None:
    with pytest.raises(BadBundle):
        read(data)


# --- what cannot be made --------------------------------------------------------------


def test_where_nothing_is_found_no_bundle_is_made(
    network: Network, tmp_path: Path
) -> None:
    config = str(network.place(PROVIDER) / "station.toml")
    words = ("bundle", *BY, "--out", str(tmp_path / "x"), "--config", config)
    assert "no such event" in network.alone(*words, "--item", "99", status=1).output
    assert not (tmp_path / "x").exists()


def test_what_has_not_joined_the_log_is_not_in_it(tmp_path: Path) -> None:
    made = Network(tmp_path / "network")
    made.record(PROVIDER, event())
    config = str(made.place(PROVIDER) / "station.toml")
    words = ("bundle", *BY, "--out", str(tmp_path / "x"), "--config", config)
    assert "no such event that has joined" in made.alone(*words, status=1).output


def test_a_bundle_is_bounded(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_cli, "MOST", 3)
    config = str(network.place(PROVIDER) / "station.toml")
    words = ("bundle", *BY, "--out", str(tmp_path / "x"), "--config", config)
    assert "make several bundles" in network.alone(*words, status=1).output


@given(first=st.integers(0, 20), count=st.integers(1, 20), more=st.integers(0, 20))
def test_any_range_of_any_log_is_proven_and_one_short_is_not(
    first: int, count: int, more: int
) -> None:
    size = first + count + more
    salts = [n.to_bytes(32) for n in range(size)]
    made = [prepare(event(EventKind.HELD, code=f"{n}")) for n in range(size)]
    entries = [
        commitment(salt, one.canonical) for salt, one in zip(salts, made, strict=True)
    ]
    pieces, vouched = _proven(
        entries, salts, [one.canonical for one in made], first, count
    )
    data = make(pieces, vouched, "all", whole=True, evidence=False)
    assert [one.proof.index for one in read(data).pieces] == [
        *range(first, first + count)
    ]
    if count > 2:
        short = [*pieces[:1], *pieces[2:]]
        bad = make(short, vouched, "all", whole=True, evidence=False)
        with pytest.raises(BadBundle, match=f"entry {first + 1} of the range"):
            read(bad)


def _proven(
    entries: list[bytes],
    salts: list[bytes],
    contents: list[bytes],
    first: int,
    count: int,
) -> tuple[list[Piece], Vouched]:
    from protocols.tlog import merkle

    tree, hashes = Frontier(), {}
    for entry in entries:
        for level, index, found in tree.add(leaf_hash(entry)):
            hashes[level, index] = found
    head = Checkpoint(LOG.origin, tree.size, tree.root())
    note = head.signed(LOG.key).encode()
    pieces = []
    for place in range(first, first + count):
        path = merkle.inclusion(place, tree.size, lambda *at: hashes[at])
        made = proofs.Proof(place, tuple(path), note, salts[place] + contents[place])
        found, digests = bundles.read_canonical(contents[place])
        pieces.append(Piece(made, found, digests))
    return pieces, Vouched(checkpoint.read(note)[0], note, b"log x\n")


def _manifest(file: Path, **changes: object) -> bytes:
    import msgspec

    with zipfile.ZipFile(file) as archive:
        found = msgspec.json.decode(archive.read(MANIFEST), type=bundles.Manifest)
    return bundles._encoded(msgspec.structs.replace(found, **changes))
