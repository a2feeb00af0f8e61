"""The journal's SQL. Parameters 1 and 2 are chain id and address, unless only a step is meant."""

from functools import partial

from tradewind.postgres import load_sql

_sql = partial(load_sql, "tradewind.trading.wallet")
SLOTS = _sql("select_slots")
OPEN = f"{SLOTS} AND s.settled_at IS NULL ORDER BY s.nonce LIMIT $3"
AT = f"{SLOTS} AND s.nonce = $3"
OF_TRANSACTION = (
    f"{SLOTS} AND s.nonce = (SELECT g.nonce FROM generations AS g "  # noqa: S608
    "WHERE g.chain_id = $1 AND g.address = $2 AND g.tx_hash = $3)"
)
OF_BLOCK = f"{SLOTS} AND s.settled_at IS NOT NULL AND s.mined_block_hash = $3 ORDER BY s.nonce"
LATEST = f"{SLOTS} ORDER BY s.nonce DESC LIMIT $3"
SETTLED_FROM = f"{SLOTS} AND s.settled_at IS NOT NULL AND s.nonce >= $3 ORDER BY s.nonce LIMIT 256"
LOCK_WALLET = _sql("lock_wallet")
WALLET = LOCK_WALLET.replace("FOR UPDATE", "")
WALLETS = WALLET.partition("WHERE")[0] + "ORDER BY chain_id, address"
REGISTER = (
    "INSERT INTO wallets (chain_id, address, next_nonce, first_block_hash) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (chain_id, address) DO NOTHING"
)
DECISION = (
    "SELECT plan_id, step_index, outcome, reason, detail, address, nonce, decided_at FROM steps "
    "WHERE plan_id = $1 AND step_index = $2"
)
INSERT_STEP = _sql("insert_step")
SIGNATURE = _sql("select_signature")
INSERT_SLOT = _sql("insert_slot")
INSERT_GENERATION = _sql("insert_generation")
COUNT_OPEN = (
    "SELECT count(*) FROM slots WHERE chain_id = $1 AND address = $2 AND settled_at IS NULL"
)
ADVANCE_NONCE = "UPDATE wallets SET next_nonce = $3 WHERE chain_id = $1 AND address = $2"
ALLOWANCE = (
    "SELECT projected FROM allowances "
    "WHERE chain_id = $1 AND address = $2 AND token = $3 AND spender = $4"
)
FORGET_ALLOWANCE = (
    "UPDATE allowances SET projected = 0 "
    "WHERE chain_id = $1 AND address = $2 AND token = $3 AND spender = $4"
)
UPSERT_ALLOWANCE = _sql("upsert_allowance")
NOTE_BROADCAST = _sql("note_broadcast")
NOTE_MINED = _sql("note_mined")
INSERT_REORG = _sql("insert_reorg")
UNMINE = (
    "UPDATE slots SET state = 'broadcast', mined_tx_hash = NULL, mined_block_number = NULL, "
    "mined_block_hash = NULL WHERE chain_id = $1 AND address = $2 AND nonce = $3"
)
SETTLE = _sql("settle")
SETTLED_BLOCKS = _sql("settled_blocks")
HALT = (
    "UPDATE wallets SET halted_reason = $3, halted_at = clock_timestamp() "
    "WHERE chain_id = $1 AND address = $2 AND halted_at IS NULL"
)
RESUME = (
    "UPDATE wallets SET halted_reason = NULL, halted_at = NULL, "
    "next_nonce = greatest(next_nonce, $3) WHERE chain_id = $1 AND address = $2"
)
ACKNOWLEDGE_FOREIGN = (
    "UPDATE slots SET foreign_acknowledged_at = clock_timestamp() "
    "WHERE chain_id = $1 AND address = $2 AND foreign_since IS NOT NULL AND settled_at IS NULL"
)
TEND = (
    "UPDATE wallets SET tended_at = clock_timestamp() WHERE chain_id = $1 AND address = $2 "
    "AND tended_at < clock_timestamp() - $3::float8 * interval '1 millisecond' RETURNING 1"
)
NOTE_FOREIGN = (
    "UPDATE slots SET foreign_since = coalesce(foreign_since, clock_timestamp()) "
    "WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND settled_at IS NULL"
)
CLEAR_FOREIGN = (
    "UPDATE slots SET foreign_since = NULL WHERE chain_id = $1 AND address = $2 "
    "AND foreign_since IS NOT NULL AND settled_at IS NULL AND nonce = $3"
)
REQUEST_CANCEL = (
    "UPDATE slots SET cancel_requested_at = clock_timestamp(), cancel_requested_by = $4 "
    "WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND settled_at IS NULL "
    "AND cancel_requested_at IS NULL RETURNING 1"
)
