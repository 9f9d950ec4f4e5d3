# SPDX-License-Identifier: Apache-2.0
"""Every component is known by its loaded version; a bad list of them is refused."""

import sqlite3
from importlib.metadata import version

import pytest
from lxml import etree

from gateway.config_tables import Patches
from gateway.patches import (
    NONE,
    AdvisoriesRefused,
    open_ones,
    read,
    versions,
)

GOOD = """[[advisory]]
id = "CVE-2030-1"
package = "OpenSSL"
below = "99.0"
severity = "critical"
since = 2030-01-01
"""


@pytest.fixture
def laid(tmp_path):
    def lay(text):
        path = tmp_path / "advisories.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return lay


def test_the_parts_that_are_no_distributions_are_told():
    told = versions()
    assert told["sqlite"] == sqlite3.sqlite_version
    assert told["libxml2"] == ".".join(map(str, etree.LIBXML_VERSION))
    assert told["python"].startswith("3.")
    assert told["openssl"][0].isdigit()


@pytest.mark.parametrize("name", ["sekisho", "cryptography", "twisted", "lxml", "cffi"])
def test_each_library_in_use_is_told_also_those_of_libraries(name):
    assert versions()[name] == version(name)


def test_what_only_tests_use_is_not_told():
    assert "pytest" not in versions()
    assert "hypothesis" not in versions()


def test_a_list_is_read_with_its_digest_and_its_components_by_their_usual_names(laid):
    listed = read(laid(GOOD))
    assert listed.advisories[0].package == "openssl"
    assert len(listed.digest) == 32
    assert [one.advisory.id for one in open_ones(listed, Patches())] == ["CVE-2030-1"]


def test_another_byte_in_the_list_is_another_list(laid):
    one = read(laid(GOOD)).digest
    assert read(laid(GOOD + "\n")).digest != one


def test_an_empty_list_is_a_list(laid):
    listed = read(laid("advisory = []\n"))
    assert listed.advisories == ()
    assert listed.digest


def test_where_none_is_laid_in_nothing_is_held_against():
    assert read(None) == NONE
    assert open_ones(NONE, Patches()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[advisory]]",
        GOOD.replace("critical", "terrible"),
        GOOD.replace('"99.0"', '"new"'),
        GOOD.replace("2030-01-01", '"soon"'),
        GOOD.replace('"OpenSSL"', '""'),
        GOOD + 'more = "word"\n',
        GOOD + "[",
        b"\xff\xfe",
        b"#" * (1024 * 1024 + 1),
    ],
    ids=[
        "nothing",
        "an advisory without a word",
        "another severity",
        "no version",
        "no day",
        "no component",
        "another key",
        "no TOML",
        "no UTF-8",
        "too much",
    ],
)
def test_a_list_that_nobody_could_follow_is_refused_by_its_file(laid, text):
    path = laid(text)
    with pytest.raises(AdvisoriesRefused, match=r"advisories\.toml: "):
        read(path)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(AdvisoriesRefused, match="cannot be read"):
        read(tmp_path / "nowhere.toml")
