-- Risk policies. A policy is kept once, under the SHA-256 of its canonical JSON; the newest application says which one is
-- in force, for every replica from the commit on. Their events go into the ingress journal in the same transaction, and a
-- restored database learns from the ledger what it lacks.
CREATE TABLE risk_policies (
    content text COLLATE "C" PRIMARY KEY CHECK (content ~ '^[0-9a-f]{64}$'),
    body bytea NOT NULL CHECK (octet_length(body) <= 196608 AND encode(sha256(body), 'hex') = content)
);
CREATE TABLE risk_policy_applications (
    application_id text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    content text COLLATE "C" NOT NULL CHECK (content ~ '^[0-9a-f]{64}$'),
    applied_by text NOT NULL CHECK (length(applied_by) BETWEEN 1 AND 128),
    applied_at timestamptz NOT NULL
);
CREATE INDEX risk_policy_newest ON risk_policy_applications (version, applied_at, application_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON risk_policies
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON risk_policy_applications
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON risk_policies, risk_policy_applications TO tradewind_gateway, tradewind_portfolio, tradewind_risk;
-- An operator and the gateway apply a policy, the portfolio stage repeats what the ledger says of one.
GRANT INSERT ON risk_policies, risk_policy_applications TO tradewind_gateway, tradewind_operator, tradewind_portfolio;
GRANT INSERT ON ingress TO tradewind_operator;
