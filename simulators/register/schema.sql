-- SPDX-License-Identifier: Apache-2.0
-- The register's store. A record's columns beside its body are what is searched by.

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;

CREATE TABLE towns (code TEXT PRIMARY KEY, postal_code TEXT NOT NULL,
    address TEXT NOT NULL) STRICT;

-- 住民票 and 除票, as each stands now.
CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    household INTEGER NOT NULL,
    present INTEGER NOT NULL,
    code TEXT NOT NULL,
    individual_number TEXT,
    name TEXT NOT NULL,
    kana TEXT NOT NULL,       -- unvoiced reading, for comparing only
    born TEXT NOT NULL,       -- as much of the day as is known
    sex TEXT NOT NULL,
    address TEXT NOT NULL,
    town TEXT NOT NULL,
    domicile TEXT,            -- municipality of the registered domicile
    is_foreign INTEGER NOT NULL,
    leaving TEXT,             -- day of a planned move-out that has not come
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_present_record_per_code ON records (code) WHERE present;
CREATE UNIQUE INDEX one_present_record_per_number ON records (individual_number)
    WHERE present;
CREATE INDEX records_by_code ON records (code, number);
CREATE INDEX records_by_individual_number ON records (individual_number);
CREATE INDEX records_by_household ON records (household);
CREATE INDEX records_by_name ON records (name, born);
CREATE INDEX records_by_kana ON records (kana, born);
CREATE INDEX records_by_birth ON records (born, address);
CREATE INDEX records_by_leaving ON records (leaving) WHERE leaving IS NOT NULL;
CREATE INDEX records_by_town ON records (town);
CREATE INDEX records_by_domicile ON records (domicile, code);

-- 履歴: every state that a record ever had, and what stood before each.
CREATE TABLE history (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    record INTEGER NOT NULL,
    entry INTEGER,
    reason TEXT NOT NULL,
    happened TEXT NOT NULL,
    written TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    checked_by TEXT NOT NULL,
    basis TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX history_by_record ON history (record, number);
CREATE INDEX history_by_reason ON history (reason, happened);

-- An erasure is opened by an order, and names the newest moment that is past keeping.
CREATE TABLE erasures (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL, approved_by TEXT NOT NULL, operator TEXT NOT NULL,
    at TEXT NOT NULL, until TEXT NOT NULL, rows INTEGER,   -- NULL while it runs
    CHECK (printf('%04d', substr(until, 1, 4) + 150) || substr(until, 5) <= at)
) STRICT;
CREATE TRIGGER history_is_never_rewritten BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history is never rewritten'); END;
CREATE TRIGGER history_is_kept BEFORE DELETE ON history
WHEN NOT EXISTS (
    SELECT 1 FROM erasures WHERE rows IS NULL AND erasures.until >= COALESCE(
        (SELECT next.written FROM history AS next
         WHERE next.record = OLD.record AND next.number > OLD.number
         ORDER BY next.number LIMIT 1),
        '9999'))
BEGIN SELECT RAISE(ABORT, 'history is kept for 150 years'); END;
CREATE TRIGGER records_are_never_erased BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'a record is removed, never erased'); END;

-- 異動 that was entered, and what became of it.
CREATE TABLE entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, reference TEXT NOT NULL, state TEXT NOT NULL,
    entered_by TEXT NOT NULL, terminal TEXT NOT NULL, entered_at TEXT NOT NULL,
    checked_by TEXT, checked_at TEXT, note TEXT,
    form BLOB                          -- gone once it took effect or was sent back
) STRICT;
CREATE UNIQUE INDEX one_entry_per_notification ON entries (reference)
    WHERE state != 'sent back';
CREATE TABLE open_records (record INTEGER PRIMARY KEY, entry INTEGER NOT NULL) STRICT;

-- 訂正: before and after, with the permission.
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    record INTEGER NOT NULL, entry INTEGER NOT NULL, at TEXT NOT NULL,
    approved_by TEXT NOT NULL, reference TEXT NOT NULL,
    before BLOB NOT NULL, after BLOB NOT NULL
) STRICT;
CREATE TRIGGER corrections_stay BEFORE DELETE ON corrections
BEGIN SELECT RAISE(ABORT, 'corrections are kept'); END;
CREATE TRIGGER corrections_are_not_rewritten BEFORE UPDATE ON corrections
BEGIN SELECT RAISE(ABORT, 'corrections are never rewritten'); END;

-- What is owed to others; the body goes when it is delivered. What its receiver
-- refused stays with the code, and holds up nothing that comes after it.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    place INTEGER NOT NULL,
    cause TEXT NOT NULL UNIQUE,        -- what made it owed: each cause owes once
    receiver TEXT NOT NULL, type TEXT NOT NULL, record INTEGER,
    at TEXT NOT NULL, delivered_at TEXT, digest TEXT NOT NULL, body BLOB,
    code TEXT, sent_as TEXT            -- by which id the receiver knows it
) STRICT;
CREATE INDEX outbox_waiting ON outbox (receiver, place)
    WHERE delivered_at IS NULL AND code IS NULL;

-- What came by way of the CS, each once; what could not be taken in is set aside.
CREATE TABLE came_in (
    message TEXT PRIMARY KEY, type TEXT NOT NULL, source TEXT NOT NULL,
    at TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, body BLOB
) STRICT;
CREATE INDEX set_aside ON came_in (at) WHERE body IS NOT NULL;

