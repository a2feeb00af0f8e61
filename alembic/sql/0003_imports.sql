-- Histories that came from a file, for looking at: nobody carries them on.
CREATE TABLE imports (
    correlation_id text COLLATE "C" PRIMARY KEY,
    source text NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now()
);
