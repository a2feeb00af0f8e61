-- Keys may submit signals, as some sources only.
ALTER TABLE keys DROP CONSTRAINT keys_scopes_check;
ALTER TABLE keys ADD CONSTRAINT keys_scopes_check
    CHECK (scopes <@ '{read,submit,trade,admin}' AND cardinality(scopes) BETWEEN 1 AND 4);
ALTER TABLE keys ADD COLUMN sources text[] NOT NULL DEFAULT '{*}' CHECK (cardinality(sources) BETWEEN 1 AND 64);
GRANT SELECT (sources) ON keys TO tradewind_operator, tradewind_reader;

-- Addresses for those who can send a request and not sign it, such as TradingView. Whoever has the token may submit signals as
-- one source. It is 256 random bits, of which this is the SHA-256.
CREATE TABLE hooks (
    hook_id text COLLATE "C" PRIMARY KEY CHECK (hook_id ~ '^[0-9A-Za-z]{16}$'),
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    source text COLLATE "C" NOT NULL CHECK (source ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 128),
    revoked_at timestamptz,
    revoked_by text CHECK (length(revoked_by) BETWEEN 1 AND 128),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);

-- A hook only ever ends.
CREATE FUNCTION only_end_hooks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended hooks := OLD;
BEGIN
    ended.revoked_at := NEW.revoked_at;
    ended.revoked_by := NEW.revoked_by;
    IF ended IS DISTINCT FROM NEW OR OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'a hook can only end' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER only_ends BEFORE UPDATE ON hooks FOR EACH ROW EXECUTE FUNCTION only_end_hooks();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON hooks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE ALL ON hooks FROM tradewind_operator, tradewind_reader;
GRANT SELECT (hook_id, name, source, created_at, created_by, revoked_at, revoked_by) ON hooks
    TO tradewind_operator, tradewind_reader;
GRANT INSERT, UPDATE (revoked_at, revoked_by) ON hooks TO tradewind_operator;
GRANT SELECT ON hooks TO tradewind_gateway;
