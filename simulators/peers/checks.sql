-- SPDX-License-Identifier: Apache-2.0
-- 整合性確認: runs of the consistency check, and what was sent for each.

CREATE TABLE IF NOT EXISTS check_runs (
    run          INTEGER PRIMARY KEY AUTOINCREMENT,
    sender       TEXT NOT NULL,
    check_id     BLOB NOT NULL,
    begun        INTEGER NOT NULL,
    municipality TEXT,
    taken_at     INTEGER,
    batches      INTEGER,             -- these five: null until the manifest is there
    records      INTEGER,
    digest       BLOB,
    state        TEXT NOT NULL DEFAULT 'open',
    after        TEXT NOT NULL DEFAULT '',  -- how far this state has come
    compared     INTEGER NOT NULL DEFAULT 0,
    equal        INTEGER NOT NULL DEFAULT 0,
    differences  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (sender, check_id)
) STRICT;

CREATE TABLE IF NOT EXISTS check_batches (
    run    INTEGER NOT NULL,
    batch  INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (run, batch)
) WITHOUT ROWID, STRICT;

CREATE TABLE IF NOT EXISTS check_people (
    run                  INTEGER NOT NULL,
    resident_record_code TEXT NOT NULL,
    kanji_name           TEXT NOT NULL,
    date_of_birth        TEXT NOT NULL,
    sex                  TEXT NOT NULL,
    address              TEXT NOT NULL,
    individual_number    TEXT NOT NULL,
    change_reason        TEXT NOT NULL,
    change_date          TEXT NOT NULL,
    PRIMARY KEY (run, resident_record_code)
) WITHOUT ROWID, STRICT;

CREATE TABLE IF NOT EXISTS check_differences (
    run     INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    code    TEXT NOT NULL,
    finding TEXT NOT NULL,
    items   TEXT NOT NULL,            -- names, with a space between
    PRIMARY KEY (run, number)
) WITHOUT ROWID, STRICT;
