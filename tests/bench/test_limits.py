# SPDX-License-Identifier: Apache-2.0
"""The limits: a recipe is only as good as what is measured for it.

How fast anything is stands in no test: that depends on the machine.
"""

import pytest

from bench import at_once, linkage
from bench.limits import MEASURED, Limits, Line, Operation, Recipe
from bench.path import Benchmark

SIZES = {
    "information_inquiry": 1_000,
    "information_provision": 1_000,
    "provision_notice": 5_000,
    "provision_order": 3_400,
}
BENCHMARKS = (linkage.BENCHMARK, at_once.BENCHMARK)


def recipe(benchmark: Benchmark, batch: float = 20) -> Recipe:
    return benchmark.recipe(SIZES, batch)


def count(of: Recipe, operation: Operation) -> float:
    return sum(line.times for line in of if line.operation is operation)


def quick() -> Limits:
    return Limits(batches=1, batch_seconds=0.0)


def test_every_operation_is_measured() -> None:
    assert set(MEASURED) == set(Operation)


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda one: one.name)
def test_a_recipe_names_only_measured_operations(benchmark: Benchmark) -> None:
    assert {line.operation for line in recipe(benchmark)} <= set(MEASURED)


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda one: one.name)
def test_every_line_does_something_to_no_negative_number_of_bytes(
    benchmark: Benchmark,
) -> None:
    for line in recipe(benchmark):
        assert line.times > 0
        assert line.size >= 0
        assert line.why


def test_a_provider_verifies_four_signatures_and_makes_two() -> None:
    alone = recipe(linkage.BENCHMARK, batch=1e9)
    assert count(alone, Operation.VERIFY) == pytest.approx(4)
    assert count(alone, Operation.SIGN) == pytest.approx(2)
    assert count(alone, Operation.AGREE) == pytest.approx(2)
    assert count(alone, Operation.MAKE_KEY) == pytest.approx(1)


def test_a_core_verifies_two_signatures_and_makes_three() -> None:
    made = recipe(at_once.BENCHMARK)
    assert count(made, Operation.VERIFY) == 2
    assert count(made, Operation.SIGN) == 3
    assert count(made, Operation.AGREE) == 3
    assert count(made, Operation.MAKE_KEY) == 2


def test_a_notice_costs_less_the_more_it_tells() -> None:
    shares = [
        count(recipe(linkage.BENCHMARK, batch), Operation.SIGN) for batch in (1, 2, 4)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 3


def test_a_limit_is_the_sum_of_its_lines() -> None:
    limits = quick()
    lines = (
        Line(2, Operation.SIGN, 100, "one"),
        Line(0.5, Operation.DIGEST, 100, "another"),
    )
    expected = 2 * limits.cost(Operation.SIGN, 100)
    expected += 0.5 * limits.cost(Operation.DIGEST, 100)
    assert limits.of(lines) == pytest.approx(expected)


def test_an_operation_is_measured_once_for_each_size() -> None:
    limits = quick()
    first = limits.cost(Operation.VERIFY, 100)
    assert limits.cost(Operation.VERIFY, 100) == first
    assert first > 0
