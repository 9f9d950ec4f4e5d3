# SPDX-License-Identifier: Apache-2.0
"""Fictional residents: whole cities of them, and none is anybody.

Every number is of the simulation realm (`protocols.identifiers.Realm`), so none can be
a living person's; names and readings match, households make sense, and the same seed
gives the same city byte for byte.
"""

from simulators.residents.record import identity_record
from simulators.residents.resident import City, Resident, generate
from simulators.residents.tables import (
    Municipality,
    Name,
    Sex,
    Town,
    UnknownMunicipality,
    municipality_of,
)

__all__ = [
    "City",
    "Municipality",
    "Name",
    "Resident",
    "Sex",
    "Town",
    "UnknownMunicipality",
    "generate",
    "identity_record",
    "municipality_of",
]
