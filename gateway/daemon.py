# SPDX-License-Identifier: Apache-2.0
"""One process and its stations, from the first signal to the last.

SIGTERM or SIGINT: a clean stop, which is over within `STOP_SECONDS` whatever peers and
disks do; the second of them ends the process at once. SIGHUP: certificates, chain and
revocation list are read again. A process whose TEST network's clock cannot be believed
any more stops by itself, as cleanly. An end at any moment loses nothing: what was
acknowledged is in the store, and what is owed is in the outbox there.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.error import ReactorNotRunning
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from gateway.assembly import Around, start
from gateway.config import Config, ConfigRefused
from gateway.records.errors import RecordsError
from gateway.running import Running
from gateway.services import logs
from gateway.services.clock import (
    LOOK_SECONDS,
    Clock,
    common_clock,
    machine_of,
    problem_of,
)
from gateway.services.clock_watch import ClockWatch
from gateway.services.notify import Notifier
from pki.errors import PkiError
from pki.network_clock import ClockRefused

log = logging.getLogger(__name__)

STOP_SECONDS = 4.8
"""From the signal to the end of the process, at the latest."""
CLOCK_INTERVAL = 1.0
CUT_SHORT = 3
"""Exit status of a stop that could not finish in time."""


class NotStarted(Exception):
    """A station could not be started; nothing is left running.

    The text begins with the station's configuration file, then says what is wrong there
    or with a file that it names, and what to do.
    """


def run(
    stations: Mapping[Path, Config],
    *,
    verbose: bool = False,
) -> None:
    """Run stations, by their files, until a signal stops them.

    Raises `NotStarted`; and `ClockRefused`, once stopped, where a network's clock was
    lost.
    """
    from twisted.internet import reactor

    _start_logs(stations, verbose)
    try:
        clock = common_clock(stations)
    except ConfigRefused as error:
        raise NotStarted(str(error)) from None
    _Process(stations, clock, reactor).run()


def _start_logs(stations: Mapping[Path, Config], verbose: bool) -> None:
    """The most talkative station decides; a process has one log."""
    wanted = [config.log for config in stations.values()]
    level = min((one.level for one in wanted), key=lambda name: logs.LEVELS[name])
    logs.start("debug" if verbose else level, wanted[0].format)


class _Process:
    """See the module."""

    def __init__(
        self, stations: Mapping[Path, Config], clock: Clock, reactor: Any
    ) -> None:
        self._stations = stations
        self._reactor = reactor
        watch = ClockWatch(machine_of(clock), time.monotonic)
        self._around = Around(clock, watch, reactor)
        self._running: list[Running] = []
        self._notifier = Notifier.from_environment()
        self._stopping = False
        """A signal has come."""
        self._ending = False
        """Stations are being stopped."""
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Until the reactor stops; raises why it could not start."""
        # A wall clock that is set back would hold up every timer of Twisted's.
        self._reactor.seconds = time.monotonic
        signal.signal(signal.SIGHUP, self._hang_up)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._terminate)
        self._reactor.addSystemEventTrigger(
            "before", "shutdown", lambda: Deferred.fromCoroutine(self._stop())
        )
        self._reactor.callWhenRunning(
            lambda: Deferred.fromCoroutine(self._start()).addErrback(self._failed)
        )
        self._reactor.run(installSignalHandlers=False)
        if self._failure is not None:
            raise self._failure

    # -- signals -------------------------------------------------------------------

    def _terminate(self, number: int, _: object) -> None:
        if self._stopping:
            _end(128 + number, "a second signal: ending at once")
        self._stopping = True
        self._reactor.callFromThread(self._reactor.stop)

    def _hang_up(self, number: int, _: object) -> None:
        self._reactor.callFromThread(self._reload)

    def _reload(self) -> None:
        if len(self._running) < len(self._stations) or self._stopping:
            return  # everything is about to be read anyway, or never again
        self._notifier.reloading()
        for one in self._running:
            one.reload()
        log.info("certificates and revocation lists were read again")
        self._notifier.ready(self._told())

    # -- from start to stop ----------------------------------------------------------

    async def _start(self) -> None:
        self._every(CLOCK_INTERVAL, self._around.clock_watch.look)
        self._every(LOOK_SECONDS, self._ask_the_time)
        for path, config in self._stations.items():
            try:
                one = await start(config, self._around)
            except (ConfigRefused, PkiError, RecordsError, OSError) as error:
                raise NotStarted(f"{path}: {error}") from None
            self._running.append(one)
            log.info("%s: ready", config.station.name)
            if self._ending:  # it was told to while this station was being made
                await one.stop()
                return
        self._notifier.ready(self._told())
        if self._notifier.watchdog_seconds:
            self._every(self._notifier.watchdog_seconds, self._alive)

    async def _stop(self) -> None:
        self._stopping = self._ending = True
        hurry = threading.Timer(
            STOP_SECONDS, _end, (CUT_SHORT, "the stop took too long: ending now")
        )
        hurry.daemon = True
        hurry.start()
        self._notifier.stopping()
        log.info("stopping: finishing what is in flight")
        await gatherResults(
            [Deferred.fromCoroutine(one.stop()) for one in self._running]
        )
        log.info("stopped")

    def _failed(self, failure: Failure) -> None:
        self._give_up(failure.value)

    def _give_up(self, error: BaseException | None) -> None:
        self._failure = error
        with suppress(ReactorNotRunning):  # a signal was faster
            self._reactor.stop()

    async def _ask_the_time(self) -> None:
        """So that a move is noticed where nothing else goes on, and a lost clock."""
        clock = self._around.clock
        clock()
        problem = problem_of(clock)
        if problem and not self._ending:
            log.error("stopping, because nobody knows what time it is: %s", problem)
            self._give_up(ClockRefused(problem))

    async def _alive(self) -> None:
        self._notifier.watchdog()

    def _every(self, seconds: float, work: Any) -> None:
        loop = LoopingCall(lambda: Deferred.fromCoroutine(work()))
        loop.clock = self._reactor
        loop.start(seconds, now=True)

    def _told(self) -> str:
        names = [str(one.station.name) for one in self._running]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return f"{names[0]}{more}: at work" if names else "at work"


def _end(status: int, why: str) -> NoReturn:
    """Now. A killed daemon loses nothing, so neither does one that ends itself."""
    log.warning("%s", why)
    os._exit(status)
