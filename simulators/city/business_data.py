# SPDX-License-Identifier: Apache-2.0
"""What business systems hold for information linkage, as the addressee system takes it.

Kept by person, kind of information and system, the newest of each. It is kept apart and
never passed on: of the kinds that the matching list names, the affair of the resident
register provides 住民票関係情報 alone (Ⅱ(1)５ 提供先1 ③), and that is the register's to
tell. No type of message takes another kind on to the intermediate server.
"""

import re
from collections.abc import Mapping
from typing import Final

from schemas.matching_list import KINDS
from schemas.messages import write_payload
from schemas.register_messages import BusinessLinkageData
from simulators.city.reasons import Reason, Refused
from simulators.city.store import Store

SCHEMA: Final = """
CREATE TABLE business_data (addressee TEXT, kind TEXT, system TEXT,
    sequence INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (addressee, kind, system)) STRICT;
"""
_LIKE_A_NUMBER: Final = re.compile(r"\d{11}|\d{4}([- \u3000])\d{4}\1\d{4}")
"""Text with room for a number of a person, also in fours as a card shows it: nobody
could say whose it is."""


class BusinessData:
    """The data of business systems in one addressee system."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, value: BusinessLinkageData, system: str) -> bool:
        """Keep what is newer than what is held; whether it is. Raises `Refused`."""
        if KINDS[value.kind].provided_by_this_affair:
            raise Refused(Reason.SOURCE)
        texts = (text for one in value.items for text in (one.label, one.value))
        if any(map(_LIKE_A_NUMBER.search, texts)):
            raise Refused("SK-X04")
        key = value.addressee_number, value.kind, system
        sequence, body = value.update_sequence_number, write_payload(value)
        held = self._store.row(
            "SELECT sequence, body FROM business_data"
            " WHERE addressee = ? AND kind = ? AND system = ?",
            *key,
        )
        if held is not None and sequence < held[0]:
            return False
        if held is not None and sequence == held[0] and body != held[1]:
            raise Refused(Reason.CONTRADICTS)
        sql = "INSERT OR REPLACE INTO business_data VALUES (?, ?, ?, ?, ?)"
        self._store.run(sql, *key, sequence, body)
        return True

    def held(self, addressee_number: str) -> Mapping[str, int]:
        """The sequence number of what is held of somebody, by system and kind."""
        sql = (
            "SELECT system || ' ' || kind, sequence FROM business_data"
            " WHERE addressee = ? ORDER BY system, kind"
        )
        return dict(self._store.rows(sql, addressee_number))
