# SPDX-License-Identifier: Apache-2.0
"""A scenario file is sound, or refused with its line and what to write instead."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scenario.built import SYSTEMS
from simulators.scenario.loader import LARGEST, load, parse, shipped
from simulators.scenario.refused import ScenarioRefused, line_of
from simulators.scenario.shape import fields
from tests.simulators.scenario.text import SOUND, line_with

ROOT = Path(__file__).parents[3]
HEAD_KEYS = {"by", "action", "expect", "flow", "as", "note", "party", "look"}

SPOILED = {
    "an unknown flow step": ('"F23-01-4"', '"F23-99-9"', "F23-99-9"),
    "a flow step of other systems": ('"F23-01-4"', '"F1-12-2"', "F1-12-2"),
    "a flow step of another message": ('"F23-01-4"', '"F23-03-5b"', "F23-03-5b"),
    "an unknown system": ("102024/municipal_cs", "102024/municipal_c", "municipal_c"),
    "a system that is not built": ("/municipal_cs", "/tax_system", "tax_system"),
    "a party that is not there": ("102024/municipal_cs", "999999/municipal_cs", "9999"),
    "no station's name": ("102024/municipal_cs", "the city", "the city"),
    "an unknown party": ('by = "cs"', 'by = "court"', "court"),
    "an unknown action": ('"deliver"', '"devour"', "devour"),
    "an unknown look": ('look = "record"', 'look = "away"', "away"),
    "an unknown field": ('kind = "received"', 'kid = "received"', "kid"),
    "a wrong type": ("number = 3", 'number = "three"', "three"),
    "a number out of range": ("number = 3", "number = -1", "-1"),
    "an unknown city": ('of = "102024", n', 'of = "131016", n', "131016"),
    "an unknown message": ("_update_notice", "_update_note", "_update_note"),
    "another ending": ('"delivered"', '"devoured"', "devoured"),
    "an unknown refusal": ('"delivered"', '"refused SK-Z99"', "SK-Z99"),
    "an unknown kind of event": ('"received"', '"perceived"', "perceived"),
    "a name that no step has": ('of = "update"\nm', 'of = "upstate"\nm', "upstate"),
}
"""What is written, what instead, and words of the line that must be named."""


def refused(text: str) -> ScenarioRefused:
    with pytest.raises(ScenarioRefused) as caught:
        parse(text, "spoiled.toml")
    return caught.value


def fault_of(text: str) -> ScenarioRefused | None:
    """Why a file is refused, if it is; anything else that is raised is a fault."""
    try:
        parse(text, "any.toml")
    except ScenarioRefused as error:
        return error
    return None


def test_a_sound_file_is_read() -> None:
    read = parse(SOUND, "sound.toml")
    assert read.flow == ("F23-01-3", "F23-01-4")
    assert not read.needs


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_not_known_is_refused_with_its_line_and_a_mend(what: str) -> None:
    written, instead, shown = SPOILED[what]
    assert SOUND.count(written) == 1
    text = SOUND.replace(written, instead)
    error = refused(text)
    assert error.line == line_with(text, shown)
    assert str(error).startswith(f"spoiled.toml:{error.line}: ")
    assert error.mend


def test_a_near_word_is_offered() -> None:
    error = refused(SOUND.replace('"deliver"', '"delivr"'))
    assert "did you mean deliver?" in error.mend


@pytest.mark.parametrize("key", ["by", "action", "expect", "resident"])
def test_a_missing_key_is_named_with_the_line_of_its_step(key: str) -> None:
    lines = SOUND.splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if line.startswith(f"{key} ="))
    error = refused("".join(lines[:first] + lines[first + 1 :]))
    assert error.line == line_with(SOUND, "F23-01-3") - 1
    assert f"'{key}' is missing" in error.what


@pytest.mark.parametrize("key", ["id", "title", "title_ja"])
def test_a_missing_head_is_named_without_a_line(key: str) -> None:
    lines = [line for line in SOUND.splitlines() if not line.startswith(f"{key} =")]
    error = refused("\n".join(lines))
    assert (error.line, error.what) == (0, f"'{key}' is missing")


def test_a_name_is_given_once() -> None:
    text = SOUND.replace('of = "update"\nm', 'of = "update"\nas = "update"\nm')
    assert refused(text).line == line_with(text, "_notice") - 1


def test_a_step_may_not_speak_of_a_later_one() -> None:
    first, second = SOUND.index("[[step]]"), SOUND.rindex("[[step]]")
    end = SOUND.index("[[afterwards]]")
    turned = SOUND[:first] + SOUND[second:end] + SOUND[first:second] + SOUND[end:]
    assert "no step above is called 'update'" in refused(turned).what


def test_the_line_is_found_behind_a_value_of_many_lines() -> None:
    text = SOUND.replace(
        'expect = "delivered"', 'note = """one\ntwo = 2\nthree"""\nexpect = "gone"'
    )
    assert refused(text).line == line_with(text, "gone")


def test_a_value_of_many_lines_is_known_by_its_first() -> None:
    flow = 'flow = [\n  "F23-01-4",\n  "F23-99-9",\n]'
    text = SOUND.replace('flow = ["F23-01-4"]', flow)
    assert refused(text).line == line_with(text, '"F23-01-4"') - 1


@given(st.integers(0, len(SOUND)))
def test_a_cut_file_is_refused_or_sound_and_never_a_trace(end: int) -> None:
    error = fault_of(SOUND[:end])
    assert error is None or error.mend
    assert error is None or error.line <= SOUND.count("\n") + 1


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    assert refused(text).mend


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8).filter(lambda t: t.isprintable()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["of", "number", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def written(value: object) -> str:
    """A value as TOML."""
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "1979-05-27"
        case dict():
            pairs = (f"{key} = {written(one)}" for key, one in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case _:
            return repr(value)


KEYS = [line for line in SOUND.splitlines() if " = " in line]


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_anywhere_is_sound_or_refused_with_a_line(
    line: str, value: object
) -> None:
    key = line.partition(" = ")[0]
    text = SOUND.replace(line, f"{key} = {written(value)}", 1)
    error = fault_of(text)
    assert error is None or (error.mend and error.line)


@given(st.sampled_from(KEYS), st.from_regex(r"[a-z_]{1,12}", fullmatch=True))
def test_any_unknown_key_is_refused_on_its_line(line: str, key: str) -> None:
    text = SOUND.replace(line, f"{line}\nq{key} = 1", 1)
    error = refused(text)
    place = text[: text.index(f"q{key} = 1")].count("\n") + 1
    assert error.line == place


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioRefused, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "sjis.toml"
    path.write_bytes(SOUND.encode("shift_jis"))
    with pytest.raises(ScenarioRefused, match="is not UTF-8") as caught:
        load(path)
    assert caught.value.line == 3


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    path.write_text("#" * (LARGEST + 1))
    with pytest.raises(ScenarioRefused, match="is longer than"):
        load(path)


def test_nesting_without_end_is_refused() -> None:
    assert refused(f"a = {'[' * 5000}").mend


def test_the_example_of_the_document_is_sound() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    assert parse(example, "scenarios.md").flow == ("F23-01-3", "F23-01-4")


def test_every_shipped_scenario_is_read_and_has_an_id_of_its_own() -> None:
    ids = [one.id for one in shipped()]
    assert len(ids) == len(set(ids)) >= 18


def test_every_scenario_says_what_must_be_so_afterwards_of_several_parties() -> None:
    for one in shipped():
        assert len({check.party for check in one.checks}) >= 2, one.id


def test_every_rehearsal_ends_with_the_three_records_reconciled() -> None:
    for one in shipped():
        if one.id.startswith("S"):
            assert "reconciled" in {check.look.name for check in one.checks}, one.id


def test_no_field_of_an_action_or_look_hides_a_key_of_every_step() -> None:
    for system in SYSTEMS.values():
        for one in (*system.actions.values(), *system.looks.values()):
            assert not HEAD_KEYS & set(fields(one.params)), (system.role, one.name)


@given(st.integers(1, 400), st.data())
def test_the_line_of_a_key_is_found_in_a_file_of_any_length(
    count: int, data: st.DataObject
) -> None:
    wanted = data.draw(st.integers(1, count))
    text = "".join(f"# {n}\n[[step]]\nby = {n}\n" for n in range(1, count + 1))
    assert line_of(text, ("step", wanted - 1, "by")) == 3 * wanted
    assert line_of(text, ("step", wanted - 1, "none")) == 3 * wanted - 1


REHEARSED = """
[parties]
business = "municipal_mayor/individual_business_system"
requester = "municipal_mayor/intermediate_server"
core = "C00001/information_provision_network_system"
register = "102016/existing_resident_system"
cs = "102016/municipal_cs"
prefecture = "100005/prefectural_server"
provider = "102024/intermediate_server"

