# SPDX-License-Identifier: Apache-2.0
"""The parts of a city's day at its size: each a command, watched from outside.

Everything is done by the commands that an operator has, against running processes. What
a process held at most stands in its own status; a command's is looked at while it runs.
"""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway import config as configs
from gateway.records.store import StoreReader
from pki.keystore import load_secret
from protocols.linkage_code import CodeMaker
from schemas.people import FourItems, SearchKey
from schemas.resident_messages import EightItems
from simulators.clock import machine
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network import ports
from simulators.network.build import Choices
from simulators.network.cli import import_copies
from simulators.network.files import Files
from simulators.network.processes import Processes
from simulators.peers.persons import PersonFile
from simulators.peers.store import Store as PeerStore
from simulators.register import Register
from simulators.register.basis import Operator
from simulators.register.search import Query
from simulators.residents import generate
from simulators.residents.linkage_copy import write_copies

SEED = "bench"
TITLES = ("city", "prefecture", "peers")
BY = ("--operator", "bench")
SEARCHER = Operator("bench", "BENCH-1")
LOOK_SECONDS = 0.02
PAGES = ("page_count", "page_size")


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was carried out."""

    seconds: float
    megabytes: float
    """What its process held at most."""


class Town:
    """One network with the processes that a city needs."""

    def __init__(self, files: Files, processes: Processes, residents: int) -> None:
        self.files = files
        self.residents = residents
        self._processes = processes

    @property
    def cs_config(self) -> str:
        return str(self.files.config(people.CITY_CS))

    @property
    def stores(self) -> dict[str, Path]:
        """Where each system keeps the city."""
        cs, provider = self.files.station(people.CITY_CS), people.PROVIDER
        return {
            "register": self.files.peer(people.REGISTER) / "register.sqlite",
            "cs": cs / "records.sqlite",
            "server": self.files.peer(people.PREFECTURAL_SERVER) / "records.sqlite",
            "provider": self.files.station(provider) / "records.sqlite",
        }

    def megabytes(self, title: str) -> float:
        """What a process of the network held at most so far."""
        child = next(one for one in self._processes.children if one.title == title)
        return highest(child.process.pid)

    def stored(self, system: str) -> int:
        """Bytes of a system's file, with what only its log holds yet."""
        address = f"{self.stores[system].as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as db:
            pages = [db.execute(f"PRAGMA {n}").fetchone()[0] for n in PAGES]
        return int(pages[0] * pages[1])

    def fill(self, what: str) -> Done:
        words = ("--residents", str(self.residents)) if what == "register" else ()
        where = ("--network", str(self.files.root))
        return command("simulate", "fill", what, *where, *words)

    def open_cs(self) -> None:
        words = (*BY, "--approved-by", "another", "--persons", str(self.residents))
        command("cs", "load", "open", "--config", self.cs_config, *words)

    def check(self) -> Done:
        """From the asking until both servers have told."""
        return command("cs", "check", "--config", self.cs_config, *BY, "--wait")

    def import_copies(self) -> Done:
        """The whole city's copies, beside the running station."""
        codes = CodeMaker(self.files.code_key.read_bytes())
        path, city = self.files.root / "copies.jsonl", people.CITY
        everybody = generate(SEED, self.residents, city)
        write_copies(path, everybody, lambda r: codes.code(r.person_id, city), ())
        config = str(self.files.config(people.PROVIDER))
        return command("gateway", "import", "--config", config, *BY, str(path))

    # -- searches ------------------------------------------------------------------

    def some(self, count: int) -> list[EightItems]:
        """People who are spread over the city."""
        with closing(self._register()) as register:
            step = max(1, self.residents // count)
            stream = enumerate(register.consistency.stream())
            return [EightItems.of(one) for place, one in stream if place % step == 0]

    def at_register(self, asked: list[EightItems]) -> list[float]:
        """Seconds of each search at the register, with its line of the record."""
        with closing(self._register()) as register:
            return [
                _timed(
                    lambda one=one: register.search.find(
                        Query(name=one.kanji_name, born=one.date_of_birth),
                        SEARCHER,
                        "CHECK",
                    )
                )
                for one in asked
            ]

    def at_cs(self, asked: list[EightItems]) -> list[float]:
        """Seconds of each search in the file of the CS."""
        config = configs.load(self.files.config(people.CITY_CS))
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            return [
                _timed(
                    lambda one=one: store.identities_like(
                        name=one.kanji_name, birth=one.date_of_birth
                    )
                )
                for one in asked
            ]

    def at_server(self, asked: list[EightItems]) -> list[float]:
        """Seconds of each search in the file of the prefectural server."""
        with closing(PeerStore(self.stores["server"])) as store:
            persons = PersonFile(store)
            return [
                _timed(lambda one=one: persons.find(_key(one), 51)) for one in asked
            ]

    def _register(self) -> Register:
        return Register.open(self.stores["register"], machine, lambda n: bytes(n))


@contextmanager
def town(folder: Path, residents: int) -> Iterator[Town]:
    """A new network for a city of this size, running; its files stay in ``folder``."""
    files = Files(folder / f"city-{residents}")
    network = building.build(files, Choices(seed=SEED, residents=100, vouched=False))
    import_copies(files)
    processes = Processes(files, TITLES)
    try:
        processes.start()
        yield Town(files, processes, residents)
    finally:
        processes.stop()
        ports.release(network.first_port)


def command(*words: str) -> Done:
    """One command of ours, to its end; raises `RuntimeError` with what it wrote."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sekisho", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peaks: list[float] = []
    watch = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watch.start()
    wrote, _ = process.communicate()
    took = time.perf_counter() - begun
    watch.join()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words[:3])}: {wrote[-2000:]}")
    return Done(took, max(peaks, default=0.0))


def _watch(process: "subprocess.Popen[str]", peaks: list[float]) -> None:
    while process.poll() is None:
        peaks.append(highest(process.pid))
        time.sleep(LOOK_SECONDS)


def highest(pid: int) -> float:
    """The most that a process held itself, in megabytes; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = [one for one in status.splitlines() if one.startswith("VmHWM:")]
    return int(found[0].split()[1]) / 1024 if found else 0.0


def _key(one: EightItems) -> SearchKey:
    items = FourItems(kanji_name=one.kanji_name, date_of_birth=one.date_of_birth)
    return SearchKey(four_items=items)


def _timed(work: "object") -> float:
    assert callable(work)
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
