# SPDX-License-Identifier: Apache-2.0
"""Reads the whole house with `ast`: its modules, what they import, how big they are.

Nothing is executed. What may stand where is said in `test_house`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PILLARS = ("schemas", "pki", "protocols")
BOTH_ENDS = ("gateway", "simulators")
ROOMS = (*PILLARS, *BOTH_ENDS, "client")
BESIDE = ("bench", "docs", "tests")
"""They judge, prove and measure: nobody imports them."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Import:
    """One name that a module imports."""

    module: str
    """The module named, `pki.names`; for `from pki import der` the package `pki`."""
    name: str
    """What is taken from it; empty where the module itself is imported."""
    line: int
    top: bool
    """Whether it runs when the module is imported, not later in a function."""

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Function:
    """One function, and how many lines it takes."""

    name: str
    lines: int


@dataclass(frozen=True)
class Module:
    """One file of the repository."""

    path: Path

    @property
    def place(self) -> str:
        """Where it lies, as a reader would write it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        """How others import it."""
        dotted = self.place.removesuffix(".py").replace("/", ".")
        return dotted.removesuffix(".__init__")

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        inside = {
            id(node)
            for function in ast.walk(self.tree)
            if isinstance(function, _FUNCTIONS)
            for node in ast.walk(function)
        }
        return tuple(
            found
            for node in ast.walk(self.tree)
            for found in _imports(node, top=id(node) not in inside)
        )

    @property
    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, _FUNCTIONS):
                assert node.end_lineno is not None
                yield Function(node.name, node.end_lineno - node.lineno + 1)

    def calls(self) -> Iterator[str]:
        """Every dotted name that is mentioned: `datetime.now`, `time.time`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield f"{node.value.id}.{node.attr}"


def _imports(node: ast.AST, *, top: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, "", node.lineno, top)
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name their room"
        for alias in node.names:
            yield Import(node.module or "", alias.name, node.lineno, top)


@cache
def _room(room: str) -> tuple[Module, ...]:
    return tuple(map(Module, sorted((ROOT / room).rglob("*.py"))))


LAUNCHER = Module(ROOT / "sekisho.py")


def modules(*rooms: str) -> list[Module]:
    """Every module of these rooms, in a fixed order."""
    return [module for room in rooms for module in _room(room)]


def everything() -> list[Module]:
    """Every module of the repository."""
    return [*modules(*ROOMS, *BESIDE), LAUNCHER]


def imported(module: Module, known: dict[str, Module]) -> set[str]:
    """The modules of ``known`` that run when ``module`` is imported."""
    found = set()
    for one in module.imports:
        if one.top:
            whole = f"{one.module}.{one.name}"
            found.add(whole if whole in known else one.module)
    return found & known.keys()


def reached(start: Module, known: dict[str, Module]) -> set[str]:
    """Every module of ``known`` that runs when ``start`` is imported, itself too."""
    found, waiting = {start.name}, [start.name]
    while waiting:
        for name in imported(known[waiting.pop()], known) - found:
            found.add(name)
            waiting.append(name)
    return found


def circles(known: dict[str, Module]) -> list[list[str]]:
    """Groups of modules that import each other, each in order of name."""
    ways = {name: reached(module, known) for name, module in known.items()}
    groups = {
        frozenset(other for other in way if name in ways[other])
        for name, way in ways.items()
    }
    return sorted(sorted(group) for group in groups if len(group) > 1)
