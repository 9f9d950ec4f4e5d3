# SPDX-License-Identifier: Apache-2.0
"""``docs/protocol.md`` says what the code does."""

import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from fractions import Fraction

import pytest

from gateway.rules.neighbour import ARRIVAL_CHECKS
from gateway.rules.pipelines import PIPELINES
from pki import der, oids
from pki.profiles import PROFILES, TEST_MARK
from protocols import limits
from protocols.refusals import REFUSALS, UNREADABLE_WIRE, RefusalClass
from schemas.catalogue import ROWS, Network
from schemas.flows import STEPS
from schemas.matching_list import ITEMS
from tests.docs.document import DOCS, EXAMPLES, fenced, section, tables, text
from tests.house import ROOT

CLASSES = {
    "8.1": RefusalClass.LINK,
    "8.2": RefusalClass.UNREADABLE,
    "8.3": RefusalClass.READABLE,
    "8.4": RefusalClass.LOCAL,
}


# -- the whole document ----------------------------------------------------------------


def test_every_table_is_as_the_generator_writes_it_from_the_code():
    """``python docs/tables.py`` mends it."""
    command = [sys.executable, str(DOCS / "tables.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_the_sections_that_other_files_cite_keep_their_numbers():
    found = re.findall(r"^## (\d+)\. (.+)$", text(), re.MULTILINE)
    assert [number for number, _ in found] == [str(n) for n in range(1, 16)]
    assert dict(found)["4"] == "Header"
    assert dict(found)["8"] == "Refusals"


def test_every_section_that_the_document_cites_is_there():
    cited = re.findall(r"(?:section |\(|by |of )(\d+(?:\.\d+)+)", text())
    assert cited
    for number in set(cited) - set(re.findall(r"RFC \d+, ([\d.]+)", text())):
        section(number)


def test_it_says_at_once_that_it_is_not_the_real_networks():
    assert "nothing here is theirs" in text().split("## 1.")[0]


def test_every_link_to_a_file_leads_to_one():
    for target in re.findall(r"\]\((\.\./[^)]+)\)", text()):
        assert (DOCS / target).exists(), target


# -- tables, read apart from the generator ---------------------------------------------


@pytest.mark.parametrize("number", CLASSES)
def test_the_refusals_of_a_class_stand_in_its_table_and_no_others(number):
    (rows,) = tables(section(number))
    expected = [row for row in REFUSALS.values() if row.kind is CLASSES[number]]
    assert [row[0] for row in rows] == [row.code for row in expected]
    for shown, row in zip(rows, expected, strict=True):
        assert {row.rule, "yes" if row.retry else "no", row.en, row.ja} <= set(shown)


def test_a_peer_is_told_one_code_for_whatever_is_unreadable():
    (unreadable,), (readable,) = tables(section("8.2")), tables(section("8.3"))
    assert {row[1] for row in unreadable} == {"SK-U00"}
    assert all(row[0] == row[1] for row in readable)


def test_the_reading_steps_name_every_unreadable_code():
    (rows,) = tables(section("6.1"))
    kind = RefusalClass.UNREADABLE
    unreadable = {row.code for row in REFUSALS.values() if row.kind is kind}
    assert {row[2] for row in rows} == unreadable - {UNREADABLE_WIRE}


def test_every_type_of_the_catalogue_has_its_row():
    (rows,) = tables(section("9.4"))
    assert [row[0] for row in rows] == list(ROWS)
    for shown in rows:
        row = ROWS[shown[0]]
        assert shown[1] == ways(row.outside)
        assert shown[2] == ways(row.inside)
        assert shown[5] == ("yes" if row.needs_permit else "no")
        assert shown[6] == (row.reply_type or row.answer.value)


def ways(found):
    return ", ".join(f"{by} → {to}" for by, to in sorted(found))


def test_every_step_of_the_document_has_its_row():
    (rows,) = tables(section("11.4"))
    assert [row[0] for row in rows] == list(STEPS)
    for name, act, message, systems in rows:
        step = STEPS[name]
        assert (act, message) == (step.act.value, step.message or "")
        assert systems == " → ".join(step.path)


def test_every_type_that_travels_is_told_of_in_section_10_or_11():
    told = section("10") + section("11")
    for row in ROWS.values():
        assert row.network is Network.INSIDE or row.name in told


def test_the_matching_list_can_be_read_back_from_its_two_tables():
    requesters, kinds = tables(section("9.5"))
    of_requester = {int(n): row[0] for row in requesters for n in row[2].split()}
    assert of_requester == {n: item.requester_kind for n, item in ITEMS.items()}
    for number, item in ITEMS.items():
        told = {row[0] for row in kinds if str(number) in row[3].split()}
        assert told == item.kinds


def test_our_object_identifiers_are_those_of_the_code():
    (rows,) = tables(section("1.1"))
    assert f"ARC is `{oids.ARC}`" in section("1.1")
    for name, shown in rows:
        code = getattr(oids, name.upper().replace("-", "_"))
        assert shown.replace("ARC", oids.ARC) == code


def test_the_bounds_are_those_of_the_code():
    (rows,) = tables(section("1.2"))
    for name, shown in rows:
        value = getattr(limits, name)
        if isinstance(value, timedelta):
            assert shown == f"{value.total_seconds():.0f} seconds"
        else:
            assert shown == str(value)


def test_the_certificates_are_those_of_the_profiles():
    (rows,) = tables(section("2.3"))
    assert [row[0] for row in rows] == [purpose.value for purpose in PROFILES]
    for shown, profile in zip(rows, PROFILES.values(), strict=True):
        usages = {one.replace("ARC", oids.ARC) for one in shown[3].split(" and ")}
        assert usages == profile.usages
        assert shown[1] == profile.key.value
        agrees = shown[2] == "keyAgreement"
        assert agrees == profile.agrees_on_keys
    assert f"say {TEST_MARK}" in section("2.3")


@pytest.mark.parametrize("kind", PIPELINES)
def test_the_checks_of_a_type_stand_in_the_order_in_which_they_are_made(kind):
    if kind == "provision_lapse":  # in words: those of a provision but the last two
        provision = [check.name for check in PIPELINES["information_provision"]]
        assert [check.name for check in PIPELINES[kind]] == provision[:-2]
        return
    if PIPELINES[kind] is ARRIVAL_CHECKS:  # all that a municipal CS keeps: one table
        kind = "move_in_notice"
    block = text().split(f"<!-- table: checks {kind} -->")[1].split("<!-- end -->")[0]
    (rows,) = tables(block)
    assert [row[1] for row in rows] == [check.name for check in PIPELINES[kind]]
    assert {c for row in rows for c in row[3].split(", ")} <= set(REFUSALS)


# -- structures ------------------------------------------------------------------------


def structures(source: str) -> dict[str, list[tuple[str, str]]]:
    """Fields and their tags of every SEQUENCE in an ASN.1 text."""
    plain = re.sub(r"--.*", "", source)
    found = re.findall(r"(\w+) ::= SEQUENCE \{(.*?)\n\}", plain, re.DOTALL)
    fields = r"^  ([a-z]\w*) +(\[\d\])?"
    return {name: re.findall(fields, body, re.MULTILINE) for name, body in found}


def test_the_structures_have_the_fields_of_the_asn1_module():
    module = structures((ROOT / "schemas/asn1/sekisho.asn1").read_text("utf-8"))
    shown = structures("\n".join(fenced(text(), "asn1")))
    assert shown == module


def test_the_shared_info_of_the_key_derivation_is_the_der_that_it_is_said_to_be():
    wrap = der.tlv(der.SEQUENCE, der.oid(oids.ID_AES256_WRAP))
    length = der.tlv(0xA2, der.tlv(der.OCTET_STRING, bytes.fromhex("00000100")))
    assert der.tlv(der.SEQUENCE, wrap, length).hex(" ") in section("5.3")


def test_the_http_example_says_the_length_of_the_example_envelope():
    length = (EXAMPLES / "inquiry-envelope.cms").stat().st_size
    assert f"Content-Length: {length}" in section("3")


# -- what the benchmarks measure themselves against ------------------------------------


def counted(rows: list[tuple[str, ...]]) -> Counter[tuple[str, str]]:
    """How often each operation stands in a table of steps, by what it is shared by."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for term in row[-1].split(", "):
            number, operation = term.split(" ", 1)
            times, _, shared = number.partition("/")
            operation = operation.replace("AES blocks", "AES block")
            found[operation, shared] += int(times)
    return found


def summed(rows: list[tuple[str, ...]]) -> Counter[tuple[str, str]]:
    """The same from a table of totals."""
    found: Counter[tuple[str, str]] = Counter()
    for operation, count in rows:
        for term in count.split(" + "):
            times, _, shared = term.partition("/")
            found[operation.removesuffix(" besides"), shared] += int(Fraction(times))
    return found


@pytest.mark.parametrize("number", ["14.1", "14.2"])
def test_the_totals_of_operations_are_the_sums_of_the_steps(number):
    steps, totals, *_ = tables(section(number))
    assert counted(steps) == summed(totals)
