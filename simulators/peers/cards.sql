-- SPDX-License-Identifier: Apache-2.0
-- The card management system: cards, and to whom notices of numbers are sent.

CREATE TABLE IF NOT EXISTS cards (
    card_management_number TEXT PRIMARY KEY,
    resident_record_code   TEXT NOT NULL,
    state                  TEXT NOT NULL,    -- the last card event
    event_date             TEXT NOT NULL,
    municipality           TEXT NOT NULL,
    kanji_name             TEXT NOT NULL DEFAULT '',
    address                TEXT NOT NULL DEFAULT '',
    continued_use_date     TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID, STRICT;

CREATE TABLE IF NOT EXISTS extracts (
    municipality TEXT NOT NULL,
    batch_id     BLOB NOT NULL,
    at           INTEGER NOT NULL,
    digest       BLOB NOT NULL,              -- SHA-256 of the extract's bytes
    PRIMARY KEY (municipality, batch_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE IF NOT EXISTS destinations (
    municipality         TEXT NOT NULL,
    batch_id             BLOB NOT NULL,
    number               INTEGER NOT NULL,
    resident_record_code TEXT NOT NULL,
    body                 BLOB NOT NULL,      -- JSON
    stopped              TEXT NOT NULL,      -- names of items that are not the latest
    PRIMARY KEY (municipality, batch_id, number)
) WITHOUT ROWID, STRICT;
