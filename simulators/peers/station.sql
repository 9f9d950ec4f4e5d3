-- SPDX-License-Identifier: Apache-2.0
-- What every peer has: messages that it took, lines of history, what it owes others.

CREATE TABLE IF NOT EXISTS seen (
    sender        TEXT NOT NULL,       -- organisation/role
    message_id    BLOB NOT NULL,
    header_digest BLOB NOT NULL,
    answer        BLOB NOT NULL,       -- the same message gets the same answer
    until         INTEGER NOT NULL,    -- after this its time refuses it anyway
    PRIMARY KEY (sender, message_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS seen_until ON seen (until);

-- Lines that are not in the history file yet, and the last that are.
CREATE TABLE IF NOT EXISTS history (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    line BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS outbox (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver          TEXT NOT NULL,
    message_type      TEXT NOT NULL,
    payload           BLOB NOT NULL,
    processing_number BLOB,
    message_id        BLOB NOT NULL DEFAULT x'',
    header_digest     BLOB NOT NULL DEFAULT x'',
    envelope          BLOB NOT NULL DEFAULT x'',  -- empty: to be written anew
    expires           INTEGER NOT NULL DEFAULT 0,
    state             TEXT NOT NULL DEFAULT 'waiting',  -- or refused
    code              TEXT NOT NULL DEFAULT '',   -- why not yet, or why not at all
    tries             INTEGER NOT NULL DEFAULT 0,
    due               INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (receiver, id)
    WHERE state = 'waiting';

-- Organisations from which nothing is taken for now.
CREATE TABLE IF NOT EXISTS isolated (
    organisation TEXT PRIMARY KEY
) WITHOUT ROWID, STRICT;
