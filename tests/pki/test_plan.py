# SPDX-License-Identifier: Apache-2.0
"""Plans: what is known is read whole, what is not is refused by name."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import plan
from pki.names import StationName
from pki.plan import Network, Plan, PlanError, PlannedStation, Validity
from pki.profiles import Purpose
from tests.pki.network import CORE, PLAN

HEAD = '[network]\nname = "Example"\ntest = true\n'
STATION = """
[[station]]
organisation = "102024"
role = "municipal_cs"
name = "高崎市"
"""

SHOWN = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
STATIONS = st.builds(
    PlannedStation,
    organisation=st.from_regex(r"\A[0-9A-Z]{6}\Z"),
    role=st.from_regex(r"\A[a-z_]{1,64}\Z"),
    name=st.text(SHOWN, min_size=1, max_size=40),
    purposes=st.lists(
        st.sampled_from([p for p in Purpose if p is not Purpose.PERMIT]), unique=True
    ).map(tuple),
    hosts=st.lists(st.sampled_from(["a.example", "192.0.2.7", "::1"])).map(tuple),
)
PLANS = st.builds(
    Plan,
    network=st.builds(
        Network,
        name=st.text(SHOWN, min_size=1, max_size=10).filter(lambda t: t != "TEST"),
        test=st.booleans(),
    ),
    validity=st.builds(Validity, crl_days=st.integers(1, 36_500)),
    stations=st.lists(STATIONS, unique_by=lambda s: s.station, max_size=4).map(tuple),
)


@given(PLANS)
def test_a_plan_written_out_is_read_back(made: Plan) -> None:
    assert plan.read(plan.write(made)) == made


def test_the_example_is_read_and_is_a_test_network() -> None:
    example = plan.example()
    assert example.network.test
    assert {station.organisation for station in example.stations} >= {"102024"}
    assert plan.read(plan.write(example)) == example


def test_what_is_left_out_has_the_defaults_of_the_table() -> None:
    made = plan.read(HEAD + STATION)
    assert made.validity == Validity()
    assert made.stations[0].hosts == ("localhost", "127.0.0.1", "::1")
    assert made.stations[0].needed == (
        Purpose.TLS,
        Purpose.SIGNING,
        Purpose.SEALING,
        Purpose.RECORD,
    )


def test_only_the_core_has_a_permit_key_unasked() -> None:
    owners = [each.station for each in PLAN.stations if Purpose.PERMIT in each.needed]
    assert owners == [CORE]


REFUSED = {
    "not TOML": ("[network", "not TOML"),
    "no network": (STATION, "network"),
    "no test": ('[network]\nname = "Example"\n', "test"),
    "test not said in a boolean": (HEAD.replace("true", '"no"'), "test"),
    "an unknown table": (HEAD + "[extra]\na = 1\n", "extra"),
    "an unknown key": (HEAD + "colour = 1\n", "colour"),
    "an unknown validity": (HEAD + "[validity]\ntls = 3\n", "tls"),
    "days in words": (HEAD + '[validity]\ntls_days = "3"\n', "tls_days"),
    "no days": (HEAD + "[validity]\ntls_days = 0\n", "tls_days"),
    "too many days": (HEAD + "[validity]\nroot_days = 36501\n", "root_days"),
    "longer than the issuer": (HEAD + "[validity]\ntls_days = 3651\n", "tls_days"),
    "longer than the root": (HEAD + "[validity]\nissuing_days = 7301\n", "issuing_"),
    "one station table": (HEAD + "[station]\na = 1\n", "station"),
    "a station that is a number": ("station = [1]\n" + HEAD, "station 1"),
    "an unknown station key": (HEAD + STATION + "port = 1\n", "port"),
    "no role": (HEAD + STATION.replace("role", "#"), "role"),
    "a bad organisation": (HEAD + STATION.replace("102024", "10202"), "station 1"),
    "a bad role": (HEAD + STATION.replace("municipal", "Municipal"), "station 1"),
    "an empty name": (HEAD + STATION.replace("高崎市", ""), "name"),
    "a name with a line end": (HEAD + STATION.replace("高崎市", "a\\nb"), "name"),
    "a name too long": (HEAD + STATION.replace("高崎市", "市" * 41), "name"),
    "an unknown purpose": (HEAD + STATION + 'purposes = ["tsl"]\n', "purposes"),
    "a purpose twice": (HEAD + STATION + 'purposes = ["tls", "tls"]\n', "purposes"),
    "a permit elsewhere": (HEAD + STATION + 'purposes = ["permit"]\n', "purposes"),
    "a host with a port": (HEAD + STATION + 'hosts = ["a.example:443"]\n', "hosts"),
    "a host with a space": (HEAD + STATION + 'hosts = ["a b"]\n', "hosts"),
    "a host with a line end": (HEAD + STATION + 'hosts = ["a\\n"]\n', "hosts"),
    "an empty host": (HEAD + STATION + 'hosts = [""]\n', "hosts"),
    "a station twice": (HEAD + STATION + STATION, "102024/municipal_cs"),
    "the test mark in a name": (HEAD.replace("Example", "A TEST"), "name"),
    "a network name too long": (HEAD.replace("Example", "網" * 14), "name"),
    "deep nesting": (HEAD + "[validity]\na = " + "[" * 5000, "not TOML"),
}


@pytest.mark.parametrize(("text", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_plan_is_refused_with_file_and_key(text: str, named: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan.read(text, "city.toml")
    assert str(caught.value).startswith("city.toml: ")
    assert named in str(caught.value)
    assert caught.value.place.startswith("city.toml")


def test_the_second_of_two_stations_is_named_by_its_place() -> None:
    second = STATION.replace("municipal_cs", "tax_system") + "port = 1\n"
    with pytest.raises(PlanError, match=r"station 2.*port"):
        plan.read(HEAD + STATION + second)


@given(st.text())
def test_any_text_is_a_plan_or_a_plan_error(text: str) -> None:
    for given_text in (text, HEAD + text):
        with contextlib.suppress(PlanError):
            plan.read(given_text)


def test_a_file_is_read_and_errors_name_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(HEAD + STATION, "utf-8")
    assert plan.load(path) == plan.read(HEAD + STATION)
    path.write_bytes(b"\xff")
    with pytest.raises(PlanError, match=r"plan\.toml: save the file as UTF-8"):
        plan.load(path)
    with pytest.raises(PlanError, match=r"none\.toml"):
        plan.load(tmp_path / "none.toml")


def test_a_station_is_found_by_its_name_or_refused() -> None:
    assert PLAN.find(CORE).station == CORE
    with pytest.raises(PlanError, match="add it there first"):
        PLAN.find(StationName("999999", "municipal_cs"))


def test_a_plan_made_in_code_is_checked_as_a_file_is() -> None:
    with pytest.raises(PlanError, match="hosts"):
        PlannedStation(
            organisation="102024", role="municipal_cs", name="市", hosts=("a b",)
        )
    with pytest.raises(PlanError, match="tls_days"):
        Validity(tls_days=0)
