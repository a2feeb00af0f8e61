-- One row, locked by whoever appends. The incarnation names this copy of the history: a database restored
-- without its last commits gets a new one, and later incarnations sort after earlier ones.
CREATE TABLE writer (
    id smallint PRIMARY KEY CHECK (id = 1),
    incarnation text COLLATE "C" NOT NULL
        DEFAULT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
            || '-' || substr(md5(random()::text), 1, 8),
    epoch bigint NOT NULL DEFAULT 0,
    holder text,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    last_global_seq bigint NOT NULL DEFAULT 0
);
INSERT INTO writer (id) VALUES (1);

-- A plain table, because a unique index on a hypertable must contain its time column.
CREATE TABLE event_index (
    event_id text COLLATE "C" PRIMARY KEY,
    correlation_id text COLLATE "C" NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    body_sha256 bytea NOT NULL CHECK (length(body_sha256) = 32),
    global_seq bigint NOT NULL UNIQUE CHECK (global_seq > 0),
    -- the bytes as they came, only where writing the event again would give other bytes
    body bytea,
    UNIQUE (correlation_id, sequence)
);

CREATE TABLE events (
    time timestamptz NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    causation_id text COLLATE "C" NOT NULL,
    payload jsonb NOT NULL,
    version integer NOT NULL,
    sequence integer NOT NULL,
    instrument text COLLATE "C" NOT NULL,
    portfolio text COLLATE "C" NOT NULL,
    producer text COLLATE "C" NOT NULL,
    global_seq bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (global_seq, recorded_at)
);
CREATE INDEX events_topic_time ON events (topic, time DESC);
CREATE INDEX events_correlation_time ON events (correlation_id, time DESC);
CREATE INDEX events_fills ON events (portfolio, global_seq) WHERE topic = 'exec.step_filled';
CREATE INDEX events_plan ON events ((payload ->> 'planId')) WHERE topic = 'plan.created';

CREATE TABLE correlation_head (
    correlation_id text COLLATE "C" PRIMARY KEY,
    last_sequence integer NOT NULL CHECK (last_sequence > 0)
) WITH (fillfactor = 70);

-- Events that came before their predecessor.
CREATE TABLE parked (
    event_id text COLLATE "C" PRIMARY KEY,
    correlation_id text COLLATE "C" NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 1),
    body bytea NOT NULL,
    body_sha256 bytea NOT NULL CHECK (length(body_sha256) = 32),
    subject text NOT NULL,
    stream_sequence bigint NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (correlation_id, sequence)
);

-- Bytes that are no event, or contradict one that is recorded.
CREATE TABLE quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reason text NOT NULL,
    detail text NOT NULL,
    subject text NOT NULL,
    stream_sequence bigint NOT NULL,
    body bytea NOT NULL,
    body_sha256 bytea NOT NULL CHECK (length(body_sha256) = 32),
    quarantined_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stream_sequence, body_sha256)
);

-- A row without a body is one an operator closed before its letter was recorded here.
CREATE TABLE dead_letters (
    dead_letter_id text COLLATE "C" PRIMARY KEY,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retried', 'resolved')),
    note text NOT NULL DEFAULT '',
    queue_group text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    stream_sequence bigint NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    body bytea,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_state ON dead_letters (state, recorded_at DESC);
