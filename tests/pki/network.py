# SPDX-License-Identifier: Apache-2.0
"""One small network, made once at NOON, and the names of its stations."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from pki import authority
from pki.issuance import Issuer
from pki.keystore import load_certificate, load_p256_key
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation, Validity
from pki.profiles import Purpose

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""When everything here is issued; no test ages."""

CITY = StationName("102024", "municipal_cs")
PREFECTURE = StationName("100005", "prefectural_server")
CORE = StationName("NWS000", "information_provision_network_system")
BUSINESS = StationName("102024", "individual_business_system")

PLAN = Plan(
    network=Network(name="Example", test=True),
    validity=Validity(tls_days=100, crl_days=7),
    stations=(
        PlannedStation(
            organisation="102024",
            role="municipal_cs",
            name="高崎市",
            hosts=("cs.example", "192.0.2.1", "2001:db8::1"),
        ),
        PlannedStation(organisation="100005", role="prefectural_server", name="群馬県"),
        PlannedStation(
            organisation="NWS000",
            role="information_provision_network_system",
            name="情報提供ネットワークシステム",
        ),
        PlannedStation(
            organisation="102024",
            role="individual_business_system",
            name="高崎市",
            purposes=(Purpose.TLS,),
        ),
    ),
)


def made(directory: Path) -> Layout:
    """A new network of this plan, with keys of its own."""
    authority.build(PLAN, directory, NOON)
    return Layout(directory)


def copied(layout: Layout, directory: Path) -> Layout:
    """The same network in another place, to be changed by one test."""
    shutil.copytree(layout.directory, directory)
    return Layout(directory)


def issuer(layout: Layout) -> Issuer:
    """The issuing authority, for tests that sign what it never would."""
    return Issuer(
        load_p256_key(layout.issuing_key), load_certificate(layout.issuing_certificate)
    )
