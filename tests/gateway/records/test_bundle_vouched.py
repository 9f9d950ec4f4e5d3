# SPDX-License-Identifier: Apache-2.0
"""A proof bundle with the witnesses' co-signatures and a time-stamp."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.records.bundle import STAMP_DATA, STAMP_TOKEN
from gateway.records.bundle_archive import SUMS, write_archive
from gateway.records.cli import records
from pki import timestamp_authority
from protocols.tlog.note import Kind, Verifier
from tests.gateway.records.helpers import OTHER_KEY
from tests.gateway.vouched import vouched
from tests.tools import need

BY = ("--operator", "監査 次郎")


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """Three records that are vouched for, then two more."""
    made = vouched(tmp_path_factory.mktemp("vouched"))
    made.record(2)
    return made


def run(*words, status=0):
    done = CliRunner().invoke(records, words)
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture(scope="module")
def bundle(station):
    file = station.folder / "bundle.zip"
    run("bundle", *BY, "--config", str(station.config), "--out", str(file))
    return file


@pytest.fixture(scope="module")
def rules(station):
    file = station.folder / "policy"
    run("policy", "--config", str(station.config), "--out", str(file))
    return str(file)


@pytest.fixture(scope="module")
def root(station):
    return str(station.timestamps.root)


def changed(bundle, **members):
    with zipfile.ZipFile(bundle) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    del found[SUMS]
    made = bundle.with_name("changed.zip")
    made.write_bytes(write_archive({**found, **members}))
    return str(made)


def test_the_quorum_and_the_authority_are_believed(bundle, rules, root):
    words = ("--bundle", str(bundle), "--policy", rules, "--tsa", root)
    told = run("verify", *words)
    assert "every entry from 0 to 4 of 5" in told
    assert "(time-stamp)" in told
    found = json.loads(run("verify", *words, "--json"))
    assert found["stamped"]


def test_a_time_stamp_that_nobody_checked_is_said(bundle, rules):
    told = run("verify", "--bundle", str(bundle), "--policy", rules)
    assert "it was not checked" in told


def test_the_policy_in_it_is_the_stations(bundle, rules):
    with zipfile.ZipFile(bundle) as archive:
        assert archive.read("policy").decode() == Path(rules).read_text()


def test_a_stamp_of_another_authority_is_not_believed(bundle, rules, station, tmp_path):
    timestamp_authority.build(tmp_path / "b", "B", station.now)
    other = timestamp_authority.TimeFiles(tmp_path / "b").root
    words = ("--bundle", str(bundle), "--policy", rules, "--tsa", str(other))
    assert "not believed" in run("verify", *words, status=1)


def test_a_stamp_over_something_else_is_named(bundle, rules, root):
    bad = changed(bundle, **{STAMP_DATA: b"something else"})
    words = ("--bundle", bad, "--policy", rules, "--tsa", root)
    assert "does not cover the checkpoint" in run("verify", *words, status=1)
    bad = changed(bundle, **{STAMP_TOKEN: b"no token"})
    words = ("--bundle", bad, "--policy", rules, "--tsa", root)
    assert "not believed" in run("verify", *words, status=1)


def test_where_there_is_no_stamp_none_is_shown(bundle, rules, root, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    for name in (SUMS, STAMP_DATA, STAMP_TOKEN):
        del found[name]
    manifest = json.loads(found["bundle.json"])
    text = found["bundle.json"].replace(b'"stamp": true', b'"stamp": false')
    assert manifest["stamp"]
    bad = tmp_path / "none.zip"
    bad.write_bytes(write_archive({**found, "bundle.json": text}))
    words = ("--bundle", str(bad), "--policy", rules)
    assert "time-stamp" not in run("verify", *words)
    assert "holds no time-stamp" in run("verify", *words, "--tsa", root, status=1)


def test_a_head_that_too_few_co_signed_does_not_do(bundle, rules, tmp_path):
    """The reader believes a third witness, who has not seen this log."""
    key = Verifier.of("sekisho.invalid/third/witness", Kind.WITNESS, OTHER_KEY)
    text = Path(rules).read_text()
    text = text.replace("group witnesses 2", "group witnesses 3 third")
    strict = tmp_path / "strict"
    strict.write_text(f"witness third {key.text}\n{text}")
    told = run("verify", "--bundle", str(bundle), "--policy", str(strict), status=1)
    assert "fewer" in told


def test_openssl_verifies_the_stamp(bundle, root, tmp_path):
    openssl = need("openssl")
    shutil.unpack_archive(bundle, tmp_path, "zip")
    words = ["ts", "-verify", "-data", STAMP_DATA, "-in", STAMP_TOKEN, "-token_in"]
    done = subprocess.run(
        [openssl, *words, "-CAfile", root],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
