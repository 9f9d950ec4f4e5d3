# SPDX-License-Identifier: Apache-2.0
"""What one run gave: rates, processor time, latencies. Values only."""

from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Mark:
    """What was counted up to one moment."""

    at: float
    finished: int
    gateway: float
    """Seconds of processor time, as is `driver`."""
    driver: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, between two marks."""

    transactions: int
    seconds: float
    gateway_cpu: float
    driver_cpu: float
    latencies: tuple[float, ...] = field(repr=False)
    """Seconds from a message's first byte to what the path ends with, sorted."""
    sizes: dict[str, int]
    """Bytes of sealed content by message type, as they really were."""
    batch: float
    """Transactions told in one notice, on average."""

    @classmethod
    def between(
        cls,
        begun: Mark,
        ended: Mark,
        latencies: list[float],
        sizes: dict[str, int],
        batch: float,
    ) -> Self:
        """What happened from one mark to the other."""
        return cls(
            transactions=ended.finished - begun.finished,
            seconds=ended.at - begun.at,
            gateway_cpu=ended.gateway - begun.gateway,
            driver_cpu=ended.driver - begun.driver,
            latencies=tuple(sorted(latencies)),
            sizes=dict(sizes),
            batch=batch,
        )

    @property
    def rate(self) -> float:
        """Transactions a second, by the clock on the wall."""
        return self.transactions / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the gateway's processor time for one transaction."""
        return self.gateway_cpu / self.transactions * 1e6

    @property
    def gateway_share(self) -> float:
        """How much of its core the gateway used."""
        return self.gateway_cpu / self.seconds

    @property
    def driver_share(self) -> float:
        """How much of its core the driver used."""
        return self.driver_cpu / self.seconds

    def milliseconds(self, share: float) -> float:
        """The time within which this share of the transactions was done."""
        place = min(len(self.latencies) - 1, int(share * len(self.latencies)))
        return self.latencies[place] * 1e3
