-- SPDX-License-Identifier: Apache-2.0

-- Inside listener: what our own systems handed in under an id of their own, so that the
-- same is taken once.
CREATE TABLE submissions (
    system     TEXT NOT NULL,    -- organisation/role of who handed it in
    submission BLOB NOT NULL,    -- 16 bytes that it chose
    tag        BLOB NOT NULL,    -- keyed tag of what was handed in
    status     INTEGER NOT NULL, -- of the HTTP answer
    answer     BLOB NOT NULL,    -- sealed: its body
    until      INTEGER NOT NULL, -- after it the id is forgotten
    PRIMARY KEY (system, submission)
) STRICT;

CREATE INDEX submissions_until ON submissions (until);

-- Municipal CS: what the servers found, part by part, of each consistency check.
CREATE TABLE check_results (
    check_id    BLOB NOT NULL,
    server      TEXT NOT NULL,    -- organisation/role
    part        INTEGER NOT NULL,
    parts       INTEGER NOT NULL,
    compared    INTEGER NOT NULL, -- persons, as the server counted them
    equal       INTEGER NOT NULL,
    differences INTEGER NOT NULL, -- in this part
    at          INTEGER NOT NULL,
    PRIMARY KEY (check_id, server, part)
) STRICT;

-- Municipal CS: fillings of the identity information file from the register.
CREATE TABLE loads (
    load_id     BLOB NOT NULL UNIQUE,
    opened      INTEGER NOT NULL,
    operator    TEXT NOT NULL,
    approved_by TEXT NOT NULL,    -- another person
    persons     INTEGER NOT NULL, -- how many were approved
    taken       INTEGER NOT NULL, -- how many were kept so far
    again       INTEGER NOT NULL, -- how often somebody came who was kept already
    refused     INTEGER NOT NULL, -- how many did not pass the checks
    batches     INTEGER NOT NULL,
    place       BLOB NOT NULL,    -- sealed: how far the register said that it is
    state       TEXT NOT NULL     -- open, done, ended
) STRICT;

CREATE UNIQUE INDEX one_open_load ON loads (state) WHERE state = 'open';

-- The ledger of media (媒体管理簿): gateway/records/media.py.

-- One row for each medium that was asked for, made, or taken in.
CREATE TABLE media (
    number    INTEGER PRIMARY KEY AUTOINCREMENT, -- of the ledger; never given twice
    direction TEXT NOT NULL,    -- out: made here; in: taken in here
    peer      TEXT NOT NULL,    -- organisation/role at the other end
    output_id BLOB NOT NULL,
    content   TEXT NOT NULL,    -- consistency_check, sending_destination
    device    TEXT NOT NULL,    -- optical_disc, magnetic_tape, hard_disk
    scope     TEXT NOT NULL,    -- all, listed, extract
    selection BLOB NOT NULL,    -- keyed tag of what was chosen; empty: taken in
    persons   INTEGER NOT NULL,
    large     INTEGER NOT NULL, -- 1: it takes an approval
    reason    TEXT NOT NULL,    -- the operator's words; no personal data
    operator  TEXT NOT NULL,    -- who asked for it, or took it in
    opened    INTEGER NOT NULL,
    until     INTEGER NOT NULL, -- the last moment to approve or write it
    state     TEXT NOT NULL,    -- requested, approved, writing, written ...
    since     INTEGER NOT NULL, -- when it came to stand there
    manifest  BLOB NOT NULL,    -- SHA-256 of the manifest's file; empty: none yet
    UNIQUE (direction, peer, output_id)
) STRICT;

-- What persons did with it. Written once, and gone only together with its medium.
CREATE TABLE media_acts (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    number   INTEGER NOT NULL, -- of the medium
    at       INTEGER NOT NULL,
    act      TEXT NOT NULL,    -- requested, approved, written, handed_over ...
    operator TEXT NOT NULL,
    facts    TEXT NOT NULL     -- JSON object: who carried it, its seal, the witness ...
) STRICT;

CREATE INDEX media_acts_of ON media_acts (number);

CREATE TRIGGER media_acts_keep BEFORE UPDATE ON media_acts
BEGIN
    SELECT RAISE(ABORT, 'an act is never changed');
END;

CREATE TRIGGER media_acts_stay BEFORE DELETE ON media_acts
WHEN EXISTS (SELECT 1 FROM media WHERE number = OLD.number)
BEGIN
    SELECT RAISE(ABORT, 'an act stays as long as its medium');
END;

-- F1-10 and F1-11: copies that came by message, and how a linkage code is got.

