# SPDX-License-Identifier: Apache-2.0
"""`sekisho records prove | verify | key | publish`: what others can check."""

import pytest

from gateway.records.event import prepare
from gateway.records.log import Head
from protocols.tlog import note, proof
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.merkle import Frontier
from protocols.tlog.note import Kind, Verifier
from tests.gateway.records.helpers import LOG, NOON, OTHER_KEY, PROVIDER, full_event
from tests.gateway.records.test_records_cli import Network

WITNESS = Verifier.of("witness.example", Kind.WITNESS, OTHER_KEY)
DONE = [prepare(full_event()) for _ in range(3)]
ONE = DONE[1]


@pytest.fixture
def network(tmp_path):
    made = Network(tmp_path / "network")

    def work(tx):
        for one in DONE:
            tx.record(one)
        tree = tx.grow(Frontier())
        head = Checkpoint(LOG.origin, tree.size, tree.root())
        seen = note.cosign(head.text, WITNESS.name, OTHER_KEY, NOON)
        signed = head.signed(LOG.key).signed(seen)
        tx.put_head(Head(tree.size, NOON, signed.encode()))

    made.write(PROVIDER, work)
    return made


@pytest.fixture
def station(network):
    return str(network.place(PROVIDER) / "station.toml")


@pytest.fixture
def proven(network, tmp_path):
    """The proof of one record, as a file."""
    file = tmp_path / "one.tlog-proof"
    network.run("prove", ONE.record_id.hex(), "--out", str(file))
    return file


def test_a_proof_says_what_was_recorded_to_whoever_has_the_key(network, proven):
    done = network.run("verify", "--proof", str(proven), "--key", LOG.verifier.text)
    assert f"entry 1 of 3 in the log of {LOG.origin}" in done.output
    assert ONE.canonical.decode() in done.output


def test_a_proof_is_its_owners_alone(proven):
    assert proven.stat().st_mode & 0o777 == 0o600


def test_a_proof_without_content_proves_a_commitment_that_is_told_beside_it(
    network, tmp_path
):
    file = tmp_path / "bare.tlog-proof"
    words = ["prove", ONE.record_id.hex(), "--without-content", "--out", str(file)]
    assert network.run(*words).output.endswith(f": {ONE.commitment.hex()}\n")
    assert proof.read(file.read_bytes()).extra == b""
    known = ["verify", "--proof", str(file), "--key", LOG.verifier.text]
    network.run(*known, "--entry", ONE.commitment.hex())
    network.run(*known, "--entry", DONE[0].commitment.hex(), status=1)
    assert "--entry" in network.run(*known, status=2).output


def test_content_that_was_changed_is_not_proven(network, proven):
    made = proof.read(proven.read_bytes())
    other = made.extra[:32] + DONE[0].canonical.replace(b"refused", b"receipted")
    changed = proof.Proof(made.index, made.path, made.checkpoint, other)
    proven.write_bytes(changed.encode())
    words = ["verify", "--proof", str(proven), "--key", LOG.verifier.text]
    assert "does not lead" in network.run(*words, status=1).output


def test_another_logs_key_does_not_believe_it(network, proven):
    other = Verifier.of(LOG.origin, Kind.LOG, OTHER_KEY)
    words = ["verify", "--proof", str(proven), "--key", other.text]
    assert "has signed" in network.run(*words, status=1).output


@pytest.mark.parametrize(("quorum", "status"), [("none", 0), ("W", 0), ("X", 1)])
def test_a_policy_says_who_must_have_seen_it(network, proven, tmp_path, quorum, status):
    stranger = Verifier.of("stranger.example", Kind.WITNESS, LOG.key)
    rules = tmp_path / "policy"
    rules.write_text(
        f"log {LOG.verifier.text}\nwitness W {WITNESS.text}\n"
        f"witness X {stranger.text}\nquorum {quorum}\n"
    )
    words = ["verify", "--proof", str(proven), "--policy", str(rules)]
    network.run(*words, status=status)


def test_it_is_said_whom_to_believe(network, proven):
    assert "--policy" in network.run("verify", "--proof", str(proven), status=2).output


def test_a_record_that_has_not_joined_yet_is_not_proven(network):
    late = prepare(full_event())
    network.write(PROVIDER, lambda tx: tx.record(late))
    done = network.run("prove", late.record_id.hex(), status=1)
    assert "within a second" in done.output


def test_a_record_that_is_not_there_is_not_proven(network):
    assert "no such record" in network.run("prove", "00" * 16, status=1).output


def test_the_key_is_told_as_other_tools_write_it(network):
    assert network.json("key")[PROVIDER] == LOG.verifier.text


def test_verify_finds_a_log_that_is_not_the_records(network):
    assert network.json("verify") == []
    other = LOG.head(3, bytes(32))
    network.write(PROVIDER, lambda tx: tx.put_head(Head(3, NOON, other)))
    (found,) = network.json("verify", status=1)
    assert "another tree" in found["what"]


def test_verify_tells_of_records_that_no_proof_covers_yet(network):
    assert "joined" not in network.run("verify").output
    network.write(PROVIDER, lambda tx: tx.record(prepare(full_event())))
    assert "1 records have not joined their log yet" in network.run("verify").output


def test_nothing_is_published_of_an_empty_log(network, tmp_path):
    place = network.place("000001/information_provision_network_system")
    words = ["publish", "--config", str(place / "station.toml"), str(tmp_path / "log")]
    assert "nothing has joined" in network.alone(*words, status=1).output
    assert not (tmp_path / "log").exists()
