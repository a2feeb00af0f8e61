-- What became of every decision about a signal, at some times after it. A row is planned when the ledger has the conclusion;
-- its mark is kept once, before it is published, and published until the ledger has it. A mark that nobody could take is kept
-- as missed. What the ledger has is right: it replaces what is kept here.
CREATE TABLE signal_marks (
    signal_id text COLLATE "C" NOT NULL,
    horizon_seconds integer NOT NULL CHECK (horizon_seconds > 0),
    concluded_event_id text COLLATE "C" NOT NULL,
    strategy_id text COLLATE "C" NOT NULL,
    instrument text COLLATE "C" NOT NULL,
    portfolio text COLLATE "C" NOT NULL,
    coin text COLLATE "C" NOT NULL,
    -- 1 where a rising price is a gain for whoever follows the signal, else -1
    direction smallint NOT NULL CHECK (direction IN (-1, 1)),
    decided_at timestamptz NOT NULL,
    decided_mid numeric NOT NULL,
    costs numeric NOT NULL,
    due_at timestamptz NOT NULL,
    -- the bytes of signal.marked; null until the mark is taken or missed
    body bytea,
    marked_mid numeric,
    signed_return numeric,
    followed_paid boolean,
    publish_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    recorded_at timestamptz,
    PRIMARY KEY (signal_id, horizon_seconds)
);
CREATE INDEX signal_marks_due ON signal_marks (due_at) WHERE body IS NULL;
CREATE INDEX signal_marks_unrecorded ON signal_marks (publish_at) WHERE body IS NOT NULL AND recorded_at IS NULL;

-- One row: how far the ledger was followed, and which process marks at the moment.
CREATE TABLE signal_marks_turn (
    id smallint PRIMARY KEY CHECK (id = 1),
    followed_seq bigint NOT NULL,
    held_by text NOT NULL DEFAULT '',
    held_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO signal_marks_turn (id, followed_seq) SELECT 1, last_global_seq FROM writer;

-- Tables of calibrated confidences, by version; the newest one counts.
CREATE TABLE calibration_tables (
    model text COLLATE "C" NOT NULL,
    prompt_version text COLLATE "C" NOT NULL,
    horizon_seconds integer NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    outcomes integer NOT NULL,
    -- JSON
    body bytea NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, prompt_version, horizon_seconds, version)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calibration_tables
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON events, event_index, writer, calibration_tables TO tradewind_desk;
GRANT SELECT, INSERT ON signal_marks TO tradewind_desk;
GRANT UPDATE (body, marked_mid, signed_return, followed_paid, publish_at, attempts, recorded_at) ON signal_marks TO tradewind_desk;
GRANT SELECT ON signal_marks_turn TO tradewind_desk;
GRANT UPDATE (followed_seq, held_by, held_until) ON signal_marks_turn TO tradewind_desk;
GRANT SELECT ON signal_marks, calibration_tables TO tradewind_gateway;
GRANT INSERT ON calibration_tables TO tradewind_operator;
