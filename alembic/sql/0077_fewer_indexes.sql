-- What is written with every event is found by fewer indexes.

-- The head of a history changes with each of its events. While an index had the time of that, each change was a new entry in
-- all of its indexes; without, it stays on its page. Open histories are few, so whoever wants the oldest sorts them.
DROP INDEX correlation_head_open;
CREATE INDEX correlation_head_open ON correlation_head (correlation_id) WHERE is_open;

-- Only what was submitted is asked for by its own time, for back-tests of recorded flows: events_topic_place is by topic. What
-- events_fills found is found by events_portfolio_place. (A hypertable's index is dropped by itself.)
CREATE INDEX events_submitted_time ON events (time) WHERE topic = 'intent.submitted';
DROP INDEX events_topic_time;
DROP INDEX events_fills;

-- Portfolios change several times a page, and what is due of their events is soon gone: both are few.
DROP INDEX portfolios_untold;
DROP INDEX portfolio_outbox_due;