-- 転出証明書情報 from other municipalities, and 転入通知.
CREATE TABLE certificates_in (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL, planned TEXT NOT NULL, at TEXT NOT NULL,
    state TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, body BLOB
) STRICT;
CREATE TABLE arrivals (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL, code TEXT NOT NULL, moved_on TEXT NOT NULL,
    at TEXT NOT NULL, state TEXT NOT NULL, UNIQUE (source, code, moved_on)
) STRICT;

-- 住民票コード that J-LIS gave, and 個人番号 that it was asked for.
CREATE TABLE codes (code TEXT PRIMARY KEY, used_at TEXT) STRICT;
CREATE TABLE number_requests (
    reference TEXT PRIMARY KEY, record INTEGER NOT NULL, code TEXT NOT NULL,
    reason TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL, number TEXT
) STRICT;

CREATE TABLE cards (
    serial TEXT PRIMARY KEY, record INTEGER NOT NULL, state TEXT NOT NULL,
    certificate TEXT NOT NULL, at TEXT NOT NULL, valid_until TEXT NOT NULL
) STRICT;
CREATE INDEX cards_by_record ON cards (record);

-- 戸籍の附票: where people whose registered domicile is here live or lived.
CREATE TABLE supplements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL, name TEXT NOT NULL, born TEXT NOT NULL, address TEXT NOT NULL,
    municipality TEXT NOT NULL, since TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX supplements_by_code ON supplements (code, number);

CREATE TABLE foreign_notices (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    history INTEGER NOT NULL UNIQUE, at TEXT NOT NULL, output_at TEXT,
    output_by TEXT, body BLOB NOT NULL
) STRICT;

CREATE TABLE issues (
    serial TEXT PRIMARY KEY, kind TEXT NOT NULL, record INTEGER NOT NULL,
    reference TEXT NOT NULL, applicant TEXT NOT NULL, with_number INTEGER NOT NULL,
    operator TEXT NOT NULL, terminal TEXT NOT NULL, at TEXT NOT NULL
) STRICT;

CREATE TABLE inquiries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    operator TEXT NOT NULL, terminal TEXT NOT NULL, purpose TEXT NOT NULL,
    keys TEXT NOT NULL, outcome TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE seen (inquiry INTEGER NOT NULL, record INTEGER NOT NULL,
    PRIMARY KEY (inquiry, record)) STRICT, WITHOUT ROWID;

CREATE TABLE conditions (
    name TEXT PRIMARY KEY, approved_by TEXT NOT NULL, reference TEXT NOT NULL,
    at TEXT NOT NULL, body BLOB NOT NULL
) STRICT;

CREATE TABLE old_records (
    number INTEGER PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL,
    born TEXT NOT NULL, address TEXT NOT NULL, lines BLOB NOT NULL
) STRICT;

CREATE TABLE isolated (source TEXT PRIMARY KEY, by TEXT NOT NULL, at TEXT NOT NULL)
    STRICT;
CREATE TABLE spoiled (message INTEGER PRIMARY KEY, record INTEGER NOT NULL,
    repaired_at TEXT) STRICT;

-- What happened, for whoever asserts on it: numbers of ours, words, no person.
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL, about TEXT NOT NULL
) STRICT;

-- Users of the desks. None: whoever comes is taken at his word, as in a rehearsal.
CREATE TABLE staff (
    person TEXT PRIMARY KEY, business TEXT NOT NULL, salt BLOB NOT NULL,
    digest BLOB NOT NULL, active INTEGER NOT NULL, used_at TEXT NOT NULL
) STRICT;
CREATE TABLE rights (
    person TEXT NOT NULL, right TEXT NOT NULL, application TEXT NOT NULL,
    PRIMARY KEY (person, right)
) STRICT;
CREATE TABLE workers (person TEXT PRIMARY KEY, list TEXT NOT NULL) STRICT;
CREATE TABLE workplaces (terminal TEXT PRIMARY KEY, place TEXT NOT NULL) STRICT;
CREATE TABLE sessions (
    token TEXT PRIMARY KEY, person TEXT NOT NULL, terminal TEXT NOT NULL
) STRICT;
CREATE TABLE staff_ledger (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, person TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL
) STRICT;
CREATE TABLE staff_reviews (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, by TEXT NOT NULL,
    unused INTEGER NOT NULL
) STRICT;

-- 操作履歴: one row for each act at a desk, written before it is done.
CREATE TABLE operations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, person TEXT NOT NULL, terminal TEXT NOT NULL,
    act TEXT NOT NULL, outcome TEXT NOT NULL
) STRICT;
CREATE INDEX operations_by_person ON operations (person, number);
CREATE TABLE operation_records (
    operation INTEGER NOT NULL, record INTEGER NOT NULL,
    PRIMARY KEY (record, operation)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER operations_are_kept BEFORE DELETE ON operations
BEGIN SELECT RAISE(ABORT, 'operations are kept'); END;

-- 届出書 that were thrown away when their time was over: who, when and how.
CREATE TABLE disposals (
    entry INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, how TEXT NOT NULL
) STRICT;
CREATE TRIGGER disposals_stay BEFORE DELETE ON disposals
BEGIN SELECT RAISE(ABORT, 'disposals are kept'); END;

-- 受付票 and 開示請求書.
CREATE TABLE slips (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, body BLOB NOT NULL,
    answered_at TEXT, answered_by TEXT, answer TEXT
) STRICT;
