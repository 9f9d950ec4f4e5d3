# SPDX-License-Identifier: Apache-2.0
"""The house as it is built, held against the house as it was drawn.

Arrows between rooms, libraries at their one place, clocks only in services, sizes: a
change that bends one of these fails here, and the assertion names file and line.
"""

import ast
from statistics import median

import pytest

from tests.house import (
    BESIDE,
    BOTH_ENDS,
    LAUNCHER,
    PILLARS,
    ROOMS,
    ROOT,
    Module,
    circles,
    everything,
    modules,
    reached,
)

ARROWS = {
    "schemas": set(),
    "pki": set(),
    "protocols": {"schemas", "pki"},
    "gateway": set(PILLARS),
    "simulators": set(PILLARS),
    "client": set(PILLARS),
    "bench": {*ROOMS, "bench"},
    "docs": {*ROOMS, "docs"},
    "tests": {*ROOMS, *BESIDE, "sekisho"},
    "sekisho": set(),
}
"""Which rooms a room may import, beside itself."""

FLOORS = {
    "gateway.records": {"gateway.records"},
    "gateway.rules": {
        "gateway.rules",
        "gateway.outcome",
        "gateway.view",
        "gateway.records",
    },
    "gateway.roles": {
        "gateway.roles",
        "gateway.rules",
        "gateway.outcome",
        "gateway.dispatch",
        "gateway.config",
        "gateway.station",
        "gateway.records",
    },
}
"""Inside the gateway: what each floor may stand on."""

HOMES = {
    "lxml": ("schemas/xml.py",),
    "cryptography.hazmat.asn1": ("pki/der.py",),
    "OpenSSL": ("pki/tls.py", "gateway/services/"),
    "pkilint": ("pki/lint_rules.py",),
    "pyasn1": ("pki/lint_rules.py",),
    "httptools": ("protocols/http",),
    "psycopg": ("gateway/records/postgres.py", "gateway/records/postgres_errors.py"),
    "sqlite3": (
        "gateway/records/",
        "gateway/inspection/store.py",
        "simulators/store.py",
        "simulators/register/store.py",
    ),
    "twisted": (
        "gateway/services/",
        "gateway/records/",
        "gateway/daemon.py",
        "gateway/assembly.py",
        "gateway/running.py",
        "gateway/cli.py",
    ),
    "click": ("cli.py", "sekisho.py"),
    "rich": ("cli.py", "gateway/progress.py", "gateway/records/tell.py"),
}
"""Libraries that have a home: the beginnings (or ends) of places that may use them."""

DECIDING = (
    "gateway/rules/",
    "gateway/roles/",
    "gateway/intake.py",
    "gateway/dispatch.py",
    "gateway/outcome.py",
    "gateway/view.py",
)
"""Where it is decided: no Twisted here."""

CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
}
MAX_LINES = 300
MAX_FUNCTION = 60
MAX_TEST_FILE = 700
"""A test file is a list of sentences, each read by itself."""


@pytest.fixture(scope="module")
def house() -> dict[str, Module]:
    """Every module of the five rooms, by name."""
    return {module.name: module for module in modules(*ROOMS)}


def violations(found: list[str]) -> None:
    assert not found, "\n".join(["", *found])


# -- arrows ----------------------------------------------------------------------------


@pytest.mark.parametrize("room", ARROWS)
def test_a_room_imports_only_the_rooms_below_it(room):
    allowed = ARROWS[room] | {room}
    ours = {*ROOMS, *BESIDE, "sekisho"}
    chosen = [module for module in everything() if module.room == room]
    assert chosen or room == "bench", f"nothing is left of {room}"
    violations(
        [
            f"{module.place}:{one.line} imports {one.module}"
            for module in chosen
            for one in module.imports
            if one.room in ours and one.room not in allowed
        ]
    )


def test_gateway_and_simulators_never_import_each_other():
    one, other = BOTH_ENDS
    for room, stranger in ((one, other), (other, one)):
        assert stranger not in ARROWS[room]


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_of_the_gateway_stands_on_the_floors_below(floor):
    allowed = FLOORS[floor]
    violations(
        [
            f"{module.place}:{one.line} imports {name}"
            for module in modules("gateway")
            if module.name.startswith(floor) and not module.place.endswith("cli.py")
            for one in module.imports
            if one.room == "gateway"
            for name in [f"{one.module}.{one.name}".removesuffix(".")]
            if not any(name == a or name.startswith(f"{a}.") for a in allowed)
        ]
    )


