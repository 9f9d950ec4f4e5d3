# SPDX-License-Identifier: Apache-2.0
"""Whatever lies in a file: a clear verdict, in bounds, and never a traceback."""

import base64
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.inspection import carrier, tell
from gateway.inspection.keys import SECRET_SIZE
from gateway.inspection.look import look
from pki import der, oids
from pki.der import tlv
from tests.gateway.inspection.desk import (
    FILES,
    NOTHING,
    RECEIVERS,
    at_the,
    codes,
    example,
    inspected,
    said,
)
from tests.pki.drafts import pem
from tests.pki.mangle import cuts, flips, spliced

HUGE = 100 * 1024 * 1024
LARGE = carrier.MAX_FILE - 64
SIGNED = der.oid(oids.ID_SIGNED_DATA)
SEALED = der.oid(oids.ID_CT_AUTH_ENVELOPED_DATA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_example_is_read(path: Path) -> None:
    report = inspected(path.read_bytes())
    if path.name != "inquiry-salt.bin":
        assert report.readable
    assert report.status in (0, 1)
    assert report.layers[0].name == "carrier"


@pytest.mark.parametrize("name", ["permit.cms", "order-envelope.cms", "route.der"])
def test_pem_and_base64_hold_the_same_as_der(name: str) -> None:
    data = example(name)
    wanted = inspected(data).layers[1:]
    assert inspected(base64.b64encode(data)).layers[1:] == wanted
    assert inspected(base64.encodebytes(data)).layers[1:] == wanted
    assert inspected(pem("CMS", data)).layers[1:] == wanted


def test_several_blocks_are_told_one_after_the_other() -> None:
    both = example("pki/chain.pem") + example("pki/crl.pem")
    assert inspected(both).kind == "certificate; revocation list"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "it is empty"),
        (b"\x8f" * 100, "nothing that this network knows"),
        (b"hello", "nothing that this network knows"),
        (b"\x30\x03\x02\x01\x01", "DER of nothing that this network knows"),
        (b"-----BEGIN CERTIFICATE-----\n", "a PEM file without a whole block in it"),
        (pem("TANAKA TARO", b"x"), "nothing"),
    ],
)
def test_garbage_is_told_to_be_garbage(data: bytes, kind: str) -> None:
    report = inspected(data)
    assert report.status == 2
    assert kind in report.kind
    assert "TANAKA" not in said(report)


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/null", "/", "/nowhere"])
def test_what_is_no_file_is_not_read(place: str) -> None:
    assert look(Path(place), NOTHING).status == 2


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert look(tmp_path / "pipe", NOTHING).status == 2


def sparse(folder: Path, head: bytes, size: int = HUGE) -> Path:
    path = folder / "huge"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (der.header(0x30, HUGE - 6) + SIGNED, 1, ["SK-U01"]),
        (der.header(0x30, HUGE - 6) + SEALED, 1, ["SK-U01"]),
        (b"<information_inquiry>", 1, ["SK-X01"]),
        (b"garbage", 2, []),
    ],
)
def test_a_hundred_megabytes_get_a_verdict_from_their_beginning(
    tmp_path: Path, head: bytes, status: int, code: list[str]
) -> None:
    report = look(sparse(tmp_path, head), NOTHING)
    assert (report.status, codes(report)) == (status, code)
    assert str(HUGE) in said(report)


def cms(kind: bytes, *parts: bytes) -> bytes:
    return tlv(0x30, kind, tlv(0xA0, tlv(0x30, *parts)))


HOSTILE = {
    "a million signers": cms(SIGNED, b"\x02\x01\x03", tlv(0x31, b"\x30\0" * 8_000_000)),
    "many receivers": cms(SEALED, b"\x02\x01\0", tlv(0x31, b"\xa1\0" * 500_000)),
    "ber without end": b"\x30\x80" + SIGNED + b"\xa0\x80" + b"\x30\x80" * 7_000_000,
    "pem beginnings": b"-----BEGIN CERTIFICATE-----\n" * (LARGE // 28),
    "pem without end": b"-----BEGIN X-----" * (LARGE // 17),
    "base64": b"MIIB" * (LARGE // 4),
    "tags": b"<" * LARGE,
    "a long name": b"<" + b"a" * 1_000_000,
    "deep json": b"[" * LARGE,
    "deep xml": b'<provision_lapse xmlns="urn:x-sekisho:payload:1">'
    + b"<text>" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_bounded_time(name: str) -> None:
    begun = time.process_time()
    report = inspected(HOSTILE[name])
    "".join(tell.text(report))
    assert report.status in (1, 2)
    assert len(said(report)) < 100_000
    assert time.process_time() - begun < 5.0


SMALL = ("permit.der", "route.cms", "inquiry-payload.xml")


@pytest.mark.parametrize("name", SMALL)
def test_no_single_turned_bit_gives_a_traceback(name: str) -> None:
    for data in flips(example(name)):
        assert inspected(data).status in (0, 1, 2)


@settings(max_examples=300)
@given(st.data())
def test_no_turned_bit_anywhere_gives_a_traceback(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(FILES))
    turned = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, len(turned) * 8 - 1))
    turned[bit // 8] ^= 1 << bit % 8
    receiver = RECEIVERS.get(path.name.partition("-")[0], "core")
    for known in (NOTHING, at_the(receiver)):
        assert inspected(bytes(turned), known).status in (0, 1, 2)


@settings(max_examples=300)
@given(st.data())
def test_no_changed_stretch_anywhere_gives_a_traceback(data: st.DataObject) -> None:
    changed = data.draw(spliced(data.draw(st.sampled_from(FILES)).read_bytes()))
    assert inspected(changed, at_the("core")).status in (0, 1, 2)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_verdict(data: bytes) -> None:
    assert inspected(data).status in (0, 1, 2)


@pytest.mark.parametrize("name", ["permit.der", "receipt.cms"])
def test_a_cut_file_is_never_good(name: str) -> None:
    for data in cuts(example(name)):
        if len(data) != SECRET_SIZE:  # which may be a store's key
            assert inspected(data).status in (1, 2)


def test_signs_that_steer_a_terminal_are_shown_by_number() -> None:
    assert tell.plain("a\x1b[2Jb\u202ec\ud800") == "a\\u{1b}[2Jb\\u{202e}c\\u{d800}"
    assert tell.plain("髙𣘺　見本") == "髙𣘺　見本"
