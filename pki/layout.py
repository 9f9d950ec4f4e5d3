# SPDX-License-Identifier: Apache-2.0
"""Where the files of an authority lie; the one place that knows their names.

::

    chain.pem                      issuing and root certificate: what stations believe
    plan.toml                      the plan; add stations here, then `issue` them
    clock.json                     a TEST network's clock, see `sekisho time`
    root/root.key, root.crt        needed once; move the key offline after `init`
    issuing/issuing.key, issuing.crt, index.json, crl.pem
    stations/<organisation>-<role>/<purpose>.key, <purpose>.crt, store.key
"""

from dataclasses import dataclass
from pathlib import Path

from pki.names import StationName
from pki.profiles import Purpose


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below one authority's directory; none is looked at."""

    directory: Path

    @property
    def chain(self) -> Path:
        """Issuing certificate, then root: the trust anchor file of every station."""
        return self.directory / "chain.pem"

    @property
    def plan(self) -> Path:
        """The plan that the authority goes by."""
        return self.directory / "plan.toml"

    @property
    def clock(self) -> Path:
        """A TEST network's clock, see `pki.network_clock`; not each one has it."""
        return self.directory / "clock.json"

    @property
    def root_key(self) -> Path:
        """The key that belongs offline."""
        return self.directory / "root" / "root.key"

    @property
    def root_certificate(self) -> Path:
        """The self-signed anchor."""
        return self.directory / "root" / "root.crt"

    @property
    def issuing_key(self) -> Path:
        """The key that every command but `init` signs with."""
        return self.issuing / "issuing.key"

    @property
    def issuing_certificate(self) -> Path:
        """The certificate of the issuing authority."""
        return self.issuing / "issuing.crt"

    @property
    def issuing(self) -> Path:
        """The issuing authority's directory, locked while a command changes it."""
        return self.directory / "issuing"

    @property
    def index(self) -> Path:
        """Every certificate ever issued, see ``pki/serials.py``."""
        return self.issuing / "index.json"

    @property
    def crl(self) -> Path:
        """The revocation list in force."""
        return self.issuing / "crl.pem"

    @property
    def stations(self) -> Path:
        """The parent of all stations' directories."""
        return self.directory / "stations"

    def station(self, station: StationName) -> Path:
        """The directory to be carried to one station."""
        return self.stations / f"{station.organisation}-{station.role}"

    def key(self, station: StationName, purpose: Purpose) -> Path:
        """A station's private key for one purpose."""
        return self.station(station) / f"{purpose.value}.key"

    def certificate(self, station: StationName, purpose: Purpose) -> Path:
        """A station's certificate for one purpose."""
        return self.station(station) / f"{purpose.value}.crt"

    def store_key(self, station: StationName) -> Path:
        """The 32 bytes under which a station's store is encrypted at rest."""
        return self.station(station) / "store.key"
