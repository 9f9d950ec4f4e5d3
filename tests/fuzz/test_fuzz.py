# SPDX-License-Identifier: Apache-2.0
"""Every parser: what is kept, what is near it, and what atheris finds in seconds."""

import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import corpus, engine, mutate
from tests.fuzz.target import Broken, Target
from tests.fuzz.targets import TARGETS
from tests.house import ROOT
from tests.pki.mangle import lengthened, spliced
from tests.tools import lacking

RUNS = 4_000
"""Of the short run; a long one is ``python -m tests.fuzz``."""
SEVERAL = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def inputs(name: str) -> list[bytes]:
    return corpus.inputs(TARGETS[name])


def fuzz(name: str, folder: Path, runs: int) -> subprocess.CompletedProcess[str]:
    """One process of atheris; skips where the machine has none."""
    if importlib.util.find_spec("atheris") is None:
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            lacking("there is no atheris for this machine")
        lacking("atheris is not installed: pip install .[test,fuzz]")
    (folder / "work").mkdir()
    command = [sys.executable, "-m", "tests.fuzz", name]
    command += ["--in-this-process", str(folder / "work")]
    command += ["--runs", str(runs), "--seconds", "60", "--found", str(folder)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=240,
        check=False,
    )


# --- what is kept ---------------------------------------------------------------------


def test_what_is_kept_is_small_and_belongs_to_a_target() -> None:
    for folder in corpus.FOLDER.iterdir():
        assert folder.name in TARGETS
        found = [p for p in folder.iterdir() if not p.name.startswith(corpus.FAULT)]
        assert sum(path.stat().st_size for path in found) <= corpus.LARGEST


@pytest.mark.parametrize("name", TARGETS)
def test_every_kept_input_gives_a_value_or_the_rooms_own_error(name: str) -> None:
    for data in corpus.kept(name):
        TARGETS[name].take(data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_of_a_target_are_short_and_some_are_accepted(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    taken = [target.take(seed) for seed in seeds]
    assert any(taken)
    assert all(len(seed) <= target.longest for seed in seeds)


# --- what is near it ------------------------------------------------------------------


def drawn(strategy: st.SearchStrategy[Any], check: Callable[[Any], object]) -> None:
    """Hypothesis inside of a test, because pytest-twisted bears no other place."""

    def quietly(case: Any) -> None:
        check(case)

    SEVERAL(given(strategy)(quietly))()


def near(name: str) -> st.SearchStrategy[bytes]:
    return st.sampled_from(inputs(name))


@pytest.mark.parametrize("name", TARGETS)
def test_a_changed_stretch_breaks_no_promise(name: str) -> None:
    drawn(near(name).flatmap(spliced), TARGETS[name].take)


@pytest.mark.parametrize("name", TARGETS)
def test_a_cut_or_doubled_input_breaks_no_promise(name: str) -> None:
    def check(case: tuple[bytes, int]) -> None:
        whole, at = case
        cut = at % (len(whole) + 1)
        for changed in (whole[:cut], whole[cut:], *lengthened(whole)):
            TARGETS[name].take(changed)

    drawn(st.tuples(near(name), st.integers(0, 5000)), check)


@pytest.mark.parametrize("name", [name for name, each in TARGETS.items() if each.der])
def test_a_changed_element_breaks_no_promise(name: str) -> None:
    def check(case: tuple[bytes, int]) -> None:
        whole, seed = case
        TARGETS[name].take(mutate.mutated(whole, 4096, seed))

    drawn(st.tuples(near(name), st.integers(0, 1 << 32)), check)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_break_no_promise(name: str) -> None:
    drawn(st.binary(max_size=300), TARGETS[name].take)


# --- what atheris finds ---------------------------------------------------------------


def test_a_short_run_over_all_parsers_finds_nothing(tmp_path: Path) -> None:
    done = fuzz(engine.ALL, tmp_path, RUNS)
    assert done.returncode == 0, done.stderr[-4000:]
    assert f"stat::number_of_executed_units: {RUNS}" in done.stderr


def test_a_planted_fault_is_found_and_its_input_kept(tmp_path: Path) -> None:
    done = fuzz(engine.PLANTED, tmp_path, 300_000)
    assert done.returncode != 0
    assert "KeyError" in done.stderr + done.stdout
    (found,) = tmp_path.glob("crash-*")
    assert found.read_bytes().startswith(b"bug")


# --- the targets themselves -----------------------------------------------------------


def reading(error: Exception | None = None, value: object = None) -> Target:
    """A target whose parser always does the same."""

    def read(data: bytes) -> object:
        if error is not None:
            raise error
        return value

    return Target("example", read, (LookupError,), lambda: ())


def test_a_foreign_error_comes_out_as_it_is() -> None:
    with pytest.raises(TypeError):
        reading(TypeError("not ours")).take(b"")


def test_an_heir_of_the_rooms_error_is_not_the_rooms_error() -> None:
    with pytest.raises(Broken, match="KeyError"):
        reading(KeyError("an heir of LookupError")).take(b"")


def test_an_error_that_quotes_at_length_is_a_fault() -> None:
    with pytest.raises(Broken, match="characters"):
        reading(LookupError("x" * 5000)).take(b"")


def test_a_value_that_is_not_what_its_bytes_say_is_a_fault() -> None:
    def holds(data: bytes, value: object) -> None:
        raise Broken("it is not")

    honest = reading(value=1)
    assert honest.take(b"") is True
    with pytest.raises(Broken):
        Target("example", honest.read, (), lambda: (), holds).take(b"")


def test_too_much_time_for_one_input_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.fuzz.target.SECONDS", -1.0)
    with pytest.raises(Broken, match="took"):
        reading().take(b"")
