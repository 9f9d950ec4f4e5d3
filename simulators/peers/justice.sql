-- SPDX-License-Identifier: Apache-2.0
-- The Ministry of Justice: what it was told last of each residence card.

CREATE TABLE IF NOT EXISTS foreign_residents (
    residence_card_number TEXT PRIMARY KEY,
    told                  INTEGER NOT NULL,
    body                  BLOB NOT NULL      -- JSON
) WITHOUT ROWID, STRICT;

-- What the ministry learned by itself and has not told the city yet.
CREATE TABLE IF NOT EXISTS foreign_changes (
    number INTEGER PRIMARY KEY,
    body   BLOB NOT NULL                     -- JSON
) STRICT;
