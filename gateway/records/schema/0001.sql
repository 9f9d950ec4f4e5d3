-- SPDX-License-Identifier: Apache-2.0
-- The first schema of a station's store.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. Message ids, processing numbers
-- and digests are raw bytes. A column named "sealed" is AES-256-GCM (sealed.py) and
-- bound to its table and row. No column in the clear tells who a person is.

-- Facts about the store itself.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,  -- "key check": which key; "probe": last trial write
    value BLOB NOT NULL
) STRICT;

-- What happened. Written once, never changed (番号法第23条; R-110, R-111, R-144).
CREATE TABLE events (
    seq               INTEGER PRIMARY KEY AUTOINCREMENT, -- without gaps
    record_id         BLOB NOT NULL UNIQUE, -- 6 bytes milliseconds, 10 random
    at                INTEGER NOT NULL,     -- when it happened
    kind              TEXT NOT NULL,        -- attempted, received, refused, held ...
    direction         TEXT NOT NULL,        -- in, out, local
    peer              TEXT NOT NULL,        -- organisation/role at the other end
    message_type      TEXT NOT NULL,        -- empty where no message was readable
    message_id        BLOB,                 -- null where no message was readable
    processing_number BLOB,                 -- 処理通番; null outside of linkage
    person_tag        BLOB,                 -- keyed tag of the subject; null: nobody
    code              TEXT NOT NULL,        -- refusal code; empty: not refused
    salt              BLOB NOT NULL,        -- 32 random bytes of the commitment
    commitment        BLOB NOT NULL,        -- SHA-256(label, salt, canonical)
    canonical         BLOB NOT NULL,        -- the whole event as canonical JSON
    evidence          BLOB NOT NULL         -- msgpack: name -> bytes that peers signed
) STRICT;

CREATE INDEX events_message ON events (message_id)
    WHERE message_id IS NOT NULL;
CREATE INDEX events_processing ON events (processing_number)
    WHERE processing_number IS NOT NULL;
CREATE INDEX events_person ON events (person_tag)
    WHERE person_tag IS NOT NULL;
CREATE INDEX events_refused ON events (code)
    WHERE code <> '';
CREATE INDEX events_at ON events (at);

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'a record is never removed');
END;

CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'a record is never changed');
END;

-- Messages taken over: the same bytes again get the same answer, others are refused.
CREATE TABLE seen (
    sender        TEXT NOT NULL,    -- organisation/role
    message_id    BLOB NOT NULL,
    header_digest BLOB NOT NULL,    -- SHA-256 of the signed header
    answer        BLOB NOT NULL,    -- signed receipt, or reply sealed for the sender
    until         INTEGER NOT NULL, -- expiry of the message, plus skew
    UNIQUE (sender, message_id)
) STRICT;

CREATE INDEX seen_until ON seen (until);

-- Permits (情報提供許可証) that were used here: each once.
CREATE TABLE permits (
    permit_id         BLOB NOT NULL UNIQUE,
    permit_digest     BLOB NOT NULL UNIQUE, -- SHA-256 of the signed permit
    processing_number BLOB NOT NULL,
    until             INTEGER NOT NULL      -- after this its time refuses it anyway
) STRICT;

-- Messages that this station owes to a peer.
CREATE TABLE outbox (
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
    state             TEXT NOT NULL,    -- waiting, delivered, refused, expired, withdrawn
    answer            BLOB              -- the peer's signed answer, once settled
) STRICT;

CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_settled ON outbox (deadline) WHERE state <> 'waiting';

-- Answers that a person must look at first (自動応答不可フラグ; R-130, R-131).
CREATE TABLE holds (
    hold_id           TEXT NOT NULL UNIQUE,
    processing_number BLOB NOT NULL,
    opened            INTEGER NOT NULL,
    answer_by         INTEGER NOT NULL, -- after it a release needs a renewed permit
    release_by        INTEGER NOT NULL, -- after it the hold lapses
    requester         TEXT NOT NULL,    -- organisation/role
    item_no           INTEGER NOT NULL, -- item of the matching list
    kinds             TEXT NOT NULL,    -- JSON array of kinds of information
    person_tag        BLOB NOT NULL,
    payload_digest    BLOB NOT NULL,    -- SHA-256 of what would be sent
    flag_version      INTEGER NOT NULL, -- version of the copy that it was made from
    sealed            BLOB NOT NULL,    -- msgpack: code, payload, permit, route, evidence
    state             TEXT NOT NULL,    -- open, released, refused, lapsed, withdrawn
    done              INTEGER NOT NULL, -- 1: the decision was carried out
    operator          TEXT NOT NULL,    -- who decided; empty while open
    reason            TEXT NOT NULL,    -- the operator's words; no personal data
    decided           INTEGER
) STRICT;

CREATE INDEX holds_pending ON holds (release_by) WHERE done = 0;
CREATE INDEX holds_processing ON holds (processing_number);

-- Requester: what was asked, and what became of it.
CREATE TABLE inquiries (
    processing_number BLOB NOT NULL UNIQUE,
    item_no           INTEGER NOT NULL,
    kinds             TEXT NOT NULL,    -- JSON array
    provider          TEXT NOT NULL,    -- organisation asked
    sealed            BLOB NOT NULL,    -- addressee number (団体内統合宛名番号)
    created           INTEGER NOT NULL,
    state             TEXT NOT NULL,    -- in_progress, refused, lapsed, provided
    code              TEXT NOT NULL,    -- refusal code
    answer            BLOB              -- the envelope as received, sealed for us
) STRICT;

CREATE INDEX inquiries_open ON inquiries (created) WHERE state = 'in_progress';

-- Requester: permits that the core announced. An answer under any other is refused.
CREATE TABLE announced (
    permit_digest     BLOB NOT NULL UNIQUE,
    processing_number BLOB NOT NULL REFERENCES inquiries (processing_number)
) STRICT;

CREATE INDEX announced_for ON announced (processing_number);

-- Core: one row for each permit transaction.
CREATE TABLE transactions (
    processing_number BLOB NOT NULL UNIQUE,
    requester         TEXT NOT NULL,    -- organisation/role
    provider          TEXT NOT NULL,    -- organisation/role
    item_no           INTEGER NOT NULL,
    kinds             TEXT NOT NULL,    -- JSON array
    permit_digest     BLOB NOT NULL,    -- of the newest permit
    permit            BLOB NOT NULL,    -- its unsigned content, for a renewal
    created           INTEGER NOT NULL,
    release_by        INTEGER NOT NULL, -- after it no renewal
    outcome           TEXT NOT NULL,    -- empty, provided, lapsed, refused
    outcome_at        INTEGER
) STRICT;

-- Copies (副本) of residents' information; written only by import (R-141, R-145).
CREATE TABLE copies (
    addressee_tag BLOB NOT NULL UNIQUE, -- keyed tag of the addressee number
    code_tag      BLOB NOT NULL UNIQUE, -- keyed tag of the linkage code (符号)
    flag_version  INTEGER NOT NULL,     -- import that last changed flag or content
    sealed        BLOB NOT NULL         -- JSON row as imported
) STRICT;

-- One row for each import of copies.
CREATE TABLE imports (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    operator TEXT NOT NULL,
    rows     INTEGER NOT NULL,      -- in the file
    changed  INTEGER NOT NULL,      -- new, or with another flag or content
    removed  INTEGER NOT NULL
) STRICT;

-- Provider: outcomes that the core was not told yet.
CREATE TABLE notices (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    processing_number BLOB NOT NULL,
    outcome           TEXT NOT NULL,    -- provided, lapsed
    at                INTEGER NOT NULL
) STRICT;
