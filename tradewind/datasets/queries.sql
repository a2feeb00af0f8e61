-- The statements of the store of datasets. Each has a line `-- name: what it is for` above it.

-- insert_dataset: keeps a manifest; nothing when the same content is known.
INSERT INTO backtest.datasets
    (dataset_id, kind, instrument, interval, from_time, to_time, rows, sha256, bytes, manifest, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)
ON CONFLICT (dataset_id) DO NOTHING
RETURNING dataset_id

-- select_dataset: the manifest of one.
SELECT manifest FROM backtest.datasets WHERE dataset_id = $1

-- select_datasets: a page of manifests, newest first, by what they are of.
SELECT manifest
FROM backtest.datasets
WHERE ($1::text IS NULL OR kind = $1)
    AND ($2::text IS NULL OR instrument = $2)
    AND ($3::text IS NULL OR interval = $3)
    AND ($4::timestamptz IS NULL OR (created_at, dataset_id) < ($4, $5::text))
ORDER BY created_at DESC, dataset_id DESC
LIMIT $6
