-- The statements of the store of keys. Each has a line `-- name: what it is for` above it.

-- name_actor: Say in whose name the transaction changes keys, for the audit.
SELECT set_config('tradewind.actor', $1, true)

-- insert_key: Keep a new key.
INSERT INTO keys (
    key_id, first_key_id, name, kind, scopes, strategies, portfolios, sources, networks, verifier, created_at,
    created_by, expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- revoke_key: End a key at once; one that was revoked before stays as it is.
UPDATE keys SET revoked_at = now(), revoked_by = $2 WHERE key_id = $1 AND revoked_at IS NULL

-- expire_key: Let a key end at a time, unless it ends sooner already.
UPDATE keys SET expires_at = $2 WHERE key_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)

-- select_key: Read one key, without what it is checked against.
SELECT key_id, first_key_id, name, kind, scopes, strategies, portfolios, sources, networks, created_at, created_by,
    expires_at, revoked_at, revoked_by
FROM keys WHERE key_id = $1

-- select_keys: List keys, newest first; ended ones only where they are asked for.
SELECT key_id, first_key_id, name, kind, scopes, strategies, portfolios, sources, networks, created_at, created_by,
    expires_at, revoked_at, revoked_by
FROM keys
WHERE $1 OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
ORDER BY created_at DESC, key_id
LIMIT $2

-- select_audit: List what was done to a key, oldest first.
SELECT at, login, action, actor FROM key_audit WHERE key_id = $1 ORDER BY id

-- select_version: Read the number that changes with every key and session.
SELECT version FROM key_version

-- select_usable_keys: Read the keys with which somebody may call now, and what they are checked against.
SELECT key_id, first_key_id, name, kind, scopes, strategies, portfolios, sources, networks, created_at, created_by,
    expires_at, revoked_at, revoked_by, verifier
FROM keys
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())

-- select_live_sessions: Read the sessions that have not ended.
SELECT session_sha256, key_id, expires_at FROM key_sessions WHERE ended_at IS NULL AND expires_at > now()

-- insert_session: Open a session.
INSERT INTO key_sessions (session_sha256, key_id, expires_at) VALUES ($1, $2, $3)

-- end_session: End a session.
UPDATE key_sessions SET ended_at = now() WHERE session_sha256 = $1 AND ended_at IS NULL

-- end_oldest_sessions: End the sessions of a key beyond its newest ones.
UPDATE key_sessions SET ended_at = now()
WHERE session_sha256 IN (
    SELECT session_sha256 FROM key_sessions WHERE key_id = $1 AND ended_at IS NULL AND expires_at > now()
    ORDER BY created_at DESC, session_sha256 OFFSET $2
)

-- forget_sessions: Remove the sessions of a key that ended long ago.
DELETE FROM key_sessions WHERE key_id = $1 AND expires_at < now() - interval '1 day'

-- insert_hook: Keep a new hook.
INSERT INTO hooks (hook_id, token_sha256, name, source, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)

-- revoke_hook: End a hook at once; one that was revoked before stays as it is.
UPDATE hooks SET revoked_at = now(), revoked_by = $2 WHERE hook_id = $1 AND revoked_at IS NULL

-- select_hooks: List hooks, newest first; ended ones only where they are asked for.
SELECT hook_id, name, source, created_at, created_by, revoked_at, revoked_by
FROM hooks
WHERE $1 OR revoked_at IS NULL
ORDER BY created_at DESC, hook_id
LIMIT $2

-- select_usable_hook: Find the hook of a token that may be used.
SELECT hook_id, name, source, created_at, created_by, revoked_at, revoked_by
FROM hooks
WHERE token_sha256 = $1 AND revoked_at IS NULL
