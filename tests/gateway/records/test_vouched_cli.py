# SPDX-License-Identifier: Apache-2.0
"""`sekisho records policy | stamps`, and proofs that witnesses have co-signed."""

import hashlib
import json

import pytest
from click.testing import CliRunner

from gateway.records.cli import records
from pki import timestamp_authority
from protocols.tlog import policy
from protocols.tlog.errors import NotSigned
from tests.gateway.vouched import CORE, PROVIDER, SECOND_PROVIDER, vouched
from tests.gateway.world import PORTS


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """Three records, each stage of whose vouching is done; then two more."""
    made = vouched(tmp_path_factory.mktemp("vouched"))
    made.record(2)
    return made


@pytest.fixture
def run(station):
    def command(*words, status=0):
        done = CliRunner().invoke(records, [*words, "--config", str(station.config)])
        assert done.exit_code == status, done.output
        return done.output

    return command


@pytest.fixture
def rules(run, tmp_path):
    """The policy, as a file."""
    file = tmp_path / "policy"
    run("policy", "--out", str(file))
    return file


def test_the_policy_names_log_witnesses_and_quorum(station, rules):
    found = policy.read(rules.read_bytes())
    assert list(found.logs) == [station.key(PROVIDER).verifier]
    assert {name: one.url for name, one in found.witnesses.items()} == {
        str(name): f"https://127.0.0.1:{PORTS[name]}/v1/witness"
        for name in (CORE, SECOND_PROVIDER)
    }
    assert (found.quorum, found.groups["witnesses"].wanted) == ("witnesses", 2)


def test_a_proof_holds_by_the_policy_without_store_and_network(run, rules, tmp_path):
    file = tmp_path / "one.tlog-proof"
    newest = json.loads(run("list", "--limit", "1", "--json"))[0]["record_id"]
    run("prove", newest, "--out", str(file))
    words = ["verify", "--proof", str(file), "--policy", str(rules)]
    done = CliRunner().invoke(records, words)
    assert (done.exit_code, "entry 4 of 5" in done.output) == (0, True)


def test_a_proof_that_fewer_have_co_signed_does_not(run, rules, station):
    head = station.key(PROVIDER).head(1, bytes(32))
    with pytest.raises(NotSigned):
        policy.read(rules.read_bytes()).verify(head)


def test_what_is_published_is_the_co_signed_head(run, rules, tmp_path):
    run("publish", str(tmp_path / "log"))
    head = (tmp_path / "log" / "checkpoint").read_bytes()
    assert policy.read(rules.read_bytes()).verify(head).size == 5


def test_the_stamps_are_told_and_laid_out_as_others_read_them(run, station, tmp_path):
    told = json.loads(run("stamps", "--json", "--out", str(tmp_path / "stamps")))
    assert [(one["number"], one["entries"], one["cosigned"]) for one in told] == [
        (1, 3, True),
        (2, 5, True),
    ]
    first, second = sorted((tmp_path / "stamps").glob("*.token"))
    covers = (tmp_path / "stamps" / "000002.data").read_bytes()
    assert covers.startswith(first.read_bytes())
    assert hashlib.sha256(covers).digest() in second.read_bytes()
    assert "co-signed" in run("stamps")


def test_a_whole_record_with_its_stamps_verifies(run):
    assert "0 damaged or missing" in run("verify")


def test_a_tampered_stamp_or_head_is_found(run, tmp_path):
    made = vouched(tmp_path)
    made.record(1)

    def verify(sql):
        made.write(lambda tx: tx._changes(sql))
        words = ["verify", "--config", str(made.config), "--json"]
        done = CliRunner().invoke(records, words)
        assert done.exit_code == 1, done.output
        return done.output

    assert "co-signed is of another size" in verify(
        "UPDATE log_cosigned SET size = size + 1"
    )
    assert "time-stamp 2" in verify(
        "UPDATE log_stamps SET token = (SELECT token FROM log_stamps WHERE number = 1)"
        " WHERE number = 2"
    )


def test_another_authoritys_root_believes_none_of_them(station, run, tmp_path):
    foreign = timestamp_authority.build(tmp_path / "b", "A", station.now)
    text = station.config.read_text("utf-8")
    own = str(station.timestamps.root)
    other = tmp_path / "station.toml"
    other.write_text(text.replace(own, str(foreign.root)), encoding="utf-8")
    done = CliRunner().invoke(records, ["verify", "--config", str(other)])
    assert done.exit_code == 1
    assert done.output.count("another authority's") == 2
