# SPDX-License-Identifier: Apache-2.0
"""`sekisho records verify | prove | key | publish`: what others can check.

A proof is one file: whoever has it and the log's key needs nothing else, no network.
What the record says stands in it too (`extra`: 32 bytes of salt, then the canonical
event), unless it is asked for without: then the entry is told beside it.
"""

from pathlib import Path

import click
from rich.table import Table

from gateway.log_key import verifier_of
from gateway.records import tell
from gateway.records.bundle_cli import verify_bundle
from gateway.records.erasure_check import check_erasures
from gateway.records.event import SALT_SIZE, commitment, read_canonical
from gateway.records.events import Damage
from gateway.records.jst import jst
from gateway.records.log import Head
from gateway.records.log_check import check_log
from gateway.records.proven import Cosigned
from gateway.records.shared_cli import (
    FILE,
    FOLDER,
    Opened,
    hexadecimal,
    opened_stores,
    show,
    told,
    where,
)
from gateway.records.stamp_chain import roots_of
from gateway.records.vouched_check import check_vouched
from gateway.services.clock import clock_of
from pki.keystore import replace
from protocols.tlog import merkle, policy, proof
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.note import Verifier
from protocols.tlog.proof import Proof
from protocols.tlog.tiles import tiles_of, write_bundle


@click.command()
@where
@click.option("--proof", "proof_file", type=FILE, help="A proof, without any store.")
@click.option("--key", "key_text", default="", help="The log's key, for --proof.")
@click.option("--policy", "policy_file", type=FILE, help="Whom to believe instead.")
@click.option("--entry", default="", help="Hex; for a proof that holds no content.")
@click.option("--bundle", "bundle_file", type=FILE, help="A proof bundle, as a proof.")
@click.option("--tsa", type=FILE, help="Roots that a bundle's time-stamp must lead to.")
def verify(
    files: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    proof_file: Path | None,
    key_text: str,
    policy_file: Path | None,
    entry: str,
    bundle_file: Path | None,
    tsa: Path | None,
) -> None:
    """Is every record as it was written, none gone, and the log its log?"""
    if bundle_file is not None:
        with told():
            verify_bundle(bundle_file, key_text, policy_file, tsa, as_json=as_json)
        return
    if proof_file is not None:
        with told():
            _verify_proof(proof_file, key_text, policy_file, entry, as_json)
        return
    with opened_stores(files, network) as opened:
        found = [(one.station, damage) for one in opened for damage in damages(one)]
        late = sum(one.store.last_event() - one.store.log_size() for one in opened)
        for one in () if as_json else opened:
            _tell_logs(one)
    table = Table("station", "record", "what", box=None, pad_edge=False)
    for station, damage in found:
        table.add_row(station, str(damage.seq), damage.what)
    as_data = [tell.damage_json(*one) for one in found]
    show(as_json, as_data, table if found else None)
    if not as_json:
        click.echo(f"{len(opened)} stores, {len(found)} damaged or missing")
    if late > 0 and not as_json:
        click.echo(f"{late} records have not joined their log yet")
    if found:
        raise SystemExit(1)


@click.command()
@where
def key(files: tuple[Path, ...], network: Path | None, as_json: bool) -> None:
    """The key by which others believe a station's log."""
    with opened_stores(files, network) as opened:
        keys = {one.station: _key_of(one).text for one in opened}
    if as_json:
        show(True, keys, None)
        return
    for text in keys.values():
        click.echo(text)


@click.command()
@where
@click.argument("record_id")
@click.option("--out", type=FILE, help="The file; otherwise it is printed.")
@click.option("--without-content", is_flag=True, help="Only that the record stands.")
def prove(
    files: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    record_id: str,
    out: Path | None,
    without_content: bool,
) -> None:
    """Prove one record to somebody who has the log's key."""
    with opened_stores(files, network) as opened:
        for one in opened:
            made = _proof_of(one, hexadecimal(record_id), not without_content)
            if made is not None:
                _give(*made, out, as_json)
                return
    raise click.ClickException(f"{record_id}: no such record; see 'records list'")


@click.command()
@click.option("--config", "file", type=FILE, required=True, help="The station's TOML.")
@click.argument("folder", type=FOLDER)
def publish(file: Path, folder: Path) -> None:
    """Lay a station's log into FOLDER as others' tools read it (C2SP tlog-tiles).

    Up to the newest head that its witnesses co-signed, where it has any.
    """
    with opened_stores((file,), None) as (one,):
        head = one.store.cosigned() or one.store.log_head()
        if head is None:
            raise click.ClickException("nothing has joined the log yet")
        for tile in tiles_of(head.size):
            _lay(folder / tile.path, one.store.log_tile(tile))
            if tile.level == 0:
                bundle = write_bundle(one.store.log_bundle(tile))
                _lay(folder / tile.bundle, bundle)
        _lay(folder / "checkpoint", head.note)
    click.echo(f"{head.size} entries in {folder}")


