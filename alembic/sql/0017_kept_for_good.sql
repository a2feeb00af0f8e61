-- What the ingress journal keeps stays: nothing withdraws it any more, and its idempotency keys belong to an account's method and path.
DELETE FROM ingress WHERE withdrawn_at IS NOT NULL;
DROP INDEX ingress_pending;
ALTER TABLE ingress DROP COLUMN withdrawn_at;
ALTER TABLE ingress DROP CONSTRAINT ingress_idempotency_key_key;
-- The defaults are what every earlier request was: a submission to a gateway that asked for no keys.
ALTER TABLE ingress ADD COLUMN account text COLLATE "C" NOT NULL DEFAULT 'local';
ALTER TABLE ingress ADD COLUMN method text COLLATE "C" NOT NULL DEFAULT 'POST';
ALTER TABLE ingress ADD COLUMN path text COLLATE "C" NOT NULL DEFAULT '/intents';
ALTER TABLE ingress ADD COLUMN repeats integer NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX ingress_key ON ingress (idempotency_key, account, method, path);
CREATE INDEX ingress_pending ON ingress (received_at) WHERE recorded_at IS NULL;
CREATE INDEX ingress_settled ON ingress (received_at) WHERE recorded_at IS NOT NULL;
-- The gateway keeps and counts repetitions. The sweeper forgets keys that are old, with what the ledger has.
REVOKE UPDATE (idempotency_key) ON ingress FROM tradewind_gateway;
GRANT UPDATE (repeats) ON ingress TO tradewind_gateway;
GRANT UPDATE (idempotency_key), DELETE ON ingress TO tradewind_sweeper;
