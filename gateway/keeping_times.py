# SPDX-License-Identifier: Apache-2.0
"""How long everything is kept that a station holds, why so long, and what ends it.

The one table of keeping times. The numbers stand where they are used and are taken from
there; `docs/record.md` shows the table, and tests hold both against the schema: no
table of the store is without a row here.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from gateway.config import Keeping
from gateway.records import keeping, months
from gateway.roles import cs_arrivals
from gateway.rules import media, neighbour
from gateway.services import submissions, sweeper
from protocols import limits

STAYS: Final = "no end"


class Kept(NamedTuple):
    """One kind of what is kept."""

    what: str
    tables: tuple[str, ...]
    """Where it lies in the store."""
    how_long: str
    ends_by: str
    """What takes it away; empty where nothing does."""
    rule: str
    """The rule behind it; where the source gives no time, whose choice it is."""


def _days(time: timedelta) -> str:
    return f"{time.days} days"


_SKEW: Final = f"{limits.MAX_SKEW.seconds // 60} minute after its own time"
_YEARS: Final = f"{months.KEPT_YEARS} years, whole months"
_LONG: Final = f"{keeping.KEPT_YEARS} years"
_SWEEPER: Final = "the sweeper, every minute"
_ERASER: Final = "the eraser or `records erase`, by destroying the month's key"
_LOG: Final = "番号法第23条: what proves the record outlives it, and names nobody"
_OURS: Final = "ours; the source gives no time"

KEPT: Final[tuple[Kept, ...]] = (
    Kept(
        "the record of what was sent, received, refused, held and done",
        ("events", "event_finds"),
        _YEARS,
        _ERASER,
        "R-110, R-111, R-144, R-152; 番号法第23条",
    ),
    Kept(
        "what lies beside the record of a linkage transaction, once settled",
        ("holds", "inquiries", "announced", "transactions"),
        _YEARS,
        _ERASER,
        "R-110, R-152; 番号法第23条",
    ),
    Kept(
        "entries, roots, heads, co-signatures and time-stamps of the record's log",
        (
            *("log_tiles", "log_heads", "log_cosigned", "log_witnesses"),
            *("log_stamps", "log_clock", "witnessed_logs"),
        ),
        STAYS,
        "",
        _LOG,
    ),
    Kept(
        "what was erased of the record, by whom, and which entry was whose",
        ("erasures", "erased_ids"),
        STAYS,
        "",
        "R-152: a record of the purge",
    ),
    Kept(
        "legal holds, the ended ones too",
        ("legal_holds",),
        STAYS,
        "",
        _OURS,
    ),
    Kept(
        "the identity information file: present records of residents",
        ("identities",),
        STAYS,
        "",
        "R-211: the city erases nothing on its own account",
    ),
    Kept(
        "its earlier states, who was removed, and numbers of the dead",
        ("identity_history", "keeping"),
        _LONG,
        "the keeper, every minute; `cs dispose` where the clock is doubted",
        "R-210, R-212; 住民基本台帳法施行令第34条第2項",
    ),
    Kept(
        "the sending-destination file",
        ("destinations", "destination_persons"),
        f"{Keeping().destination_days} days (`keeping.destination_days`), never in a "
        "backup",
        "the keeper, in one batch",
        "R-095, R-096, R-097, R-098; the number is ours",
    ),
    Kept(
        "what came for an own system and waits for it",
        ("arrivals",),
        f"until it is taken over, and {_days(cs_arrivals.KEPT)} at most; a move-out "
        f"certificate {_days(neighbour.KEPT_AFTER_THE_MOVE)} after the planned day",
        _SWEEPER,
        "R-087; else ours",
    ),
    Kept(
        "copies of residents' information",
        ("copies", "copy_version", "imports"),
        "until an import leaves them out",
        "the import of the next file",
        "R-141: the tie is kept; R-145",
    ),
    Kept(
        "acquisitions of a linkage code that are under way",
        ("acquisitions",),
        "until the code came, or its time is over",
        _SWEEPER,
        _OURS,
    ),
    Kept(
        "messages that are owed, and their answers once settled",
        ("outbox", "given_up", "notices"),
        f"until they are settled; then {_days(sweeper.SETTLED_DAYS)}, without content",
        _SWEEPER,
        _OURS,
    ),
    Kept(
        "what own systems handed in, to answer a repetition",
        ("submissions",),
        _days(submissions.KEPT),
        _SWEEPER,
        _OURS,
    ),
    Kept(
        "messages and permits that were used: each once",
        ("seen", "permits"),
        _SKEW,
        _SWEEPER,
        "after its own time it is refused anyway; ours",
    ),
    Kept(
        "the ledger of electronic media",
        ("media", "media_acts"),
        f"{media.KEPT.days} days after a medium is over",
        _SWEEPER,
        "R-101, R-214; seven years as the record, ours",
    ),
    Kept(
        "the state of fillings and of checks that go on",
        ("loads", "checks", "check_results"),
        STAYS,
        "",
        "they tell who filled and who checked, and no resident; ours",
    ),
    Kept(
        "what is known of masters, patches and returns from a backup",
        (
            *("masters", "patch_confirmations"),
            *("restores", "restore_peers", "restore_numbers"),
        ),
        STAYS,
        "",
        "nobody is named in it; ours",
    ),
    Kept("facts about the store itself", ("settings",), STAYS, "", _OURS),
)