-- A copy may be here before its code (code_tag: then null), and a code before the copy.
-- "sequence" orders what the addressee system told of one person; an import has none.
ALTER TABLE copies RENAME TO copies_1;
CREATE TABLE copies (
    addressee_tag BLOB NOT NULL UNIQUE, -- keyed tag of the addressee number
    code_tag      BLOB UNIQUE,          -- keyed tag of the linkage code (符号)
    flag_version  INTEGER NOT NULL,     -- rises whenever flag, code or content change
    sequence      INTEGER NOT NULL,     -- of the newest message; -1: none came
    sealed        BLOB NOT NULL         -- JSON row as an import would have it
) STRICT;
INSERT INTO copies (addressee_tag, code_tag, flag_version, sequence, sealed)
    SELECT addressee_tag, code_tag, flag_version, -1, sealed FROM copies_1;
DROP TABLE copies_1;

-- The last version that any copy was given: one that was used never comes again.
CREATE TABLE copy_version (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO copy_version (one, last)
    SELECT 1, coalesce(max(number), 0) FROM imports;

-- Intermediate server: linkage codes that are being got (番号法第21条の2).
CREATE TABLE acquisitions (
    tag         BLOB NOT NULL UNIQUE, -- keyed, 16 bytes, of the processing number
    subject_tag BLOB NOT NULL,        -- keyed tag of what was handed in: repeats find it
    until       INTEGER NOT NULL,     -- after it nothing is waited for, and it is gone
    sealed      BLOB                  -- processing and addressee number; null: code came
) STRICT;

CREATE INDEX acquisitions_subject ON acquisitions (subject_tag)
    WHERE sealed IS NOT NULL;
CREATE INDEX acquisitions_until ON acquisitions (until);

-- Which of our own systems handed in what a message came from; empty: none did.
ALTER TABLE outbox ADD COLUMN handed_by TEXT NOT NULL DEFAULT ''; -- organisation/role

-- Order: about whom a message is, so that what is about one person leaves in its order.
ALTER TABLE outbox ADD COLUMN person_tag TEXT NOT NULL DEFAULT ''; -- keyed tag
CREATE INDEX outbox_person ON outbox (person_tag, peer)
    WHERE state = 'waiting' AND person_tag <> '';

-- Municipal CS: a search by name and day of birth costs the same in a larger city.
DROP INDEX identities_name;
CREATE INDEX identities_name ON identities (name_tag, birth_tag);

-- What a municipal CS keeps, and how long (I1): gateway/records/{history,destinations}.py.

-- Removed persons are kept for 150 years; residents have no end.
ALTER TABLE identities ADD COLUMN until INTEGER; -- last moment; null: a resident
CREATE INDEX identities_until ON identities (until) WHERE until IS NOT NULL;

-- The states before the present one, and what was last told of the dead.
CREATE TABLE identity_history (
    code_tag   BLOB NOT NULL,    -- keyed tag of the resident record code
    number_tag BLOB NOT NULL,    -- keyed tag of the individual number
    sequence   INTEGER NOT NULL, -- update sequence number of that state
    until      INTEGER NOT NULL, -- last moment of its 150 years
    sealed     BLOB NOT NULL,    -- msgpack: the record of 40 fields
    UNIQUE (code_tag, sequence)
) STRICT;

CREATE INDEX identity_history_number ON identity_history (number_tag);
CREATE INDEX identity_history_until ON identity_history (until);

-- The clock at the last look for what is past its time.
CREATE TABLE keeping (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    looked  INTEGER NOT NULL, -- when that was
    doubted INTEGER NOT NULL  -- 1: the clock leapt, and no person has spoken for it
) STRICT;

-- The sending-destination file (送付先情報ファイル); no backup holds it (R-098).
CREATE TABLE destinations (
    batch_id BLOB NOT NULL UNIQUE, -- of the register
    made     INTEGER NOT NULL,     -- when it came
    until    INTEGER NOT NULL,     -- last moment of its keeping time
    persons  INTEGER NOT NULL,
    digest   BLOB NOT NULL,        -- SHA-256 of the extract
    sealed   BLOB NOT NULL         -- the extract, byte for byte
) STRICT;

CREATE INDEX destinations_until ON destinations (until);

-- Who is in it, so that nobody's number stays there once they died (R-099).
CREATE TABLE destination_persons (
    code_tag BLOB NOT NULL, -- keyed tag of the resident record code
    batch_id BLOB NOT NULL,
    PRIMARY KEY (code_tag, batch_id)
) WITHOUT ROWID, STRICT;

CREATE INDEX destination_persons_batch ON destination_persons (batch_id);