COMMANDS = (verify, key, prove, publish)


def _key_of(one: Opened) -> Verifier:
    """The key of the log that the record goes into now."""
    return verifier_of(one.config, one.store.log_generation())


def _tell_logs(one: Opened) -> None:
    """Which logs there are, where the station was restored."""
    restores = one.store.restores()
    following = [two.log for two in restores[1:]]
    if restores:
        following.append(_key_of(one).name)
    for restore, goes_on in zip(restores, following, strict=True):
        click.echo(
            f"{one.station}: restored at {restore.at:%Y-%m-%dT%H:%M:%SZ}; the log "
            f"{restore.log} ends at {restore.size}, {goes_on} goes on from there"
        )


def damages(one: Opened) -> list[Damage]:
    """Everything that is wrong with a record, its log, and what others signed of it."""
    store = one.store
    key, proof = _key_of(one), one.config.proof
    roots, now = roots_of(proof.authority_root), clock_of(one.config)()
    vouched = check_vouched(store, key, roots, proof.authority_policy, now)
    found = [*store.verify_events(), *store.check_finds(), *check_log(store, key)]
    return [*found, *check_erasures(store), *vouched]


def _proof_of(
    one: Opened, record_id: bytes, content: bool
) -> tuple[Proof, bytes] | None:
    """The proof and the entry that it proves; None where there is no such record."""
    found = one.store.content_of(record_id)
    if found is None:
        return _bare_proof(one, record_id)
    place, salt, canonical = found
    extra = salt + canonical if content else b""
    return _made(one, place, extra), commitment(salt, canonical)


def _bare_proof(one: Opened, record_id: bytes) -> tuple[Proof, bytes] | None:
    """Of a record that was erased: that its entry stood, and nothing that it said."""
    gone = one.store.erased_record(record_id)
    if gone is None:
        return None
    seq, erasure = gone
    click.echo(
        f"record {seq} was erased at {jst(erasure.event.at)} by record {erasure.seq}: "
        "nobody can read it any more, and its entry is proven\n"
        f"{erasure.event.detail}",
        err=True,
    )
    return _made(one, seq - 1, b""), one.store.entry_of(seq)


def _made(one: Opened, place: int, extra: bytes) -> Proof:
    head: Cosigned | Head | None = one.store.cosigned()
    if head is None or place >= head.size:
        head = one.store.log_head()
    if head is None or place >= head.size:
        raise click.ClickException(
            "this record has not joined the log yet; it does within a second where the "
            "station runs"
        )
    path = merkle.inclusion(place, head.size, one.store.log_hashes(head.size))
    return Proof(place, tuple(path), head.note, extra)


def _give(made: Proof, entry: bytes, out: Path | None, as_json: bool) -> None:
    text = made.encode().decode()
    if out is not None:
        replace(out, made.encode(), private=True)
    if as_json:
        told = {"index": made.index, "entry": entry.hex()}
        show(True, told if out else {**told, "proof": text}, None)
    elif out is not None:
        click.echo(f"{out}: entry {made.index}: {entry.hex()}")
    else:
        click.echo(text, nl=False)


def _verify_proof(
    file: Path, key_text: str, policy_file: Path | None, entry: str, as_json: bool
) -> None:
    made = proof.read(_bytes(file))
    salt, canonical = made.extra[:SALT_SIZE], made.extra[SALT_SIZE:]
    if not entry and not canonical:
        raise click.UsageError("the proof holds no content: tell the entry by --entry")
    content = hexadecimal(entry) or commitment(salt, canonical)
    head = _believed(made, content, key_text, policy_file)
    event, _ = (None, None) if entry else read_canonical(canonical)
    if as_json:
        data = {"origin": head.origin, "size": head.size, "index": made.index}
        show(True, data, None)
        return
    click.echo(f"entry {made.index} of {head.size} in the log of {head.origin}")
    if event is not None:
        click.echo(f"{event.kind.value} {event.at:%Y-%m-%dT%H:%M:%SZ} {event.peer}")
        click.echo(canonical.decode())


def _believed(
    made: Proof, entry: bytes, key_text: str, policy_file: Path | None
) -> Checkpoint:
    if bool(key_text) == (policy_file is not None):
        raise click.UsageError("say whom to believe: --key KEY or --policy FILE")
    if policy_file is None:
        return proof.verify(made, entry, [Verifier.read(key_text)])[0]
    rules = policy.read(_bytes(policy_file))
    rules.verify(made.checkpoint)
    return proof.verify(made, entry, rules.keys)[0]


def _lay(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    replace(file, data)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        said = f"{file}: cannot be read ({error.strerror})"
        raise click.ClickException(said) from None
