# SPDX-License-Identifier: Apache-2.0
"""`python -m bench [--seconds N] [--repeat N] [--size N…] [--postgresql WHERE]
[--json] [NAME…]`

Without a name everything is measured but `city`, which takes a quarter of an
hour, `record`, which measures the disk (with --postgresql, that of a server too), and
`years`, which grows a record to a million.
"""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench import at_once, city, city_report, linkage, path, record, startup, years
from bench.limits import Limits, Operation
from bench.path import Benchmark, Result
from bench.startup import Startup
from bench.station import cores, pinned
from bench.world import World, world

PATHS = {one.name: one for one in (linkage.BENCHMARK, at_once.BENCHMARK)}
CITY = "city"
RECORD = "record"
YEARS = "years"
ALONE = (CITY, RECORD, YEARS)
"""What needs no station, and is measured only if it is named."""
NAMES = ("limits", *PATHS, "startup")
BUSY = 0.85
"""Above this share of its core the driver may be what is measured."""
_TYPICAL = {Operation.ENCRYPT: 2048, Operation.DECRYPT: 2048, Operation.DIGEST: 2048}


@click.command()
@click.option("--seconds", default=5.0, show_default=True, help="Of each run.")
@click.option("--repeat", default=3, show_default=True, help="Runs; the best counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=click.IntRange(1_000, 10_000_000),
    help="Residents of a city, or records; more than once, the smallest first.",
)
@click.option("--postgresql", default="", help="A server, for the record's figures.")
@click.argument("names", nargs=-1, type=click.Choice((*NAMES, *ALONE)))
def main(
    seconds: float,
    repeat: int,
    as_json: bool,
    sizes: tuple[int, ...],
    postgresql: str,
    names: tuple[str, ...],
) -> None:
    """Measure the gateway, each figure beside the limit of the same run."""
    found: dict[str, Any] = {}
    stations = [name for name in names or NAMES if name not in ALONE]
    if stations:
        with world() as made:
            for name in stations:
                found[name] = _measure(name, made, seconds, repeat)
    tables = [_table(name, figures) for name, figures in found.items()]
    if CITY in names:
        told = Console(stderr=True).print
        measured = city.run(sorted(sizes) or city.SIZES, told)
        found[CITY] = city_report.as_data(measured)
        tables.append(city_report.table(measured))
    if YEARS in names:
        told = Console(stderr=True).print
        grown = years.run(sorted(sizes) or years.SIZES, told)
        found[YEARS] = city_report.as_data(grown)
        tables.append(city_report.table(grown, "a record that grows"))
    if RECORD in names:
        found[RECORD] = record.run(postgresql)
        tables.append(_table(RECORD, found[RECORD]))
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    console = Console()
    for table in tables:
        console.print(table)


def _measure(name: str, made: World, seconds: float, repeat: int) -> dict[str, Any]:
    if name in PATHS:
        runs = [path.run(PATHS[name], made, seconds) for _ in range(repeat)]
        return _path_figures(PATHS[name], runs)
    if name == "startup":
        return _startup_figures(startup.run(made))
    with pinned(cores()[0]):
        limits = Limits()
        return {
            f"{one} {_TYPICAL[one]} B" if one in _TYPICAL else str(one): round(
                limits.cost(one, _TYPICAL.get(one, 200)), 2
            )
            for one in Operation
        }


def _path_figures(benchmark: Benchmark, runs: list[Result]) -> dict[str, Any]:
    best = max(runs, key=lambda run: run.ratio)
    measured = best.measured
    return {
        "title": benchmark.title,
        "rate": round(measured.rate, 1),
        "limit": round(best.limit, 1),
        "ratio": round(best.ratio, 3),
        "all_ratios": [round(run.ratio, 3) for run in runs],
        "cpu_us": round(measured.cpu_us),
        "per_cpu_second": round(1e6 / measured.cpu_us, 1),
        "limit_us": round(best.limit_us),
        "cpu_ratio": round(best.cpu_ratio, 3),
        "all_cpu_us": [round(run.measured.cpu_us) for run in runs],
        "p50_ms": round(measured.milliseconds(0.50), 1),
        "p99_ms": round(measured.milliseconds(0.99), 1),
        "gateway_share": round(measured.gateway_share, 2),
        "driver_share": round(measured.driver_share, 2),
        "transactions": measured.transactions,
        "batch": round(measured.batch, 1),
        "sizes": measured.sizes,
    }


def _startup_figures(found: Startup) -> dict[str, Any]:
    return {
        "ready_seconds": round(found.ready_seconds, 2),
        "ready_limit": startup.READY_LIMIT,
        "resident_at_start_mb": round(found.resident_at_start, 1),
        "resident_mb": round(found.resident, 1),
        "highest_mb": round(found.highest, 1),
        "memory_limit": startup.MEMORY_LIMIT,
        "transactions": startup.TRANSACTIONS,
    }


def _table(name: str, found: dict[str, Any]) -> Table:
    table = Table(title=str(found.get("title", name)), title_justify="left")
    for heading in ("figure", "measured", "limit", "ratio"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    kinds = {"limits": _limit_rows, "startup": _startup_rows, RECORD: _record_rows}
    rows = kinds.get(name, _path_rows)
    for row in rows(found):
        table.add_row(*row)
    return table


def _limit_rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(name, f"{cost:.1f} µs", "", "") for name, cost in found.items()]


def _record_rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    limits = {name: found.get(f"{name}: limit") for name in found}
    return [
        (
            f"{name}, records a second",
            f"{rate:.0f}",
            f"{most:.0f}",
            f"{rate / most:.1%}",
        )
        for name, rate in found.items()
        if (most := limits[name]) is not None
    ]


def _startup_rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    ready, memory = found["ready_seconds"], found["resident_mb"]
    return [
        _under("exec to ready", ready, found["ready_limit"], "s"),
        ("resident at start", f"{found['resident_at_start_mb']} MB", "", ""),
        _under(
            f"resident after {found['transactions']} transactions",
            memory,
            found["memory_limit"],
            "MB",
        ),
        ("at its highest", f"{found['highest_mb']} MB", "", ""),
    ]


def _under(figure: str, value: float, limit: float, unit: str) -> tuple[str, ...]:
    return figure, f"{value} {unit}", f"{limit:g} {unit}", f"{value / limit:.0%}"


def _path_rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    spread = ", ".join(f"{ratio:.1%}" for ratio in found["all_ratios"])
    driver = f"{found['driver_share']:.0%}"
    if found["driver_share"] > BUSY:
        driver += " (the driver is the bottleneck)"
    return [
        (
            "transactions a second",
            f"{found['rate']:.0f}",
            f"{found['limit']:.0f}",
            f"{found['ratio']:.1%}",
        ),
        (
            "for a second of processor time",
            f"{found['per_cpu_second']:.0f}",
            f"{found['limit']:.0f}",
            f"{found['cpu_ratio']:.1%}",
        ),
        (
            "processor time for one",
            f"{found['cpu_us']} µs",
            f"{found['limit_us']} µs",
            "",
        ),
        ("latency p50 / p99", f"{found['p50_ms']} / {found['p99_ms']} ms", "", ""),
        ("gateway's use of its core", f"{found['gateway_share']:.0%}", "", ""),
        ("driver's use of its core", driver, "", ""),
        ("ratios of all runs", spread, "", ""),
    ]


if __name__ == "__main__":
    main()
