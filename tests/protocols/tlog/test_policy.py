# SPDX-License-Identifier: Apache-2.0
"""A checkpoint holds when its log and enough witnesses signed it."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocols.tlog import note, policy
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import FalseSignature, NotSigned
from protocols.tlog.note import Kind, Verifier
from protocols.tlog.policy import BadPolicy
from tests.protocols.tlog.test_note import KEY, LOG, NOON

KEYS = {
    name: Ed25519PrivateKey.from_private_bytes(name.encode() * 16)
    for name in ("X1", "X2", "X3", "Y1", "Y2")
}
WITNESSES = {
    name: Verifier.of(f"{name}.example", Kind.WITNESS, key)
    for name, key in KEYS.items()
}
HEAD = Checkpoint(LOG.name, 1, bytes(32))
LINES = [f"witness {name} {key.text}" for name, key in WITNESSES.items()]
EXAMPLE = "\n".join(
    [
        "# who must have seen it",
        f"log {LOG.text} https://log.example/",
        *LINES,
        "",
        "group X 2 X1 X2 X3",
        "\tgroup Y any Y1 Y2 ",
        "group both all X Y",
        "quorum both",
        "",
    ]
)


def signed(*names):
    made = HEAD.signed(KEY)
    for name in names:
        seen = WITNESSES[name]
        made = made.signed(note.cosign(HEAD.text, seen.name, KEYS[name], NOON))
    return made.encode()


@pytest.mark.parametrize(
    "names", [("X1", "X2", "Y1"), ("X1", "X3", "Y2"), ("X1", "X2", "X3", "Y1", "Y2")]
)
def test_enough_of_each_group_is_enough(names):
    found, signers = policy.read(EXAMPLE.encode()).judge(signed(*names))
    assert found == HEAD
    assert signers == {LOG: None, **{WITNESSES[name]: NOON for name in names}}


@pytest.mark.parametrize("names", [(), ("X1", "X2", "X3"), ("X1", "Y1", "Y2")])
def test_fewer_are_too_few(names):
    with pytest.raises(NotSigned):
        policy.read(EXAMPLE.encode()).verify(signed(*names))


def test_who_signed_falsely_is_not_counted_and_not_overlooked():
    false = note.cosign(HEAD.text, WITNESSES["X3"].name, KEYS["X3"], NOON)
    spoiled = note.Signature(false.name, false.key_id, false.data[:-1] + b"\0")
    whole = note.read(signed("X1", "X2", "Y1")).signed(spoiled).encode()
    with pytest.raises(FalseSignature):
        policy.read(EXAMPLE.encode()).verify(whole)


def test_a_log_that_the_policy_does_not_name_is_not_believed():
    text = "\n".join([*LINES, "quorum X1"])
    with pytest.raises(NotSigned):
        policy.read(text.encode()).verify(signed("X1"))


def test_none_asks_for_no_witness():
    found = policy.read(f"log {LOG.text}\nquorum none\n".encode())
    assert found.verify(signed()) == HEAD


def test_one_witness_can_be_the_quorum():
    found = policy.read("\n".join([f"log {LOG.text}", *LINES, "quorum Y1"]).encode())
    assert found.verify(signed("Y1")) == HEAD
    with pytest.raises(NotSigned):
        found.verify(signed("Y2"))


def test_groups_in_groups_are_counted_however_deep():
    deep = [f"group G{n} all {f'G{n - 1}' if n else 'X1'}" for n in range(1000)]
    lines = [f"log {LOG.text}", *LINES, *deep, "quorum G999"]
    found = policy.read("\n".join(lines).encode())
    assert found.verify(signed("X1")) == HEAD
    with pytest.raises(NotSigned):
        found.verify(signed("X2"))


def test_a_keys_name_that_is_no_utf8_is_refused():
    with pytest.raises(BadPolicy, match=r"line 1: a key has a name"):
        policy.read(b"log \x80" + LOG.text.encode() + b"\n")


def test_what_is_not_ascii_is_a_name_like_any_other():
    line = LINES[0].replace("witness X1", "witness 県")
    assert policy.read(f"log {LOG.text}\n{line}\nquorum 県".encode()).verify(
        signed("X1")
    )
    latin = f"log {LOG.text}\n{line}\nquorum ".encode().replace("県".encode(), b"\xe9")
    assert policy.read(latin + b"\xe9").verify(signed("X1"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("quorum X9", "line 7: a name is defined"),
        ("group G any X9", "defined"),
        ("group G any X1 X1", "each once"),
        ("group G any", "members"),
        ("group G", "members"),
        ("group G 0 X1", "one member at least"),
        ("group G 2 X1", "all at most"),
        ("group G some X1", "decimal"),
        ("group G 01 X1", "decimal"),
        ("group none any X1", "taken"),
        ("group X1 any X2", "taken"),
        ("group G any X1\ngroup H any X1", "one group"),
        (LINES[0], "twice"),
        (LINES[0].replace("X1 ", "Z ", 1), "twice"),
        (f"log {LOG.text}", "twice"),
        (f"log {WITNESSES['X1'].text}", "something else"),
        (f"witness Z {LOG.text}", "something else"),
        ("witness Z", "a name, a key"),
        ("log", "a key"),
        ("log nonsense", "a kind"),
        ("log a+b+c", "base64"),
        ("quorum", "one name"),
        ("quorum X1\nquorum X1", "one quorum"),
        ("Quorum X1", "begins with"),
    ],
)
def test_a_line_that_means_nothing_is_named(line, said):
    text = "\n".join([f"log {LOG.text}", *LINES, line])
    with pytest.raises(BadPolicy, match=said):
        policy.read(text.encode())


@pytest.mark.parametrize("data", [b"", b"# nothing", b"quorum none\r\n", b"q\x00"])
def test_a_file_without_a_quorum_or_with_control_characters_is_none(data):
    with pytest.raises(BadPolicy):
        policy.read(data)


def test_a_policy_defines_no_more_names_than_can_be_meant():
    groups = [f"group G{n} any {f'G{n - 1}' if n else 'X1'}" for n in range(1019)]
    lines = [*LINES, *groups, "quorum none"]
    assert len(policy.read("\n".join(lines).encode()).groups) == 1019
    with pytest.raises(BadPolicy, match="too many"):
        policy.read("\n".join([*lines[:-1], "group H any G1018"]).encode())


def test_a_policy_is_no_longer_than_one_can_be():
    with pytest.raises(BadPolicy, match="longer"):
        policy.read(b"#" * 300_000)
