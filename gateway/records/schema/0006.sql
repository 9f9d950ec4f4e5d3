-- SPDX-License-Identifier: Apache-2.0

-- Witnesses and time (docs/record.md): gateway/records/{proven,witnessed}.py.

-- The newest head of our log that the quorum of witnesses co-signed.
CREATE TABLE log_cosigned (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    at   INTEGER NOT NULL, -- when the quorum was complete
    note BLOB NOT NULL     -- with the signatures of the log and of the witnesses
) STRICT;

-- What each witness co-signed last.
CREATE TABLE log_witnesses (
    witness TEXT PRIMARY KEY, -- organisation/role
    size    INTEGER NOT NULL,
    at      INTEGER NOT NULL  -- of its signature
) STRICT;

-- The chain of time-stamps over heads. These rows stay for ever, as the log does.
CREATE TABLE log_stamps (
    number   INTEGER PRIMARY KEY, -- from 1 on, without a gap
    size     INTEGER NOT NULL,
    at       INTEGER NOT NULL,    -- as the authority says
    until    INTEGER NOT NULL,    -- end of the authority's certificate
    cosigned INTEGER NOT NULL,    -- 1: the head bears the quorum's co-signatures
    note     BLOB NOT NULL,       -- the head, with all signatures
    token    BLOB NOT NULL        -- RFC 3161, over the token before and this head
) STRICT;

CREATE INDEX log_stamps_proven ON log_stamps (cosigned, size);

-- What a person said of the clock: heads up to this size bear wrong times.
CREATE TABLE log_clock (
    size     INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL, -- by the clock that is right
    operator TEXT NOT NULL
) STRICT;

-- As a witness: the newest head of each peer's log that we co-signed. Kept before the
-- co-signature leaves; never goes back.
CREATE TABLE witnessed_logs (
    origin TEXT PRIMARY KEY, -- of the log: sekisho.invalid/organisation/role
    size   INTEGER NOT NULL,
    root   BLOB NOT NULL,    -- 32 bytes
    at     INTEGER NOT NULL,
    note   BLOB NOT NULL     -- as the log had signed it
) STRICT;

-- Outbox: gateway/records/{outbox,outbox_acts}.py.

-- "turn" orders what is about one person by the order in which it was owed.
ALTER TABLE outbox RENAME TO outbox_1;
CREATE TABLE outbox (
    turn              INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id        BLOB NOT NULL UNIQUE,
    peer              TEXT NOT NULL,    -- organisation/role of the receiver
    message_type      TEXT NOT NULL,
    envelope          BLOB NOT NULL,    -- the same bytes at every attempt
    header_digest     BLOB NOT NULL,
    processing_number BLOB,
    created           INTEGER NOT NULL,
    deadline          INTEGER NOT NULL, -- the message's expiry
    guard_version     INTEGER,          -- flag version that was read for it
    sealed            BLOB,             -- msgpack: guard code, context of the role
    attempts          INTEGER NOT NULL, -- made so far
    next_at           INTEGER NOT NULL, -- not before
    last_code         TEXT NOT NULL,    -- what the last attempt ended with
    state             TEXT NOT NULL,    -- waiting, or one of rows.SETTLED
    answer            BLOB,             -- the peer's signed answer, once settled
    handed_by         TEXT NOT NULL DEFAULT '', -- our own system that it came from
    person_tag        TEXT NOT NULL DEFAULT ''  -- keyed tag, where it keeps an order
) STRICT;
INSERT INTO outbox (message_id, peer, message_type, envelope, header_digest,
        processing_number, created, deadline, guard_version, sealed, attempts, next_at,
        last_code, state, answer, handed_by, person_tag)
    SELECT message_id, peer, message_type, envelope, header_digest,
        processing_number, created, deadline, guard_version, sealed, attempts, next_at,
        last_code, state, answer, handed_by, person_tag
    FROM outbox_1 ORDER BY rowid;
DROP TABLE outbox_1;
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_settled ON outbox (deadline) WHERE state <> 'waiting';
CREATE INDEX outbox_person ON outbox (person_tag, peer)
    WHERE state = 'waiting' AND person_tag <> '';

-- Messages that a named person gave up; the station settles them.
CREATE TABLE given_up (
    message_id BLOB NOT NULL PRIMARY KEY,
    operator   TEXT NOT NULL,
    reason     TEXT NOT NULL, -- the operator's words; no personal data
    at         INTEGER NOT NULL
) STRICT;

-- Back-up and restore: gateway/records/{restoring,told_numbers}.py.

-- How this store came back from a backup, each time that it did.
CREATE TABLE restores (
    generation INTEGER PRIMARY KEY, -- of the log from then on; rises
    at         INTEGER NOT NULL,
    made       INTEGER NOT NULL,    -- when the backup was made
    since      INTEGER NOT NULL,    -- from when on peers are asked
    operator   TEXT NOT NULL,
    log        TEXT NOT NULL,       -- the log that is not continued
    size       INTEGER NOT NULL,    -- of it, as the backup held it
    root       BLOB NOT NULL,       -- empty: it had no head
    opened     INTEGER              -- null: the station is closed
) STRICT;

-- How far each peer told what it has on record.
CREATE TABLE restore_peers (
    peer     TEXT PRIMARY KEY, -- organisation/role
    state    TEXT NOT NULL,    -- asked, answered, decided
    place    INTEGER NOT NULL, -- where its next answer begins; opaque
    messages INTEGER NOT NULL, -- that it told of
    problem  TEXT NOT NULL,    -- why it did not answer at the last attempt
    operator TEXT NOT NULL,    -- who decided about it; empty: nobody
    reason   TEXT NOT NULL,    -- the operator's words; no personal data
    at       INTEGER NOT NULL
) STRICT;

