# SPDX-License-Identifier: Apache-2.0
"""The city's benchmark: its limits measure what they say, and growth is reckoned right.

How fast anything is stands in no test: that depends on the machine.
"""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from bench import bare, city_report
from bench.city import Figure, Measured
from pki import authority
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation
from pki.profiles import Purpose

TLS = Purpose.TLS


def measured(residents: int, value: float, unit: str) -> Measured:
    return Measured(residents, (Figure("work", value, unit, 100.0),))


@pytest.mark.parametrize(
    ("unit", "before", "after", "growth"),
    [
        ("/s", 1000.0, 500.0, 2.0),
        ("s", 1.0, 10.0, 1.0),
        ("s", 1.0, 40.0, 4.0),
        ("ms", 0.1, 0.3, 3.0),
        ("MB", 50.0, 60.0, 1.2),
        ("B", 0.0, 60.0, None),
    ],
)
def test_growth_is_what_one_person_costs_beside_the_smallest_city(
    unit: str, before: float, after: float, growth: float | None
) -> None:
    first, other = measured(1_000, before, unit), measured(10_000, after, unit)
    assert city_report.growth(first, other, 0) == growth
    data = city_report.as_data([first, other])
    assert data[1]["figures"]["work"]["growth"] == growth


def test_each_figure_stands_beside_its_limit() -> None:
    written = io.StringIO()
    found = [measured(1_000, 50.0, "/s"), measured(2_000, 25.0, "/s")]
    Console(file=written, width=100).print(city_report.table(found))
    assert "50.0% of 100" in written.getvalue()
    assert "cost x 2" in written.getvalue()


def test_a_time_is_told_as_so_many_times_its_limit() -> None:
    written = io.StringIO()
    table = city_report.table([measured(1_000, 250.0, "s")])
    Console(file=written, width=100).print(table)
    assert "2.5 x 100" in written.getvalue()


def test_bare_rows_are_written_and_found(tmp_path: Path) -> None:
    assert bare.insert_rate(tmp_path, 3_000, 100) > 0
    written = sum(one.stat().st_size for one in tmp_path.glob("bare-insert*"))
    assert written > 3_000 * 132
    assert bare.search_milliseconds(tmp_path, 500, 100, 20) > 0
    assert bare.commit_milliseconds(tmp_path, 5) > 0


def test_bare_bytes_cross_a_real_link(tmp_path: Path) -> None:
    name = StationName("102024", "existing_resident_system")
    station = PlannedStation(
        organisation=name.organisation, role=name.role, name="x", purposes=(TLS,)
    )
    plan = Plan(network=Network(name="Example", test=True), stations=(station,))
    authority.build(plan, tmp_path, datetime.now(UTC))
    layout = Layout(tmp_path)
    pair = layout.certificate(name, TLS), layout.key(name, TLS)
    assert bare.tls_seconds(pair, layout.chain, 1_000_000) > 0
