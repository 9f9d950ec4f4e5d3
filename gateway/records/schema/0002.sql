-- SPDX-License-Identifier: Apache-2.0
-- The second schema: who asked, smaller indexes, and less kept than is needed.
--
-- Since this schema a message that is settled in the outbox keeps its answer, but
-- neither its envelope (then empty) nor what it was sent for (sealed: then null).

-- Only the system that asked may have the answer. Who that was stands in the record;
-- where the record does not tell, it stays empty, which is nobody.
ALTER TABLE inquiries ADD COLUMN asked_by TEXT NOT NULL DEFAULT ''; -- organisation/role
UPDATE inquiries SET asked_by = coalesce((
    SELECT peer FROM events
    WHERE events.processing_number = inquiries.processing_number
        AND kind = 'received' AND message_type = 'information_inquiry_request'
    ORDER BY seq LIMIT 1), '');

-- A permit is used once by its id: its digest covers the id, so the same digest is
-- always the same id. The record has the digest of each.
ALTER TABLE permits RENAME TO permits_1;
CREATE TABLE permits (
    permit_id         BLOB NOT NULL PRIMARY KEY,
    processing_number BLOB NOT NULL,
    until             INTEGER NOT NULL      -- after this its time refuses it anyway
) WITHOUT ROWID, STRICT;
INSERT INTO permits (permit_id, processing_number, until)
    SELECT permit_id, processing_number, until FROM permits_1;
DROP TABLE permits_1;

-- Moments are found by record_id, which begins with them.
DROP INDEX events_at;

UPDATE outbox SET envelope = x'', sealed = NULL WHERE state <> 'waiting';
