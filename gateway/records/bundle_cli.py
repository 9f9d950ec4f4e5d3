# SPDX-License-Identifier: Apache-2.0
"""`sekisho records bundle`, and `verify --bundle`: proof for whoever has nothing else.

Where only a time is asked for, the bundle is a whole range of the log, in which a gap
would show; any other question makes a selection. The head is the best that covers all
of it: time-stamped, or co-signed, or the newest that the log has signed.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from gateway.log_key import verifier_of
from gateway.records.bundle import MOST, Bundle, Piece, Vouched, make, read
from gateway.records.bundle_archive import MAX_BYTES, BadBundle
from gateway.records.event import read_canonical
from gateway.records.export_cli import CONFIG, OPERATOR, OUT, note_act
from gateway.records.finds import Asked
from gateway.records.search_cli import asked_of, asked_person, asking, told_of
from gateway.records.shared_cli import Opened, opened_stores, show, told
from gateway.records.stamp_chain import roots_of
from gateway.records.store import StoreReader
from gateway.records.vouched_cli import policy_text
from gateway.records.written import new_file
from gateway.services.clock import clock_of
from gateway.station import load_directory
from pki import timestamp
from pki.timestamp import StampRefused, Wanted
from protocols.tlog import checkpoint, merkle, policy
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.note import Verifier
from protocols.tlog.proof import Proof
from protocols.tlog.tiles import TileHashes


@click.command()
@CONFIG
@asking
@click.option("--evidence", is_flag=True, help="Also what peers signed.")
@OPERATOR
@OUT
def bundle(
    path: Path, evidence: bool, operator: str, out: Path, **options: Any
) -> None:
    """Put events and all that proves them into one new file, for an auditor.

    Asked by time alone it is a whole range of the log; else a selection. It is checked
    with 'records verify --bundle', without any store. The act is on record.
    """
    person = asked_person(options)
    with opened_stores((path,), None) as (one,), told():
        asked = asked_of(options, one.store, person)
        whole = asked == Asked(since=asked.since, until=asked.until)
        ids = _ids(one.store, asked, whole=whole)
        vouched = _vouched(one, ids[-1][0])
        hashes = one.store.log_hashes(vouched.head.size)
        pieces = [
            _piece(one.store, record_id, vouched, hashes, evidence=evidence)
            for _, record_id in ids
        ]
        words = told_of(options)
        data = make(pieces, vouched, words, whole=whole, evidence=evidence)
        first, last = pieces[0].proof.index, pieces[-1].proof.index
        digest = hashlib.sha256(data).hexdigest()

        def record() -> None:
            said = f"proof bundle of {len(pieces)} events, entries {first} to {last}"
            note_act(one, operator, f"{said}: {words}; sha256 {digest}")

        with new_file(out, record) as file:
            file.write(data)
    click.echo(f"{out}: {len(pieces)} events, entries {first} to {last}")
    click.echo(f"sha256 {digest}")


def verify_bundle(
    file: Path,
    key_text: str,
    policy_file: Path | None,
    tsa: Path | None,
    *,
    as_json: bool,
) -> None:
    """Check a bundle against what the reader believes, and tell what it proves."""
    if bool(key_text) == (policy_file is not None):
        raise click.UsageError("say whom to believe: --key KEY or --policy FILE")
    found = read(_bytes(file))
    if policy_file is None:
        head, _ = checkpoint.verify(found.note, [Verifier.read(key_text)])
    else:
        head = policy.read(_bytes(policy_file)).verify(found.note)
    stamped = _stamped(found, tsa)
    of = found.manifest
    as_data = {
        "origin": head.origin,
        "size": head.size,
        "first": of.first,
        "last": of.last,
        "events": of.events,
        "whole": of.whole,
        "stamped": None if stamped is None else stamped.isoformat(),
    }
    show(as_json, as_data, None)
    if not as_json:
        _tell(found, head, stamped)


def _tell(found: Bundle, head: Checkpoint, stamped: datetime | None) -> None:
    of = found.manifest
    what = "every entry" if of.whole else f"{of.events} selected entries"
    click.echo(f"{what} from {of.first} to {of.last} of {head.size} in {head.origin}")
    first, last = found.pieces[0].event.at, found.pieces[-1].event.at
    click.echo(f"from {first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}")
    if not of.whole:
        click.echo("nothing is proven about what was not selected")
    if stamped is not None:
        click.echo(f"the head stood at {stamped:%Y-%m-%dT%H:%M:%SZ} (time-stamp)")
    elif of.stamp:
        click.echo("there is a time-stamp; it was not checked (--tsa ROOTS.pem)")


def _stamped(found: Bundle, tsa: Path | None) -> datetime | None:
    """When the head stood, as an authority says whom the reader believes."""
    if tsa is None:
        return None
    if not found.stamp_token:
        raise BadBundle("it holds no time-stamp: none covered all of it yet")
    wanted = Wanted(hashlib.sha256(found.stamp_data).digest(), roots_of(tsa))
    try:
        return timestamp.verify(found.stamp_token, wanted).at
    except StampRefused as error:
        raise BadBundle(f"its time-stamp is not believed: {error}") from None


def _ids(store: StoreReader, asked: Asked, *, whole: bool) -> list[tuple[int, bytes]]:
    """Number and id of each event that is to be in it."""
    end = store.log_size() + 1
    ids = [(s.seq, s.record_id) for s in store.find(asked, MOST + 1, before=end)]
    if not ids:
        raise click.ClickException(
            "there is no such event that has joined the log; a new one does within a "
            "second where the station runs"
        )
    if whole:  # a clock that was set back leaves none out
        first, last = ids[0][0], ids[-1][0]
        span = store.find(Asked(), MOST + 1, after=first - 1, before=last + 1)
        ids = [(stored.seq, stored.record_id) for stored in span]
    if len(ids) > MOST:
        said = f"more than {MOST} events: make several bundles, by --since and --until"
        raise click.ClickException(said)
    if whole and len(ids) != ids[-1][0] - ids[0][0] + 1:
        raise click.ClickException(
            "events of that range are gone; see 'sekisho records verify'"
        )
    return ids


def _vouched(one: Opened, last: int) -> Vouched:
    """The best head over the event of that number, with what others said of it."""
    store = one.store
    believed = _policy(one).encode()
    stamps = store.stamps()
    if stamps and stamps[-1].size >= last:
        stamp = stamps[-1]
        before = stamps[-2].token if len(stamps) > 1 else b""
        head = checkpoint.read(stamp.note)[0]
        return Vouched(head, stamp.note, believed, before, stamp.token)
    cosigned, newest = store.cosigned(), store.log_head()
    if cosigned is not None and cosigned.size >= last:
        note = cosigned.note
    elif newest is not None and newest.size >= last:
        note = newest.note
    else:
        raise click.ClickException("the log has no head over the last of these events")
    return Vouched(checkpoint.read(note)[0], note, believed)


def _policy(one: Opened) -> str:
    """Whom the station says to believe about its log."""
    if one.config.proof.names():
        now = clock_of(one.config)()
        return policy_text(one, load_directory(one.config, now), now)
    key = verifier_of(one.config, one.store.log_generation())
    return f"log {key.text}\nquorum {policy.NONE}\n"


def _piece(
    store: StoreReader,
    record_id: bytes,
    vouched: Vouched,
    hashes: TileHashes,
    *,
    evidence: bool,
) -> Piece:
    found = store.content_of(record_id)
    if found is None:
        raise click.ClickException("an event was erased meanwhile; try again")
    place, salt, canonical = found
    path = merkle.inclusion(place, vouched.head.size, hashes)
    event, digests = read_canonical(canonical)
    signed = store.event_evidence(record_id) if evidence else {}
    made = Proof(place, tuple(path), vouched.note, salt + canonical)
    return Piece(made, event, digests, signed)


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as data:
            return data.read(MAX_BYTES + 1)
    except OSError as error:
        said = f"{file}: cannot be read ({error.strerror})"
        raise click.ClickException(said) from None