def test_no_two_modules_import_each_other(house):
    assert circles(house) == []


def test_nobody_takes_another_modules_private_names():
    violations(
        [
            f"{module.place}:{one.line} takes {one.name} of {one.module}"
            for module in everything()
            for one in module.imports
            if one.room in ROOMS
            and one.name.startswith("_")
            and not one.name.startswith("__")
        ]
    )


def test_no_import_is_only_for_type_checking():
    """A circle that hides behind TYPE_CHECKING is still a circle."""
    violations(
        [
            module.place
            for module in modules(*ROOMS)
            if any(one.name == "TYPE_CHECKING" for one in module.imports)
        ]
    )


# -- libraries -------------------------------------------------------------------------


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_only_at_its_home(library):
    homes = HOMES[library]
    violations(
        [
            f"{module.place}:{one.line} imports {one.module}"
            for module in [*modules(*ROOMS), LAUNCHER]
            for one in module.imports
            if f"{one.module}.{one.name}.".startswith(f"{library}.")
            and not any(
                module.place.startswith(home) or module.place.endswith(home)
                for home in homes
            )
        ]
    )


def test_nothing_that_decides_imports_twisted():
    violations(
        [
            f"{module.place}:{one.line}"
            for module in modules("gateway")
            if module.place.startswith(DECIDING)
            for one in module.imports
            if one.room == "twisted"
        ]
    )


def test_rules_and_intake_reach_no_reactor_even_through_others(house):
    """Reading a store is not part of a rule: only what it gives back is."""
    for name, module in house.items():
        if name.startswith("gateway.rules") or name == "gateway.intake":
            through = [
                other
                for other in reached(module, house)
                for one in house[other].imports
                if one.top and one.module.startswith("twisted.internet")
            ]
            assert not through, f"{name} reaches Twisted through {through}"


# -- time ------------------------------------------------------------------------------


def test_only_services_command_lines_and_simulators_ask_what_time_it_is():
    violations(
        [
            f"{module.place} mentions {name}"
            for module in modules(*PILLARS, "gateway")
            if module.place != "gateway/services/clock.py"
            and not module.place.endswith("cli.py")
            for name in module.calls()
            if name in CLOCKS
        ]
    )


# -- sizes and heads -------------------------------------------------------------------


def test_no_module_is_longer_than_can_be_read_in_one_sitting():
    violations(
        [
            f"{module.place}: {lines} lines"
            for module in everything()
            for lines in [len(module.text.splitlines())]
            if lines > (MAX_TEST_FILE if module.room == "tests" else MAX_LINES)
        ]
    )


def test_the_median_module_and_function_stay_small():
    rooms = modules(*ROOMS)
    assert median(len(module.text.splitlines()) for module in rooms) <= 200
    assert median(f.lines for module in rooms for f in module.functions) <= 12


def test_no_function_is_longer_than_a_page():
    violations(
        [
            f"{module.place}: {function.name} has {function.lines} lines"
            for module in everything()
            for function in module.functions
            if function.lines > MAX_FUNCTION
        ]
    )


def test_every_module_begins_with_its_licence_and_tells_what_it_is():
    violations(
        [
            module.place
            for module in everything()
            if module.text
            and (
                not module.text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
                or not ast.get_docstring(module.tree)
            )
        ]
    )


def test_there_is_no_note_about_unfinished_work():
    words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    violations(
        [
            f"{module.place} says {word}"
            for module in everything()
            for word in words
            if word in module.text
        ]
    )


def test_every_package_is_named_in_the_metadata():
    """What is not named there is missing from the installed wheel."""
    listed = (ROOT / "setup.cfg").read_text(encoding="utf-8").splitlines()
    packages = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for room in ROOMS
        for path in (ROOT / room).rglob("__init__.py")
    }
    assert packages <= {line.strip() for line in listed}
