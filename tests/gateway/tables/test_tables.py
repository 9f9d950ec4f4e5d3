# SPDX-License-Identifier: Apache-2.0
"""Official tables: all of a file or nothing, by version, and what they change."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import identity_record
from gateway.tables import folder as folders
from gateway.tables import mapping, reading
from gateway.tables.cli import tables
from gateway.tables.errors import TablesRefused
from gateway.tables.in_use import NO_TABLES, read
from gateway.tables.kinds import KINDS, text
from protocols.identifiers import Realm
from tests.gateway.people import resident_record
from tests.values import replace

MUNICIPALITIES = KINDS["municipalities"]
HEAD = (
    '団体コード,"都道府県名\n（漢字）","市区町村名\n（漢字）",'
    "都道府県名（カナ）,市区町村名（カナ）"
)
LIST = (
    f"{HEAD}\n100005,群馬県,,グンマケン,\n102024,群馬県,高崎市,グンマケン,タカサキシ\n"
)
LATER = f"{LIST}112020,埼玉県,熊谷市,,\n"
CHARACTERS = (
    "source,unicode,mj,substitute\n"
    "J+5409,U+20BB7,MJ000001,吉\n"
    "J+845B,U+845B U+E0100,MJ022335,葛\n"
    "J+9AD9,U+9AD9,MJ028902,\n"
)
DAY = date(2030, 4, 1)


def written(folder: Path, content: str | bytes, name: str = "official.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def run(*words: object, folder: Path):
    said = [str(word) for word in words]
    return CliRunner().invoke(tables, [*said, "--folder", str(folder)])


def load(folder: Path, kind: str, content: str, effective: str = "2030-04-01"):
    path = written(folder.parent, content)
    words = ("load", kind, path, "--operator", "表 花子", "--effective", effective)
    done = run(*words, folder=folder)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tables"


# --- reading --------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_the_ministrys_list_is_read_as_it_is_exported(tmp_path, encoding):
    path = written(tmp_path, LIST.encode(encoding))
    found = reading.read(path, MUNICIPALITIES)
    assert found[1] == ("102024", "群馬県", "高崎市", "グンマケン", "タカサキシ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LIST.replace("102024", "102025"), "row 3: code: is no six digits"),
        (LIST.replace("100005", "１０００００"), "row 2: code: is no six digits"),
        (LIST + "102024,群馬県,高崎市,,\n", "row 4: its code came before"),
        (LIST.replace("群馬県,高", ",高"), "row 3: prefecture: is empty"),
        (LIST.replace("タカサキシ", "タ\x07"), "row 3: municipality_kana: is too long"),
        (LIST.replace("都道府県名（カナ）", "改正"), "line 1: column 4 is not known"),
        (LIST.replace("団体", "番号"), "line 1: no column for code"),
        (LIST.replace("市区町村名（カナ）", "団体コード"), "code: two columns"),
        (HEAD, "holds no row"),
        ("", "line 1: no column for code"),
        (b"PK\x03\x04", "is a spreadsheet"),
        (b"\x81\xff\xff", "is not utf-8 or cp932"),
        (LIST + "x" * 200_000, "is no CSV"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place_and_nothing_is_taken(
    tmp_path, folder, content, said
):
    path = written(tmp_path, content)
    done = run("load", "municipalities", path, "--operator", "表", folder=folder)
    assert done.exit_code == 1
    assert said in done.output
    assert not folder.exists()


def test_no_refusal_repeats_what_stood_in_the_file(tmp_path, folder):
    path = written(tmp_path, LIST.replace("102024", "高崎　太郎"))
    done = run("load", "municipalities", path, "--operator", "表", folder=folder)
    assert "太郎" not in done.output


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(tmp_path_factory, data):
    path = written(tmp_path_factory.mktemp("any"), data)
    with pytest.raises(TablesRefused, match=re.escape(str(path))):
        reading.read(path, MUNICIPALITIES)


def test_a_mapping_makes_any_layout_readable(tmp_path, folder):
    path = written(
        tmp_path, "表題\t\nＩＤ\t番\t名\t備考\nL1\t1\t氏名\tx\n".encode("cp932")
    )
    how = written(
        tmp_path,
        'encoding = "cp932"\ndelimiter = "\\t"\nheader = 2\nignore = ["備考"]\n'
        '[columns]\nlayout = "ＩＤ"\nnumber = "番"\nname = "名"\n',
        "mapping.toml",
    )
    words = ("load", "layouts", path, "--operator", "表", "--mapping", how)
    assert run(*words, folder=folder).exit_code == 0
    shown = run("show", "layouts", "--version", "2", folder=folder)
    assert shown.output == "layout=L1  number=1  name=氏名\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x = 1", "keys are columns"),
        ("header = 0", "header: not what is wanted"),
        ("encoding = 'ebcdic'", "encoding: not what is wanted"),
        ("[columns]\nkana = 'x'", "columns: names one that municipalities have not"),
        ("x =", "is no TOML"),
        ("x = " + "[" * 5000, "is no TOML"),
        ("#" * 70_000, "is no mapping"),
    ],
)
def test_a_wrong_mapping_is_refused_with_file_and_key(tmp_path, content, said):
    with pytest.raises(TablesRefused, match=re.escape(said)):
        mapping.load(written(tmp_path, content), MUNICIPALITIES)


@pytest.mark.parametrize(
    "row",
    [
        "あ,U+20BB7,,",
        "J+1,20BB7,,",
        "J+1,U+0007,,",
        "J+1,U+110000,,",
        "J+1,U+D800,,",
        "J+1,U+20BB7,MJ1,",
        "J+1,U+20BB7,,髙",
    ],
)
def test_a_row_that_is_no_character_is_refused(tmp_path, row):
    path = written(tmp_path, f"source,unicode,mj,substitute\n{row}\n")
    with pytest.raises(TablesRefused, match="row 2: "):
        reading.read(path, KINDS["characters"])


# --- versions -------------------------------------------------------------------------


def test_a_version_says_who_loaded_it_when_and_from_what(folder):
    load(folder, "municipalities", LIST)
    (one,) = folders.versions(folder)
    assert one.name.startswith("2030-04-01-")
    assert (one.about.operator, one.about.source) == ("表 花子", "official.csv")
    assert (one.about.rows, one.about.effective) == (2, DAY)
    assert one.name.endswith(one.about.digest[:32])


def test_a_new_version_tells_what_it_says_otherwise(folder):
    load(folder, "municipalities", LIST, "2030-04-01")
    said = load(folder, "municipalities", LATER.replace("高崎市", "新市"), "2031-04-01")
    assert "new: 1 112020\ngone: 0\nchanged: 1 102024" in said
    first, second = (one.name for one in folders.versions(folder))
    assert run("diff", "municipalities", second, first, folder=folder).output == (
        "new: 0\ngone: 1 112020\nchanged: 1 102024\n"
    )


def test_the_same_file_again_is_the_same_version(folder):
    load(folder, "municipalities", LIST)
    load(folder, "municipalities", LIST)
    assert len(folders.versions(folder)) == 1
    assert "2 versions" not in run("check", folder=folder).output


def test_of_two_days_the_one_that_has_come_counts(folder):
    load(folder, "municipalities", LATER, "2031-04-01")
    load(folder, "municipalities", LIST, "2030-04-01")
    found = folders.versions(folder, MUNICIPALITIES)
    assert folders.in_force(found, date(2030, 3, 31)) is None
    assert folders.in_force(found, date(2031, 3, 31)).about.rows == 2
    assert folders.in_force(found, date(2031, 4, 1)).about.rows == 3


@pytest.mark.parametrize("damage", ["row", "about", "name", "gone", "kind", "bytes"])
def test_a_version_that_was_changed_is_found_and_never_used(folder, damage):
    load(folder, "municipalities", LIST)
    (one,) = folders.versions(folder)
    table, about = one.path / folders.TABLE, one.path / folders.ABOUT
    if damage == "row":
        table.write_text(table.read_text("utf-8").replace("高崎市", "他市"), "utf-8")
    elif damage == "about":
        told = json.loads(about.read_bytes())
        about.write_text(json.dumps({**told, "digest": "0" * 64}), "utf-8")
    elif damage == "name":
        one.path.rename(one.path.with_name(f"2029-04-01-{one.about.digest[:32]}"))
    elif damage == "gone":
        table.unlink()
    elif damage == "kind":
        one.path.parent.rename(folder / "procedures")
    else:
        about.write_bytes(b"\xff")
    assert run("check", folder=folder).exit_code == 1
    with pytest.raises(TablesRefused):
        read(folder)


def test_what_was_half_written_when_the_power_went_is_no_version(folder):
    load(folder, "municipalities", LIST)
    (folder / "municipalities" / ".new-abc").mkdir()
    assert len(folders.versions(folder)) == 1


def test_a_folder_that_cannot_be_written_is_said_to_be(folder):
    """Not even root makes a folder in a file."""
    folder.mkdir()
    (folder / "municipalities").write_bytes(b"")
    path = written(folder.parent, LIST)
    done = run("load", "municipalities", path, "--operator", "表", folder=folder)
    assert "cannot be written" in done.output


def test_a_table_without_a_name_under_it_is_not_taken(folder, tmp_path):
    path = written(tmp_path, LIST)
    done = run("load", "municipalities", path, "--operator", " ", folder=folder)
    assert (done.exit_code, folder.exists()) == (1, False)


def test_the_list_shows_who_loaded_what(folder):
    assert run("list", folder=folder).output == "no tables\n"
    load(folder, "municipalities", LIST, "2020-04-01")
    said = run("list", folder=folder).output
    assert "表 花子" in said
    assert "today" in said


# --- in use ---------------------------------------------------------------------------


def test_a_municipality_is_known_from_its_day_on(folder):
    load(folder, "municipalities", LIST, "2030-04-01")
    load(folder, "municipalities", LATER, "2031-04-01")
    found = read(folder)
    assert not found.knows_municipality("112020", date(2031, 3, 31))
    assert found.knows_municipality("112020", date(2031, 4, 1))
    assert found.knows_municipality("999999", date(2030, 3, 31))


def test_an_update_of_an_unknown_municipality_is_refused(folder):
    load(folder, "municipalities", LIST, "1900-01-01")
    known = read(folder).knows_municipality
    record = resident_record()
    assert identity_record.fault(record, Realm.SIMULATION, known) == ""
    away = replace(record, municipality_code="112020")
    assert identity_record.fault(away, Realm.SIMULATION, known) == "SK-X06"
    old = replace(record, previous_municipality_code="112020")
    assert identity_record.fault(old, Realm.SIMULATION, known) == ""


def test_external_characters_are_written_by_their_substitutes(folder):
    load(folder, "characters", CHARACTERS)
    found = read(folder)
    assert found.mapped("𠮷田　髙葛\U000e0100子", DAY) == "吉田　髙葛子"
    assert found.mapped("𠮷田", date(2030, 3, 31)) == "𠮷田"


@given(st.text(st.sampled_from("高𠮷葛\U000e0100か゚髙吉"), max_size=12))
def test_without_a_table_no_text_is_touched(written_text):
    assert NO_TABLES.mapped(written_text, DAY) == written_text
    assert NO_TABLES.knows_municipality(written_text, DAY)


def test_code_points_are_text():
    assert text("U+845B U+E0100") == "葛\U000e0100"
