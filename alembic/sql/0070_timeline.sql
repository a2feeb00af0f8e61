-- What it takes to say how everything stood after any event of the ledger, without folding the events before it. All of it
-- follows from the ledger: the historian writes it after the commit, and `tradewind rebuild --timeline` makes it again.
CREATE SCHEMA timeline;

-- How far the historian is. Whoever writes holds this row. `event_id` is of the event at `global_seq`: in a database that was
-- restored another event may be there, and then all of this is of a history that is no more.
CREATE TABLE timeline.watermark (
    id smallint PRIMARY KEY CHECK (id = 1),
    incarnation text COLLATE "C" NOT NULL DEFAULT '',
    global_seq bigint NOT NULL DEFAULT 0,
    event_id text COLLATE "C" NOT NULL DEFAULT '',
    noted_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO timeline.watermark (id) VALUES (1);

-- From which event on, and up to which, somebody had to act on a history. One that goes on after its end has several rows.
CREATE TABLE timeline.flows (
    correlation_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    strategy_id text COLLATE "C" NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    instrument text COLLATE "C" NOT NULL,
    first_seq bigint NOT NULL,
    -- the event that ended it, which is not in the interval; null while it is open
    closed_seq bigint CHECK (closed_seq > first_seq),
    PRIMARY KEY (correlation_id, first_seq)
) WITH (fillfactor = 80);
CREATE INDEX flows_open_at ON timeline.flows USING gist (int8range(first_seq, closed_seq));

-- What a strategy trades, and after each fill what it held of that. Amounts are in base units.
CREATE TABLE timeline.position_keys (
    strategy_id text COLLATE "C" NOT NULL,
    chain text COLLATE "C" NOT NULL,
    base text COLLATE "C" NOT NULL,
    quote text COLLATE "C" NOT NULL,
    base_symbol text NOT NULL,
    base_decimals integer NOT NULL,
    quote_symbol text NOT NULL,
    quote_decimals integer NOT NULL,
    first_seq bigint NOT NULL,
    PRIMARY KEY (strategy_id, chain, base, quote)
);
CREATE TABLE timeline.positions (
    strategy_id text COLLATE "C" NOT NULL,
    chain text COLLATE "C" NOT NULL,
    base text COLLATE "C" NOT NULL,
    quote text COLLATE "C" NOT NULL,
    global_seq bigint NOT NULL,
    -- the fill: plan, step and number, which stand once for a strategy, and its place in the order of the chain
    fill_key text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    bought numeric(80, 0) NOT NULL,
    paid numeric(80, 0) NOT NULL,
    -- what all fills up to this row came to, in the order of the chain; `last_place` is the last of theirs
    quantity numeric(80, 0) NOT NULL,
    cost numeric(80, 0) NOT NULL,
    realised numeric(80, 0) NOT NULL,
    fills bigint NOT NULL,
    last_place text COLLATE "C" NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (strategy_id, chain, base, quote, global_seq)
);
CREATE UNIQUE INDEX positions_fill ON timeline.positions (strategy_id, fill_key);

-- How many events there were of each topic, and how many refusals for each reason, after every 4,096 events.
CREATE TABLE timeline.counters (
    global_seq bigint PRIMARY KEY,
    by_topic jsonb NOT NULL,
    by_reason jsonb NOT NULL
);

-- What payloads name: an event of which another one says that it came from it, beside its cause.
CREATE TABLE timeline.links (
    cause_event_id text COLLATE "C" NOT NULL,
    effect_event_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    global_seq bigint NOT NULL,
    PRIMARY KEY (cause_event_id, effect_event_id, kind)
);
CREATE INDEX links_effect ON timeline.links (effect_event_id);
CREATE INDEX links_place ON timeline.links (global_seq);

-- A row for each decision of risk and planner, with what it was made on, narrow enough to read a quarter of a year at once.
CREATE TABLE timeline.decisions (
    global_seq bigint PRIMARY KEY,
    decided_at_ms bigint NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    stage text COLLATE "C" NOT NULL,
    strategy_id text COLLATE "C" NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    instrument text COLLATE "C" NOT NULL,
    side text COLLATE "C",
    amount text,
    max_slippage text,
    price_usd text,
    quote_price_usd text,
    notional_millionths bigint,
    price_block_number bigint,
    market text COLLATE "C",
    limits_sha256 text COLLATE "C",
    book_sha256 text COLLATE "C",
    policy_version bigint,
    verdict text COLLATE "C" NOT NULL,
    reason text COLLATE "C"
);
CREATE INDEX decisions_price ON timeline.decisions (instrument, global_seq) WHERE price_usd IS NOT NULL;

-- Accounts are folded again from the last kept state that knows nothing later than some event.
CREATE INDEX account_snapshots_as_of ON account_snapshots (portfolio_id, ((state ->> 'as_of')::bigint));
-- Events of a producer, as /agents/events asks for them.
CREATE INDEX events_producer_place ON events (producer, topic, global_seq);

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_historian NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_historian', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_historian;
GRANT SELECT ON events, event_index, writer TO tradewind_historian;
GRANT USAGE ON SCHEMA timeline TO tradewind_historian, tradewind_gateway, tradewind_operator, tradewind_reader;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA timeline TO tradewind_historian, tradewind_operator;
REVOKE INSERT, DELETE, TRUNCATE ON timeline.watermark FROM tradewind_historian, tradewind_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA timeline TO tradewind_gateway, tradewind_reader;
-- The gateway folds accounts as they were.
GRANT SELECT ON account_snapshots TO tradewind_gateway;
ALTER DEFAULT PRIVILEGES IN SCHEMA timeline GRANT SELECT ON TABLES TO tradewind_operator, tradewind_reader;
