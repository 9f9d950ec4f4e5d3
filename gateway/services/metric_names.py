# SPDX-License-Identifier: Apache-2.0
"""Every number that a station gives to Prometheus: its labels and what it tells.

The one table of names; the collector and ``docs/operation.md`` are made from it. A
name, once released, stays. Every label's values are words of ours, and few.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Number(NamedTuple):
    """One row."""

    tells: str
    labels: tuple[str, ...] = ()


_MESSAGE: Final = ("outcome", "direction", "type", "code")
_LISTENER: Final = ("listener",)

METRICS: Final[Mapping[str, Number]] = {
    "sekisho_build_info": Number("What runs here.", ("station", "version")),
    "sekisho_start_time_seconds": Number("When it started."),
    "sekisho_messages_total": Number("Events on record since the start.", _MESSAGE),
    "sekisho_refusals_total": Number(
        "Refused messages: a peer's by us (in), ours by a peer (out).",
        ("direction", "code"),
    ),
    "sekisho_strangers_refused_total": Number(
        "Links and requests cut off, by reason.", ("reason",)
    ),
    "sekisho_handshakes_failed_total": Number("Links never proven.", _LISTENER),
    "sekisho_connections": Number("Open links; `peers`: opened by us.", _LISTENER),
    "sekisho_connections_unproven": Number(
        "Of them, those of callers that proved nothing yet.", _LISTENER
    ),
    "sekisho_connections_turned_away_total": Number(
        "Closed because there were too many.", _LISTENER
    ),
    "sekisho_outbox_messages": Number("Messages that wait for a peer."),
    "sekisho_outbox_age_seconds": Number("How long the oldest of them waits."),
    "sekisho_holds": Number("Answers that wait for a person."),
    "sekisho_holds_age_seconds": Number("How long the oldest of them waits."),
    "sekisho_media_waiting": Number("Outputs to media that wait for an approver."),
    "sekisho_media_overdue": Number("Media that stand at one step for too long."),
    "sekisho_commit_seconds": Number(
        "Histogram: from handing a work in until it is durable, one at a time."
    ),
    "sekisho_commits_total": Number("Transactions."),
    "sekisho_works_total": Number("Works done in them."),
    "sekisho_store_available": Number("1 while the store can be written."),
    "sekisho_store_bytes": Number("The store's files."),
    "sekisho_store_free_bytes": Number("Free on its disk."),
    "sekisho_log_entries": Number(
        "Entries of the record's log: signed, cosigned, stamped, proven.", ("part",)
    ),
    "sekisho_log_age_seconds": Number(
        "How old the newest of them is: signed, cosigned, stamped.", ("part",)
    ),
    "sekisho_component_info": Number(
        "1 for each component with its loaded version.", ("component", "version")
    ),
    "sekisho_patches_open": Number("Advisories not met.", ("severity",)),
    "sekisho_patches_overdue": Number("Of them, those past their last day."),
    "sekisho_clock_seconds": Number("The station's clock."),
    "sekisho_clock_jumps_total": Number("How often the clock was moved."),
    "sekisho_certificate_days": Number(
        "Days left, of the revocation list too.", ("certificate",)
    ),
    "sekisho_closed_by_restore": Number(
        "1 while it was restored from a backup and is not reconciled yet."
    ),
    "sekisho_open": Number("1 while it is open by its calendar, or has none."),
    "sekisho_hours_change_seconds": Number(
        "Until it closes, or opens; +Inf without a calendar."
    ),
    "sekisho_health": Number("1 well, 0.5 a warning, 0 failing.", ("check",)),
    "sekisho_ready": Number("1 while nothing fails."),
    "sekisho_task_failures_total": Number("Rounds that failed.", ("task",)),
    "sekisho_reloads_total": Number("How often new certificates were taken over."),
}
