-- SPDX-License-Identifier: Apache-2.0

-- Keeping and erasing: the rest of 0006.sql, once the events are sealed.
DROP TABLE events_5;

CREATE INDEX events_message ON events (message_id)
    WHERE message_id IS NOT NULL;
CREATE INDEX events_processing ON events (processing_number)
    WHERE processing_number IS NOT NULL;
CREATE INDEX events_refused ON events (code)
    WHERE code <> '';
CREATE INDEX events_peer ON events (peer, seq);

CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'a record is never changed');
END;

-- But for a month whose erasure is on record and has come to its rows.
CREATE TRIGGER events_stay BEFORE DELETE ON events
WHEN NOT EXISTS (
    SELECT 1 FROM erasures
    WHERE step = 'rows' AND seq > OLD.seq AND begins <= OLD.at AND OLD.at < ends
)
BEGIN
    SELECT RAISE(ABORT, 'a record is never removed');
END;
