# SPDX-License-Identifier: Apache-2.0
"""A station of the small network as files, the way commands and daemons find it."""

from pathlib import Path
from typing import Any

from pki.keystore import write_private
from pki.layout import Layout
from pki.names import StationName
from pki.profiles import Purpose
from tests.gateway.world import CORE, PORTS, STORE_KEY, World

Tables = dict[str, dict[str, Any]]


def tables(layout: Layout, name: StationName, folder: Path) -> Tables:
    """What the configuration of a station says."""
    return {
        "station": {"organisation": name.organisation, "role": name.role},
        "outside": {"port": PORTS[name]},
        "keys": {
            "directory": str(layout.station(name)),
            "chain": str(layout.chain),
            "crl": str(layout.crl),
        },
        "master": {
            "path": str(folder / "master.cms"),
            "anchor": str(layout.certificate(CORE, Purpose.SIGNING)),
        },
        "store": {"path": "records.sqlite", "key": "store.key"},
    }


def toml(of: Tables, **head: Any) -> str:
    """TOML of plain tables."""
    lines = [f"{name} = {_value(value)}" for name, value in head.items()]
    for table, values in of.items():
        lines.append(f"[{table}]")
        lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def configured(world: World, name: StationName, folder: Path) -> Path:
    """A configuration file beside the store key of this network's tests."""
    write_private(folder / "store.key", STORE_KEY)
    path = folder / "station.toml"
    path.write_text(toml(tables(world.layout, name, folder)), encoding="utf-8")
    return path
