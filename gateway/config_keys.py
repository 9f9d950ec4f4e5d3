# SPDX-License-Identifier: Apache-2.0
"""Every key of a station's configuration: what is wanted there, and what it does.

The one table of keys. What an operator reads when a value is refused comes from here,
and so does the table in ``docs/operation.md``; a test holds it against the structs of
`gateway.config`. A key, once released, stays: new code runs with the old file.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

PORT: Final = "a port from 1 to 65535"
HOST: Final = "an address of this machine, such as 127.0.0.1 or ::1"
PATH: Final = "a path; relative ones begin at the folder of this file"
STATION: Final = "a station, written organisation/role"
SECONDS: Final = "seconds, above 0 and at most 315360000 (ten years)"
COUNT: Final = "a whole number from 1 to 1000000"
HOURS: Final = "hours, above 0 and at most 8760"
NAMES: Final = "a list of persons' names"


class Key(NamedTuple):
    """One key of the file."""

    wanted: str
    """What is written there."""
    does: str
    """What it is for."""


KEYS: Final[Mapping[str, Key]] = {
    "prefecture": Key(
        "six characters 0-9 A-Z",
        "municipal CS: the organisation code of its prefecture",
    ),
    "profile": Key(
        "document or separated",
        "intermediate server: how linkage codes are got; separated: without ever "
        "being given an individual number",
    ),
    "code_key": Key(PATH, "core: the key that linkage codes are made with"),
    "clock": Key(PATH, "TEST networks only: the clock that 'sekisho time' moves"),
    "calendar": Key(PATH, "when this station is open; without it, always"),
    "peer_calendars": Key(
        PATH, "the folder of its peers' calendars, each named ORGANISATION-ROLE.toml"
    ),
    "tables": Key(PATH, "the folder that 'sekisho tables load' writes into"),
    "station.organisation": Key("six characters 0-9 A-Z", "whose station this is"),
    "station.role": Key("a system id, such as municipal_cs", "what it is there"),
    "outside.port": Key(PORT, "where peers connect"),
    "outside.host": Key(HOST, "the address for peers"),
    "inside.port": Key(PORT, "where the organisation's own systems connect"),
    "inside.host": Key(HOST, "the address for them"),
    "inside.clients": Key(f"a list; each one {STATION}", "who of them may connect"),
    "admin.port": Key(PORT, "where metrics, health and status are asked for"),
    "admin.host": Key("a loopback address: 127.0.0.1 or ::1", "the address for it"),
    "keys.directory": Key(PATH, "the folder of this station's keys and certificates"),
    "keys.chain": Key(PATH, "the certificates of the network's authority"),
    "keys.crl": Key(PATH, "the authority's revocation list"),
    "keys.passphrase_file": Key(PATH, "the passphrase of its private keys, if locked"),
    "master.path": Key(PATH, "the signed master"),
    "master.anchor": Key(PATH, "the core's certificate that the master is signed with"),
    "master.longest_days": Key(
        "a whole number from 1 to 3650",
        "days from a master's issue after which nothing is sent or taken by it",
    ),
    "store.path": Key(PATH, "the record store; made by 'sekisho gateway init'"),
    "store.key": Key(PATH, "the 32 bytes that its contents are encrypted with"),
    "store.month_keys": Key(
        PATH,
        "the folder of the keys of the record's months; without it, beside store.key, "
        "with .months behind its name; keep it out of the store's backups",
    ),
    "timing.answer_by": Key(SECONDS, "core: from a permit to the last unheld answer"),
    "timing.release_by": Key(SECONDS, "core: from a permit to the last release"),
    "timing.route_days": Key("a whole number from 1 to 31", "core: a route's life"),
    "timing.hold_longest": Key(SECONDS, "provider: how long a hold may wait"),
    "timing.hold_business_days": Key(
        "a whole number from 1 to 60",
        "provider: instead, to the closing of so many business days later",
    ),
    "timing.notice_every": Key(SECONDS, "provider: between two notices to the core"),
    "timing.retry_first": Key(SECONDS, "before a message is offered a second time"),
    "timing.retry_longest": Key(SECONDS, "the longest time between two offers"),
    "timing.trust_every": Key(
        "seconds, above 0 and at most 60",
        "between two looks at the revocation list and at every link that stands",
    ),
    "limits.connections": Key(COUNT, "links at once, for each listener"),
    "limits.unproven_connections": Key(
        COUNT, "of them, those whose callers have not shown who they are"
    ),
    "limits.station_connections": Key(COUNT, "of them, those of one station"),
    "limits.idle_seconds": Key(SECONDS, "for a link between two requests"),
    "limits.request_seconds": Key(SECONDS, "for a request, and for taking its answer"),
    "limits.handshake_seconds": Key(SECONDS, "from a connection to a proven peer"),
    "limits.peer_connections": Key(
        "a whole number from 1 to 256", "links that we open to one peer"
    ),
    "log.level": Key("debug, info, warning or error", "what is logged at least"),
    "log.format": Key(
        "auto, json or text", "auto: text on a terminal, JSON lines elsewhere"
    ),
    "health.certificate_days": Key(
        "a whole number from 1 to 3650", "days before its end a certificate is told of"
    ),
    "health.list_hours": Key(
        "hours, above 0 and at most 8760", "hours before its end the CRL is told of"
    ),
    "health.free_megabytes": Key(
        "a whole number from 1 to 1000000", "free space below which it is told of"
    ),
    "health.outbox_seconds": Key(
        SECONDS, "how long a message may wait before it is told of"
    ),
    "patches.advisories": Key(
        PATH, "the list of versions that are needed; without it, none is held against"
    ),
    "patches.critical_days": Key(
        "0, or a whole number up to 3650", "days until a critical one is overdue"
    ),
    "patches.high_days": Key(
        "0, or a whole number up to 3650", "days until a high one is overdue"
    ),
    "media.writers": Key(NAMES, "who may put content on a medium; nobody if empty"),
    "media.approvers": Key(NAMES, "who approves large outputs beforehand"),
    "media.approval_above": Key(
        "0, or a whole number up to 1000000",
        "persons that an output may hold without approval",
    ),
    "media.approval_hours": Key(
        "hours, above 0 and at most 8760",
        "how long a request waits for approval, and an approval for the writing",
    ),
    "media.days_out": Key(
        "a whole number from 1 to 3650", "days at one step before a medium is overdue"
    ),
    "proof.witnesses": Key(
        f"a list; each one {STATION}", "who co-signs the heads of our record's log"
    ),
    "proof.quorum": Key(
        "a whole number from 1 to the number of witnesses",
        "how many of them must have co-signed a head",
    ),
    "proof.cosign_every": Key(SECONDS, "between two heads that they are asked about"),
    "proof.cosigned_hours": Key(
        HOURS, "how old a co-signed head may be before nothing is sent any more"
    ),
    "proof.authority": Key(
        "an address that begins with http:// or https://",
        "the time-stamp authority (RFC 3161); none if empty",
    ),
    "proof.authority_root": Key(PATH, "the certificate of its root"),
    "proof.authority_policy": Key(
        "an identifier of dotted numbers",
        "the policy that its time-stamps must name; any if empty",
    ),
    "proof.stamped_hours": Key(
        HOURS, "how old a time-stamp may be before nothing is sent any more"
    ),
    "keeping.destination_days": Key(
        "a whole number from 1 to 364",
        "municipal CS: days for which a sending-destination extract is kept",
    ),
}
"""By table and key, in the order of the file's tables."""
