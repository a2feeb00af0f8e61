-- Events are looked for by topic and by portfolio, page by page in the order they were recorded.
CREATE INDEX events_topic_place ON events (topic, global_seq);
CREATE INDEX events_portfolio_place ON events (portfolio, topic, global_seq);
-- The intents of a strategy, while Redis has no list of them.
CREATE INDEX events_strategy_intents ON events ((payload #>> '{intent,strategy_id}'), correlation_id)
    WHERE topic = 'intent.submitted';
-- What an event of one history caused in another. First events only: all others are caused within their own history.
CREATE INDEX events_caused_elsewhere ON events (causation_id) WHERE sequence = 1 AND causation_id <> correlation_id;

CREATE INDEX dead_letters_age ON dead_letters (recorded_at, dead_letter_id);

-- What an operator asked the gateway to do with a dead letter, from before the answer until the sweeper has done it:
-- the gateway itself may not publish what roles publish.
CREATE TABLE dead_letter_requests (
    dead_letter_id text COLLATE "C" NOT NULL,
    action text NOT NULL CHECK (action IN ('retry', 'resolve')),
    note text NOT NULL DEFAULT '',
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    PRIMARY KEY (dead_letter_id, action)
);
CREATE INDEX dead_letter_requests_open ON dead_letter_requests (requested_at) WHERE done_at IS NULL;
GRANT SELECT, INSERT ON dead_letter_requests TO tradewind_gateway;
GRANT SELECT ON dead_letter_requests TO tradewind_sweeper;
GRANT UPDATE (done_at) ON dead_letter_requests TO tradewind_sweeper;

-- What was decided, and how often a stalled history was sent again, is shown to whoever may see the history.
GRANT SELECT ON decided, sweeps TO tradewind_gateway;