[[step]]
"""
SPOILED_REHEARSALS = {
    "a purpose that nobody revokes": (
        'by = "network"\naction = "revoke"\nof = "core"\npurpose = "sealing"',
        "done",
        "purpose",
    ),
    "nobody's certificate": (
        'by = "network"\naction = "renew"\nof = "court"',
        "done",
        "of",
    ),
    "no version": (
        'by = "network"\naction = "new_master"\nlayout = ""',
        "done",
        "layout",
    ),
    "a link to nobody": (
        'by = "requester"\naction = "hold_link"\nto = "court"',
        "it stands",
        "to",
    ),
    "an item beside the list": (
        'by = "business"\naction = "ask_many"\nitem = 9999\nfirst = 1\npersons = 2',
        "accepted",
        "item",
    ),
    "too many at once": (
        'by = "business"\naction = "ask_many"\nitem = 28\nfirst = 1\npersons = 100'
        "\ntimes = 6",
        "accepted",
        "times",
    ),
    "nobody who was told wrongly": (
        'by = "cs"\naction = "tell_wrongly"\nresidents = []',
        "delivered",
        "residents",
    ),
    "residents of no city": (
        'by = "register"\naction = "compare"\nresidents = [{ of = "131016" }]',
        "agree",
        "residents",
    ),
    "no list of codes": (
        'by = "register"\naction = "receive_codes"\ncount = 0',
        "done",
        "count",
    ),
    "a name without an end": (
        'by = "provider"\naction = "take_copy"\nresident = { number = 1 }'
        '\nhead_name = ""',
        "accepted",
        "head_name",
    ),
    "a message that is carried nowhere": (
        'by = "register"\naction = "carry"\nmessage = "move_in_note"',
        "handed in",
        "message",
    ),
}


@pytest.mark.parametrize("what", SPOILED_REHEARSALS)
def test_a_rehearsal_that_means_nothing_is_refused_at_its_key(what: str) -> None:
    step, expect, key = SPOILED_REHEARSALS[what]
    head = 'id = "T2"\ntitle = "one"\ntitle_ja = "一"\n'
    after = '[[afterwards]]\nparty = "network"\nlook = "verified"\n'
    error = refused(f'{head}{REHEARSED}{step}\nexpect = "{expect}"\n{after}')
    assert error.key.startswith(f"step 1, {key}")


LOOKS = {
    "a code that is no link's": ("core", 'look = "cut_off"\ncode = "SK-M05"', "code"),
    "an unknown effect": (
        "prefecture",
        'look = "took"\nof = "it"\neffect = "eaten"',
        "effect",
    ),
    "an unknown meaning": (
        "register",
        'look = "arrived"\nresident = { number = 1 }\nstate = "lost"',
        "state",
    ),
}


@pytest.mark.parametrize("what", LOOKS)
def test_a_look_of_a_rehearsal_that_means_nothing_is_refused(what: str) -> None:
    party, look, key = LOOKS[what]
    head = 'id = "T2"\ntitle = "one"\ntitle_ja = "一"\n'
    step = 'by = "register"\naction = "open_books"\nas = "it"\nexpect = "done"\n'
    text = f'{head}{REHEARSED}{step}\n[[afterwards]]\nparty = "{party}"\n{look}\n'
    assert refused(text).key.startswith(f"afterwards 1, {key}")
