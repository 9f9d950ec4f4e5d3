-- SPDX-License-Identifier: Apache-2.0
-- 保存本人確認情報: the eight items of each person, by resident record code.

CREATE TABLE IF NOT EXISTS persons (
    resident_record_code TEXT PRIMARY KEY,
    kanji_name           TEXT NOT NULL,
    date_of_birth        TEXT NOT NULL,
    sex                  TEXT NOT NULL,
    address              TEXT NOT NULL,
    individual_number    TEXT NOT NULL,
    change_reason        TEXT NOT NULL,
    change_date          TEXT NOT NULL,
    municipality         TEXT NOT NULL,  -- empty where nobody can say
    told                 INTEGER NOT NULL  -- when its teller wrote it
) WITHOUT ROWID, STRICT;

CREATE INDEX IF NOT EXISTS persons_number ON persons (individual_number);
CREATE INDEX IF NOT EXISTS persons_name ON persons (kanji_name, date_of_birth);
CREATE INDEX IF NOT EXISTS persons_address ON persons (address, date_of_birth);
CREATE INDEX IF NOT EXISTS persons_municipality
    ON persons (municipality, resident_record_code);
