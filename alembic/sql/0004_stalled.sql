-- What it takes to find histories that stand still without reading those that have ended.
ALTER TABLE correlation_head
    ADD COLUMN last_topic text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN is_open boolean NOT NULL DEFAULT false,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
UPDATE correlation_head AS h
SET last_topic = e.topic, changed_at = e.recorded_at,
    is_open = e.topic IN (
        'intent.submitted', 'intent.accepted', 'risk.approved', 'plan.created', 'exec.started',
        'exec.step_signed', 'exec.step_submitted', 'exec.step_filled', 'exec.step_reorged'
    )
FROM event_index AS i JOIN events AS e USING (event_id)
WHERE i.correlation_id = h.correlation_id AND i.sequence = h.last_sequence;
CREATE INDEX correlation_head_open ON correlation_head (changed_at) WHERE is_open;

-- How often an event was sent again because nothing followed it.
CREATE TABLE sweeps (
    correlation_id text COLLATE "C" PRIMARY KEY,
    sequence integer NOT NULL,
    attempts integer NOT NULL CHECK (attempts > 0),
    swept_at timestamptz NOT NULL
);

-- One row: whoever moves the time forward does the pass.
CREATE TABLE sweeper (
    id smallint PRIMARY KEY CHECK (id = 1),
    swept_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO sweeper (id) VALUES (1);
