-- SPDX-License-Identifier: Apache-2.0
-- J-LIS: every individual number that it made, and for which request.

CREATE TABLE IF NOT EXISTS numbers (
    individual_number    TEXT PRIMARY KEY,
    resident_record_code TEXT NOT NULL,
    made                 INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS numbers_of ON numbers (resident_record_code, made);

CREATE TABLE IF NOT EXISTS number_requests (
    municipality         TEXT NOT NULL,
    request              TEXT NOT NULL,   -- 依頼管理番号, the register's own
    resident_record_code TEXT NOT NULL,
    occasion             TEXT NOT NULL,
    individual_number    TEXT NOT NULL,
    PRIMARY KEY (municipality, request)
) WITHOUT ROWID, STRICT;
