-- Which signals are being judged, or were. Whoever writes the row asks the models, all of them: what another process would
-- ask, by another configuration, is not asked.
CREATE TABLE evaluated_signals (
    signal_id text COLLATE "C" PRIMARY KEY,
    deadline timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluated_signals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A question to a model, claimed before it is asked, and the answer: the events of a signal follow from these rows alone.
CREATE TABLE evaluations (
    signal_id text COLLATE "C" NOT NULL REFERENCES evaluated_signals,
    model text COLLATE "C" NOT NULL,
    attempt smallint NOT NULL CHECK (attempt IN (1, 2)),
    -- in the order of models.yaml
    place smallint NOT NULL CHECK (place >= 0),
    role text NOT NULL CHECK (role IN ('voting', 'shadow')),
    vendor text NOT NULL,
    vendor_model text,
    prompt_version text NOT NULL,
    prompt_sha256 bytea NOT NULL CHECK (octet_length(prompt_sha256) = 32),
    request_sha256 bytea CHECK (octet_length(request_sha256) = 32),
    claimed_at timestamptz NOT NULL,
    claimed_by text NOT NULL,
    deadline timestamptz NOT NULL,
    -- what the call can cost at most, and on whose day; null where nothing is counted
    reserved_microusd bigint NOT NULL DEFAULT 0 CHECK (reserved_microusd >= 0),
    budget_day date,
    -- The answer. Null until there is one.
    status text,
    detail text,
    -- false: nothing was sent. Null where a process was lost that may have sent it
    was_asked boolean,
    answered_at timestamptz,
    latency_ms integer CHECK (latency_ms >= 0),
    -- the first 16 KB of what the model said; the hash and the size are those of all
    answer bytea CHECK (octet_length(answer) <= 16384),
    answer_sha256 bytea CHECK (octet_length(answer_sha256) = 32),
    answer_bytes integer CHECK (answer_bytes >= 0),
    vendor_request_id text,
    vendor_model_version text,
    tokens_in integer,
    tokens_cached integer,
    tokens_out integer,
    tokens_reasoning integer,
    cost_microusd bigint CHECK (cost_microusd >= 0),
    -- an answer that came after its end was told: it is in no event
    late_at timestamptz,
    -- the raw answer was too old to be kept
    forgotten_at timestamptz,
    PRIMARY KEY (signal_id, model, attempt),
    UNIQUE (signal_id, place, attempt),
    CHECK ((status IS NULL) = (answered_at IS NULL)),
    CHECK (status IS NOT NULL OR (answer IS NULL AND late_at IS NULL))
);
CREATE INDEX evaluations_unforgotten ON evaluations (answered_at)
    WHERE answer_sha256 IS NOT NULL AND forgotten_at IS NULL;
CREATE INDEX evaluations_claimed ON evaluations (claimed_at);

-- An answer is given once, and may come late once after its end; then nothing changes but that its text is forgotten.
CREATE FUNCTION refuse_other_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said CONSTANT text[] := ARRAY[
        'answer', 'answer_sha256', 'answer_bytes', 'vendor_request_id', 'vendor_model_version', 'tokens_in',
        'tokens_cached', 'tokens_out', 'tokens_reasoning', 'cost_microusd'
    ];
    ended CONSTANT text[] := said || ARRAY['status', 'detail', 'was_asked', 'answered_at', 'latency_ms'];
    may_change text[];
BEGIN
    IF OLD.status IS NULL AND NEW.status IS NOT NULL THEN
        may_change := ended;
    ELSIF OLD.status = 'timeout' AND OLD.late_at IS NULL AND NEW.late_at IS NOT NULL AND OLD.answer_sha256 IS NULL THEN
        may_change := said || ARRAY['late_at'];
    ELSIF OLD.forgotten_at IS NULL AND NEW.forgotten_at IS NOT NULL AND NEW.answer IS NULL THEN
        may_change := ARRAY['answer', 'forgotten_at'];
    ELSE
        may_change := ARRAY[]::text[];
    END IF;
    IF (to_jsonb(NEW) - may_change) <> (to_jsonb(OLD) - may_change) THEN
        RAISE EXCEPTION 'an answer never changes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER answered_once BEFORE UPDATE ON evaluations FOR EACH ROW EXECUTE FUNCTION refuse_other_answer();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON evaluations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What each model was asked on a day, in UTC, and what that cost; limits are those of the last question, null for none.
CREATE TABLE model_budgets (
    model text COLLATE "C" NOT NULL,
    day date NOT NULL,
    calls integer NOT NULL DEFAULT 0 CHECK (calls >= 0),
    spent_microusd bigint NOT NULL DEFAULT 0 CHECK (spent_microusd >= 0),
    reserved_microusd bigint NOT NULL DEFAULT 0 CHECK (reserved_microusd >= 0),
    max_calls integer,
    max_microusd bigint,
    PRIMARY KEY (model, day)
);

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_evaluator NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_evaluator', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_evaluator;
GRANT SELECT, INSERT ON decided, evaluated_signals, evaluations TO tradewind_evaluator;
GRANT UPDATE (
    status, detail, was_asked, answered_at, latency_ms, answer, answer_sha256, answer_bytes, vendor_request_id,
    vendor_model_version, tokens_in, tokens_cached, tokens_out, tokens_reasoning, cost_microusd, late_at
) ON evaluations TO tradewind_evaluator;
GRANT SELECT, INSERT, UPDATE ON model_budgets TO tradewind_evaluator;

-- The gateway shows them; what a model said word for word it shows to administrators alone.
GRANT SELECT ON evaluated_signals, evaluations, model_budgets TO tradewind_gateway;

-- The sweeper forgets what is too old, unread.
GRANT SELECT (signal_id, model, attempt, answered_at, answer_sha256, forgotten_at) ON evaluations TO tradewind_sweeper;
GRANT UPDATE (answer, forgotten_at) ON evaluations TO tradewind_sweeper;

-- A reader sees all but what models said word for word.
REVOKE SELECT ON evaluations FROM tradewind_reader;
GRANT SELECT (
    signal_id, model, attempt, place, role, vendor, vendor_model, prompt_version, prompt_sha256, request_sha256,
    claimed_at, claimed_by, deadline, reserved_microusd, budget_day, status, detail, was_asked, answered_at, latency_ms,
    answer_sha256, answer_bytes, vendor_request_id, vendor_model_version, tokens_in, tokens_cached, tokens_out,
    tokens_reasoning, cost_microusd, late_at, forgotten_at
) ON evaluations TO tradewind_reader;
