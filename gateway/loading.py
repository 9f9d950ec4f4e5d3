# SPDX-License-Identifier: Apache-2.0
"""Reads everything that a station needs, before anything of it runs."""

from typing import Any

from gateway.calendars import Calendars
from gateway.calendars import read as read_calendars
from gateway.config import Config, ConfigRefused
from gateway.records.measured import MeasuredStore
from gateway.roles.core_role import CoreSystem
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.municipal_cs import MunicipalCs
from gateway.services.clock import Clock
from gateway.station import (
    Station,
    load_codes,
    load_directory,
    load_keys,
    load_tables,
    must_follow,
)
from pki.keystore import load_secret

ROLES: dict[str, Any] = {
    "information_provision_network_system": CoreSystem,
    "intermediate_server": IntermediateServer,
    "municipal_cs": MunicipalCs,
}
"""The roles that this daemon plays; every other system is a simulator's business."""


def load_station(config: Config, clock: Clock, reactor: Any) -> Station:
    """Read everything that a station needs; raises what is wrong with it."""
    if config.station.role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise ConfigRefused(f"station.role: this program plays {known}; write one")
    directory = load_directory(config, clock())
    keys, codes = load_keys(config), load_codes(config)
    calendars, tables = Calendars(read_calendars(config)), load_tables(config)
    key = load_secret(config.store.key)
    store = MeasuredStore.open(
        config.store.path, key, reactor.callFromThread, months=config.store.month_keys
    )
    try:
        must_follow(config, directory.master, store)
    except BaseException:
        store.close()
        raise
    return Station(config, keys, directory, store, codes, None, calendars, tables)
