-- The event that waits longest is looked for every second.
CREATE INDEX parked_age ON parked (parked_at);
