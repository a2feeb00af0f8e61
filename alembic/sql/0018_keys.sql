-- Keys of the gateway's callers. A row holds nothing with which somebody could call: of an Ed25519 key there is the public
-- key, of a bearer token its SHA-256, and the secret of an HMAC key is encrypted by a key that is not in the database.
CREATE TABLE keys (
    key_id text COLLATE "C" PRIMARY KEY CHECK (key_id ~ '^[0-9A-Za-z]{16}$'),
    first_key_id text COLLATE "C" NOT NULL,
    name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    kind text NOT NULL CHECK (kind IN ('ed25519', 'hmac', 'bearer')),
    scopes text[] NOT NULL CHECK (scopes <@ '{read,trade,admin}' AND cardinality(scopes) BETWEEN 1 AND 3),
    strategies text[] NOT NULL CHECK (cardinality(strategies) BETWEEN 1 AND 64),
    portfolios text[] NOT NULL CHECK (cardinality(portfolios) BETWEEN 1 AND 64),
    networks cidr[] NOT NULL DEFAULT '{}' CHECK (cardinality(networks) <= 64),
    verifier bytea NOT NULL CHECK (octet_length(verifier) BETWEEN 32 AND 512),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 128),
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text CHECK (length(revoked_by) BETWEEN 1 AND 128),
    CHECK (kind <> 'bearer' OR scopes = '{read}'),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);

-- Who is signed in by cookie. The cookie is 256 random bits, of which this is the SHA-256.
CREATE TABLE key_sessions (
    session_sha256 bytea PRIMARY KEY CHECK (octet_length(session_sha256) = 32),
    key_id text COLLATE "C" NOT NULL REFERENCES keys,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX key_sessions_of_key ON key_sessions (key_id, created_at);

-- What was done to keys, by which login of the database and in whose name. It is written by a trigger alone.
CREATE TABLE key_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    login text NOT NULL DEFAULT session_user,
    key_id text COLLATE "C" NOT NULL,
    action text NOT NULL,
    actor text NOT NULL,
    detail jsonb NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON key_audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- It changes with every change of keys and sessions. Whoever caches them asks for this number alone.
CREATE TABLE key_version (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    version bigint NOT NULL
);
INSERT INTO key_version (version) VALUES (1);

CREATE FUNCTION count_key_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE key_version SET version = version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON keys
    FOR EACH STATEMENT EXECUTE FUNCTION count_key_change();
CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON key_sessions
    FOR EACH STATEMENT EXECUTE FUNCTION count_key_change();

-- A key only ever ends: nobody makes it mean more, last longer or come back.
CREATE FUNCTION only_end_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended keys := OLD;
BEGIN
    ended.expires_at := NEW.expires_at;
    ended.revoked_at := NEW.revoked_at;
    ended.revoked_by := NEW.revoked_by;
    IF ended IS DISTINCT FROM NEW
        OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
        OR (OLD.expires_at IS NOT NULL AND (NEW.expires_at IS NULL OR NEW.expires_at > OLD.expires_at))
    THEN
        RAISE EXCEPTION 'a key can only end' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_ends BEFORE UPDATE ON keys FOR EACH ROW EXECUTE FUNCTION only_end_keys();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION audit_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO key_audit (key_id, action, actor, detail)
    SELECT NEW.key_id,
        CASE WHEN TG_OP = 'INSERT' THEN 'created' WHEN NEW.revoked_at IS NULL THEN 'expiry set' ELSE 'revoked' END,
        coalesce(nullif(current_setting('tradewind.actor', true), ''), session_user),
        to_jsonb(NEW) - 'verifier';
    RETURN NULL;
END
$$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE ON keys FOR EACH ROW EXECUTE FUNCTION audit_key();

-- Only the gateway reads what keys are checked against. Everybody else sees the rest of a key.
REVOKE SELECT ON keys, key_sessions FROM tradewind_operator, tradewind_reader;
GRANT SELECT (key_id, first_key_id, name, kind, scopes, strategies, portfolios, networks, created_at, created_by,
    expires_at, revoked_at, revoked_by) ON keys TO tradewind_operator, tradewind_reader;
GRANT INSERT, UPDATE (expires_at, revoked_at, revoked_by) ON keys TO tradewind_operator;
GRANT SELECT ON keys, key_version TO tradewind_gateway;
GRANT SELECT, INSERT, DELETE, UPDATE (ended_at) ON key_sessions TO tradewind_gateway;
REVOKE ALL ON FUNCTION count_key_change(), audit_key() FROM PUBLIC;
