# SPDX-License-Identifier: Apache-2.0
"""A calendar's file: what it says is followed, what it should not say is refused."""

import re
from contextlib import suppress
from datetime import date

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gateway.calendar_file import LARGEST, CalendarRefused, load
from gateway.calendars import read
from gateway.cli import gateway
from gateway.config import load as load_config
from gateway.holiday_list import HolidayListRefused
from gateway.holiday_list import read as read_list
from tests.gateway.calendars import FILE, NEW_YEAR, at, day
from tests.gateway.files import configured
from tests.gateway.world import CORE, PROVIDER

LIST = (
    "国民の祝日・休日月日,国民の祝日・休日名称\r\n"
    "2030/1/1,元日\r\n2030/1/14,成人の日\r\n"
)


def written(folder, text, name="calendar.toml"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(folder, text):
    with pytest.raises(CalendarRefused) as caught:
        load(written(folder, text))
    return str(caught.value).removeprefix(f"{folder}/")


# --- a good file ----------------------------------------------------------------------


def test_a_file_says_what_it_says(tmp_path):
    found = load(written(tmp_path, FILE)).calendar
    assert found.week[0] == ((510, 720), (780, 1035))
    assert found.week[2:] == ((),) * 5
    assert list(found.holidays) == [day("2030-03-18")]
    assert found.yearly == NEW_YEAR
    assert found.maintenance[0].ends == at("2030-01-13 09:00")
    assert found.maintenance[0].reason == "年次改版"


def test_an_empty_file_is_open_around_the_clock(tmp_path):
    assert load(written(tmp_path, "")).calendar.window(at("2030-01-06 03:00")).is_open


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-8"])
def test_the_cabinet_offices_list_closes_its_days(tmp_path, encoding):
    written(tmp_path, LIST.encode(encoding), "syukujitsu.csv")
    found = load(written(tmp_path, 'holiday_list = "syukujitsu.csv"'))
    assert found.calendar.holidays[day("2030-01-14")] == "成人の日"
    assert found.calendar.listed_until == date(2030, 12, 31)
    assert [path.name for path in found.files] == ["calendar.toml", "syukujitsu.csv"]


# --- a wrong one ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hollidays = []", "1: hollidays: unknown key; known: holiday_list, holidays"),
        ('holidays = ["2030-01-01"]', "1: holidays: write dates"),
        ("holidays = [2030-01-01T00:00:00]", "1: holidays: write dates"),
        ("holidays = [1030-01-01]", "1: holidays: write dates"),
        ("\nyearly_holidays = ['02-30']", "2: yearly_holidays: write month and day"),
        ("yearly_holidays = 5", "1: yearly_holidays: write a list"),
        ("hours = 5", "1: hours: must be a table"),
        ("[hours]", "1: hours: opens on no day"),
        ("[hours]\nmoonday = []", "2: hours.moonday: unknown day"),
        ("[hours]\nmonday = ['8:30-17:00']", "2: hours.monday: write hours such as"),
        ("[hours]\nmonday = ['17:00-08:30']", "2: hours.monday: hours go forward"),
        ("[hours]\nmonday = ['09:00-24:30']", "2: hours.monday: hours go forward"),
        (
            "[hours]\nmonday = ['09:00-12:00', '11:00-13:00']",
            "2: hours.monday: hours go forward and stand apart",
        ),
        ("maintenance = 3", "1: maintenance: write [[maintenance]]"),
        ("[[maintenance]]\nfrom = 2030-01-01T00:00:00", "1: maintenance.until: write"),
        (
            "[[maintenance]]\nfrom = 2030-01-01T00:00:00\nuntil = 2029-01-01T00:00:00",
            "3: maintenance.until: write a later time",
        ),
        (
            "[[maintenance]]\nfrom = 2030-01-01T00:00:00Z\nuntil = 2029-01-01",
            "2: maintenance.from: write Japanese time",
        ),
        (f"{FILE}form = 1", "16: maintenance.form: unknown key"),
        ("holiday_list = 'none.csv'", "1: holiday_list: none.csv: cannot be read"),
        ("holiday_list = ''", "1: holiday_list: write a path"),
        ("\n\n[hours", "3: is not TOML here"),
        ("a = " + "[" * 3000, "1: is not TOML here"),
    ],
)
def test_a_wrong_file_is_refused_with_line_key_and_mend(tmp_path, line, said):
    assert refusal(tmp_path, line).startswith(f"calendar.toml:{said}")


