-- What models say today about signals of the past, by today's prompts. No event follows from it, and nothing of the past
-- changes; a question is kept with its answer, so that the same one is never paid for twice.
CREATE TABLE retro_evaluations (
    signal_id text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    prompt_version text COLLATE "C" NOT NULL,
    prompt_sha256 bytea NOT NULL CHECK (octet_length(prompt_sha256) = 32),
    -- of what was asked; of the prompt where nothing had to be
    request_sha256 bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
    role text NOT NULL DEFAULT 'retro' CHECK (role = 'retro'),
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    status text NOT NULL,
    detail text,
    latency_ms integer NOT NULL CHECK (latency_ms >= 0),
    -- the first 16 KB of what the model said
    answer bytea CHECK (octet_length(answer) <= 16384),
    decision text,
    confidence_pct integer CHECK (confidence_pct BETWEEN 0 AND 100),
    tokens_in integer,
    tokens_out integer,
    cost_microusd bigint CHECK (cost_microusd >= 0),
    PRIMARY KEY (signal_id, model, request_sha256),
    CHECK ((status = 'ok') = (decision IS NOT NULL AND confidence_pct IS NOT NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retro_evaluations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT ON retro_evaluations TO tradewind_operator;

-- What a model said word for word is shown to administrators alone.
REVOKE SELECT ON retro_evaluations FROM tradewind_reader;
GRANT SELECT (
    signal_id, model, prompt_version, prompt_sha256, request_sha256, role, asked_at, asked_by, status, detail, latency_ms,
    decision, confidence_pct, tokens_in, tokens_out, cost_microusd
) ON retro_evaluations TO tradewind_reader;
