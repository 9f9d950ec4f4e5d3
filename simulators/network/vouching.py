# SPDX-License-Identifier: Apache-2.0
"""Who vouches for whose record in a network: witnesses, and the time-stamp authority.

Every station asks two others of its own half, so that each half stands alone; one of
the two is enough. The core and the two providers of linkage are everybody's witnesses
there, the three CSs are each other's.
"""

from collections.abc import Mapping
from typing import Final

from pki.names import StationName
from simulators.network import parties as people
from simulators.network import ports

QUORUM: Final = 1
COSIGN_SECONDS: Final = 2.0
"""Shorter than a real network's: somebody looks on."""
_LINKAGE: Final = (people.CORE, people.PROVIDER, people.SECOND_PROVIDER)
_RESIDENT: Final = (people.CITY_CS, people.SECOND_CS, people.NEIGHBOUR_CS)


def witnesses_of(name: StationName) -> list[StationName]:
    """Those whom a station asks to co-sign, none of which is itself."""
    circle = _RESIDENT if name in _RESIDENT else _LINKAGE
    return [one for one in circle if one != name][:2]


def proof_of(name: StationName, first_port: int) -> Mapping[str, object]:
    """The table [proof] of a station's configuration, two folders below the network."""
    return {
        "witnesses": [str(one) for one in witnesses_of(name)],
        "quorum": QUORUM,
        "cosign_every": COSIGN_SECONDS,
        "authority": f"http://127.0.0.1:{ports.timestamps_of(first_port)}/",
        "authority_root": "../../tsa/root.crt",
    }