-- What peers told of each processing number, until the station opens.
CREATE TABLE restore_numbers (
    number        BLOB PRIMARY KEY,
    requester     TEXT NOT NULL,    -- organisation/role; empty: not told
    provider      TEXT NOT NULL,
    item_no       INTEGER NOT NULL, -- 0: not told
    kinds         TEXT NOT NULL,    -- JSON array
    permit        BLOB NOT NULL,    -- as the core signed it; empty: not told
    permit_digest BLOB NOT NULL,
    asked         INTEGER NOT NULL, -- 1: the requester says so
    taken         INTEGER NOT NULL, -- 1: the order was taken over by its provider
    outcome       TEXT NOT NULL,    -- provided, lapsed, refused; empty: none told
    at            INTEGER NOT NULL
) STRICT;

-- Search: gateway/records/finds.py.

-- What an event is found by over years: in one table, however many the months have. A
-- row goes with its event.
CREATE TABLE event_finds (
    seq           INTEGER PRIMARY KEY, -- of the event
    record_id     BLOB NOT NULL,       -- of the event
    person_tag    BLOB,                -- as the event's; null: nobody
    item_no       INTEGER,             -- item of the matching list; null: none
    permit_digest BLOB,                -- null: none
    operator_tag  BLOB                 -- keyed tag of the operator's name; null: nobody
) STRICT;

CREATE INDEX event_finds_person ON event_finds (person_tag, seq)
    WHERE person_tag IS NOT NULL;
CREATE INDEX event_finds_item ON event_finds (item_no, seq) WHERE item_no IS NOT NULL;
CREATE INDEX event_finds_permit ON event_finds (permit_digest, seq)
    WHERE permit_digest IS NOT NULL;
CREATE INDEX event_finds_operator ON event_finds (operator_tag, seq)
    WHERE operator_tag IS NOT NULL;

-- Masters: gateway/records/masters.py.

-- Every master that this station ever went by; none with a lower version is taken.
CREATE TABLE masters (
    version INTEGER PRIMARY KEY,
    digest  BLOB NOT NULL,    -- SHA-256 of the signed bytes
    issued  INTEGER NOT NULL, -- as the core says
    taken   INTEGER NOT NULL  -- when this station took it
) STRICT;

-- Keeping and erasing: gateway/records/{months,month_keys,events,erasures,legal_holds}.py.

-- What an event says is sealed under the key of its month. The rows are moved by
-- sealing.py; 0007.sql drops what they came from and makes the indexes.
ALTER TABLE events RENAME TO events_5;
CREATE TABLE events (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT, -- gaps are erasures
    record_id         BLOB NOT NULL UNIQUE, -- 6 bytes milliseconds, 10 random
    at                INTEGER NOT NULL,     -- when it happened; which month's key
    kind              TEXT NOT NULL,        -- attempted, received, refused, held ...
    direction         TEXT NOT NULL,        -- in, out, local
    peer              TEXT NOT NULL,        -- organisation/role at the other end
    message_type      TEXT NOT NULL,        -- empty where no message was readable
    message_id        BLOB,                 -- null where no message was readable
    processing_number BLOB,                 -- null outside of linkage
    person_tag        BLOB,                 -- tag under the month's key; null: nobody
    code              TEXT NOT NULL,        -- refusal code; empty: not refused
    commitment        BLOB NOT NULL,        -- SHA-256(label, salt, canonical)
    content           BLOB NOT NULL,        -- sealed: salt, event as canonical JSON
    evidence          BLOB NOT NULL         -- sealed msgpack; empty: nobody signed
) STRICT;

-- Months of the record that were erased. These rows stay for ever, as the log does.
CREATE TABLE erasures (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    seq       INTEGER NOT NULL, -- of the event that tells of it
    month     TEXT NOT NULL,    -- such as 2026-11
    begins    INTEGER NOT NULL, -- first moment of the month
    ends      INTEGER NOT NULL, -- first moment after it
    salt      BLOB NOT NULL,    -- of that event: its leaf proves the erasure
    canonical BLOB NOT NULL,    -- of that event: who, what range, how many
    step      TEXT NOT NULL     -- rows, key, done: what is to be done next
) STRICT;

-- Which entry of the log was which erased record's. For ever, too.
CREATE TABLE erased_ids (
    erasure  INTEGER NOT NULL,
    first_id BLOB NOT NULL,
    ids      BLOB NOT NULL, -- 16 bytes id, 8 bytes number; ids ascending
    UNIQUE (erasure, first_id)
) STRICT;

-- Months that nothing may be erased of, for as long as a person says so.
CREATE TABLE legal_holds (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    first_month  TEXT NOT NULL,
    last_month   TEXT NOT NULL,
    operator     TEXT NOT NULL,
    reason       TEXT NOT NULL, -- the operator's words; no personal data
    at           INTEGER NOT NULL,
    ended        INTEGER,       -- null: it holds
    ended_by     TEXT NOT NULL,
    ended_reason TEXT NOT NULL
) STRICT;

-- Patches: gateway/records/patches.py.

-- Who confirmed which state of the versions, held against which list.
CREATE TABLE patch_confirmations (
    at       INTEGER PRIMARY KEY,
    operator TEXT NOT NULL,
    reason   TEXT NOT NULL,  -- the operator's words; no personal data
    list     BLOB NOT NULL,  -- SHA-256 of the list of advisories; empty: none
    versions TEXT NOT NULL   -- JSON object: component and version
) STRICT;
