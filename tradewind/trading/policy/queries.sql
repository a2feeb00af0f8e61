-- The statements of risk policies. Each has a line `-- name: what it is for` above it.

-- select_head: Return which policy is in force.
SELECT application_id, version, content, applied_by, applied_at FROM risk_policy_applications
ORDER BY version DESC, applied_at DESC, application_id DESC
LIMIT 1

-- select_applications: Return when which policy was put into force, newest first, before an application ($1).
SELECT application_id, version, content, applied_by, applied_at FROM risk_policy_applications
WHERE $1::text IS NULL OR (version, applied_at, application_id) < (
    SELECT version, applied_at, application_id FROM risk_policy_applications WHERE application_id = $1
)
ORDER BY version DESC, applied_at DESC, application_id DESC
LIMIT $2

-- select_body: Return a policy's canonical JSON.
SELECT body FROM risk_policies WHERE content = $1

-- lock_head: Let one transaction at a time put a policy into force.
SELECT pg_advisory_xact_lock(hashtextextended('tradewind.risk_policy', 0))

-- insert_policy: Keep a policy, once.
INSERT INTO risk_policies (content, body) VALUES ($1, $2)
ON CONFLICT (content) DO NOTHING

-- insert_application: Keep that a policy was put into force, once.
INSERT INTO risk_policy_applications (application_id, version, content, applied_by, applied_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (application_id) DO NOTHING

-- keep_event: Keep an event until the ledger has it.
INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256)
VALUES ($1, $2, $3, $4, sha256($4))
ON CONFLICT (event_id) DO NOTHING
