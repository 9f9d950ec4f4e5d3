# SPDX-License-Identifier: Apache-2.0
"""One process of atheris on one target; libFuzzer ends the process itself.

Everything of ours is imported under instrumentation, so this module and
``__main__`` import nothing of the house.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

INSTRUMENTED: Final = ("schemas", "pki", "protocols", "gateway")
ALL: Final = "all"
"""The target that is all of them: the first octet of the input chooses."""
PLANTED: Final = "planted"
"""A target with a fault in it, to see that faults are found."""
SECONDS_AN_INPUT: Final = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """One run."""

    name: str
    runs: int
    seconds: int
    """At most; 0 for as long as it takes."""
    seed: int
    blind: bool
    """Change DER without regard to its lengths."""
    found: Path
    """A folder for inputs that broke a promise."""
    new: Path
    """An empty folder for inputs that reached something new."""
    work: Path


@dataclass(frozen=True, slots=True)
class _Chosen:
    take: Callable[[bytes], Any]
    longest: int
    words: list[bytes]
    inputs: list[bytes]
    mutator: Callable[[bytes, int, int], bytes] | None = None


def fuzz(asked: Asked) -> None:
    """Fuzz one target; never returns. Exit status 0: nothing was found."""
    import atheris

    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        targets = import_module("tests.fuzz.targets")
    if asked.name == PLANTED:
        chosen = _Chosen(atheris.instrument_func(_planted), 16, [], [])
    else:
        chosen = _chosen(asked, targets)
    further: dict[str, Any] = {}
    if chosen.mutator is not None:
        further["custom_mutator"] = chosen.mutator
    words = [sys.argv[0], *_options(asked, chosen), str(asked.new), str(asked.work)]
    atheris.Setup(words, chosen.take, **further)
    atheris.Fuzz()


def _options(asked: Asked, chosen: _Chosen) -> list[str]:
    """Of libFuzzer; writes the inputs and words where it looks for them."""
    for number, data in enumerate(chosen.inputs):
        (asked.work / f"{number:05}").write_bytes(data)
    options = [
        f"-runs={asked.runs}",
        f"-max_total_time={asked.seconds}",
        f"-max_len={chosen.longest}",
        f"-timeout={SECONDS_AN_INPUT}",
        f"-seed={asked.seed}",
        f"-artifact_prefix={asked.found}/",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
    ]
    if chosen.words:
        corpus = import_module("tests.fuzz.corpus")
        path = asked.new.parent / "words"
        path.write_text(corpus.dictionary(chosen.words), encoding="ascii")
        options.append(f"-dict={path}")
    return options


def _chosen(asked: Asked, targets: ModuleType) -> _Chosen:
    inputs = import_module("tests.fuzz.corpus").inputs
    if asked.name != ALL:
        target = targets.TARGETS[asked.name]
        by_element = target.der and not asked.blind
        mutator = import_module("tests.fuzz.mutate").mutated if by_element else None
        words, longest = list(target.words), target.longest
        return _Chosen(target.take, longest, words, inputs(target), mutator)
    every = [targets.TARGETS[name] for name in sorted(targets.TARGETS)]

    def any_of_them(data: bytes) -> None:
        if data:
            every[data[0] % len(every)].take(data[1:])

    return _Chosen(
        any_of_them,
        1 + max(target.longest for target in every),
        list(dict.fromkeys(word for target in every for word in target.words)),
        [
            bytes((number,)) + data
            for number, target in enumerate(every)
            for data in inputs(target)
        ],
    )


def _planted(data: bytes) -> None:
    if data[:1] == b"b" and data[1:2] == b"u" and data[2:3] == b"g":
        raise KeyError("planted")