def test_a_value_that_was_found_is_never_repeated(tmp_path):
    assert "高崎" not in refusal(tmp_path, 'yearly_holidays = ["高崎　太郎"]')
    assert "高崎" not in refusal(tmp_path, '"高崎　太郎" = 1')


def test_a_huge_file_is_not_read_whole(tmp_path):
    assert "is no calendar" in refusal(tmp_path, b"#" * (LARGEST + 1))


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path):
    assert refusal(tmp_path, b"\n\xff\xfe").startswith("calendar.toml:2: is not UTF-8")


@given(st.text(max_size=300))
def test_any_text_is_a_calendar_or_refused(tmp_path_factory, text):
    path = written(tmp_path_factory.mktemp("any"), text.encode("utf-8", "replace"))
    with suppress(CalendarRefused):
        load(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "line 1 is not"),
        ("日付,名称\n2030/1/1,元日\n".encode("cp932"), "line 1 is not"),
        (LIST.replace("1/14", "13/14").encode("cp932"), "line 3 is no day"),
        (LIST.replace("1/14", "1/1").encode("cp932"), "line 3 is no day"),
        (LIST.replace(",成人の日", "").encode("cp932"), "line 3 is no day"),
        (LIST.splitlines()[0].encode("cp932"), "names no day"),
        (b"\x81", "is neither"),
        (b"," * 2_000_000, "is no such list"),
    ],
)
def test_what_is_not_the_cabinet_offices_list_is_refused(tmp_path, data, said):
    with pytest.raises(HolidayListRefused, match=re.escape(said)):
        read_list(written(tmp_path, data, "list.csv"))


# --- peers, and the command -----------------------------------------------------------


@pytest.fixture
def config(world, tmp_path):
    """A provider with a calendar and that of the core."""
    path = configured(world, PROVIDER, tmp_path)
    text = path.read_text("utf-8")
    head = 'calendar = "calendar.toml"\npeer_calendars = "peers"\n'
    path.write_text(head + text, "utf-8")
    written(tmp_path, FILE)
    (tmp_path / "peers").mkdir()
    written(tmp_path / "peers", "", f"{CORE.organisation}-{CORE.role}.toml")
    return path


def test_a_peers_calendar_is_known_by_its_files_name(config):
    found = read(load_config(config))
    assert set(found.peers) == {CORE}
    assert len(found.files) == 2


@pytest.mark.parametrize("name", ["core.toml", "102024-UPPER.toml"])
def test_a_file_that_is_named_after_no_station_is_refused(config, name):
    written(config.parent / "peers", "", name)
    with pytest.raises(CalendarRefused, match="is named after no station"):
        read(load_config(config))


def run(*words):
    return CliRunner().invoke(gateway, ["calendar", *words], env={"COLUMNS": "100"})


def test_the_next_days_are_shown_in_both_languages(config):
    english = run("--config", str(config), "--days", "400").output
    japanese = run("--config", str(config), "--days", "7", "--language", "ja").output
    assert "08:30-12:00 13:00-17:15" in english
    assert "closed" in english
    assert "日本時間" in japanese
    assert "閉局" in japanese


def test_a_peers_days_are_shown(config):
    found = run("--config", str(config), "--peer", str(CORE), "--days", "1")
    assert "00:00-24:00" in found.output
    wrong = run("--config", str(config), "--peer", str(PROVIDER))
    assert (wrong.exit_code, str(CORE) in wrong.output) == (1, True)


def test_a_file_is_checked_without_a_station(tmp_path):
    good = run("--check", str(written(tmp_path, FILE)))
    bad = run("--check", str(written(tmp_path, "[hours]", "bad.toml")))
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "bad.toml:1: hours: opens on no day" in bad.output


def test_without_a_calendar_it_says_that_it_is_always_open(world, tmp_path):
    path = configured(world, PROVIDER, tmp_path)
    assert "always open" in run("--config", str(path)).output


def test_a_maintenance_window_of_longer_than_a_month_is_refused(tmp_path):
    long = "[[maintenance]]\nfrom = 2030-01-01T00:00:00\nuntil = 2030-03-01T00:00:00"
    assert "at most 31 days" in refusal(tmp_path, long)
