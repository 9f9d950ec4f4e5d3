-- SPDX-License-Identifier: Apache-2.0

-- The Merkle log over the record (docs/record.md): entry n is the commitment of the
-- event with seq n + 1. These rows stay for ever: without them no old proof holds.

-- Level 0: 256 commitments beside each other, whose hashes are the leaves. Level n: the
-- roots over full tiles of level n - 1. The last tile of each level may hold fewer.
CREATE TABLE log_tiles (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,    -- 32 bytes each
    PRIMARY KEY (level, number)
) STRICT;

-- The newest checkpoint of each day, as it was signed.
CREATE TABLE log_heads (
    day  INTEGER PRIMARY KEY, -- days since 1970-01-01 in Japan; never decreases
    size INTEGER NOT NULL UNIQUE,
    at   INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;
