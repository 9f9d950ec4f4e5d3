-- SPDX-License-Identifier: Apache-2.0
-- What a municipal CS keeps: the identity information file, and what waits inside.

-- What peers sent for our own systems, until they fetch it or its time is over.
CREATE TABLE arrivals (
    message_id   BLOB NOT NULL UNIQUE,
    sender       TEXT NOT NULL,    -- organisation/role
    message_type TEXT NOT NULL,
    for_role     TEXT NOT NULL,    -- the role that may fetch it
    answers      BLOB NOT NULL,    -- id of our message that it answers; empty: none
    at           INTEGER NOT NULL,
    until        INTEGER NOT NULL, -- after it nobody fetches it, and it is erased
    sealed       BLOB NOT NULL     -- the payload
) STRICT;

CREATE INDEX arrivals_for ON arrivals (for_role, at);
CREATE INDEX arrivals_until ON arrivals (until);
CREATE INDEX arrivals_answers ON arrivals (answers) WHERE answers <> x'';

-- Municipal CS: the identity information file (本人確認情報ファイル).
CREATE TABLE identities (
    code_tag    BLOB NOT NULL UNIQUE, -- keyed tag of the resident record code
    number_tag  BLOB NOT NULL,        -- keyed tag of the individual number
    name_tag    BLOB NOT NULL,
    birth_tag   BLOB NOT NULL,
    address_tag BLOB NOT NULL,
    sequence    INTEGER NOT NULL,     -- update sequence number: the highest stands
    sealed      BLOB NOT NULL         -- msgpack: the record of 40 fields
) STRICT;

CREATE INDEX identities_number ON identities (number_tag);
CREATE INDEX identities_name ON identities (name_tag);
CREATE INDEX identities_birth ON identities (birth_tag, address_tag);
CREATE INDEX identities_address ON identities (address_tag);

-- Municipal CS: consistency checks that were asked for, and how far each is.
CREATE TABLE checks (
    check_id  BLOB NOT NULL UNIQUE,
    requested INTEGER NOT NULL,
    operator  TEXT NOT NULL,
    persons   INTEGER NOT NULL, -- sent so far
    batches   INTEGER NOT NULL,
    place     BLOB NOT NULL,    -- code_tag behind which the next batch begins
    digests   BLOB NOT NULL,    -- SHA-256 of each batch's payload
    done      INTEGER NOT NULL  -- 1: the manifest is in the outbox, too
) STRICT;
