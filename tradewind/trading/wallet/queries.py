"""The journal's statements, bound to names here so that a wrong name fails at import."""

from typing import Final

from tradewind.queries import load_queries

_QUERIES: Final = load_queries("tradewind.trading.wallet")

OPEN = _QUERIES["select_open"]
AT_NONCE = _QUERIES["select_at_nonce"]
OF_HASH = _QUERIES["select_of_hash"]
SETTLED_IN_BLOCK = _QUERIES["select_settled_in_block"]
LATEST = _QUERIES["select_latest"]
SETTLED_FROM = _QUERIES["select_settled_from"]
LOCK_WALLET = _QUERIES["lock_wallet"]
WALLET = _QUERIES["select_wallet"]
WALLETS = _QUERIES["select_wallets"]
REGISTER = _QUERIES["register"]
DECISION = _QUERIES["select_decision"]
INSERT_STEP = _QUERIES["insert_step"]
SIGNATURE = _QUERIES["select_signature"]
INSERT_TRANSACTION = _QUERIES["insert_transaction"]
INSERT_ATTEMPT = _QUERIES["insert_attempt"]
COUNT_OPEN = _QUERIES["count_open"]
ADVANCE_NONCE = _QUERIES["advance_nonce"]
ALLOWANCE = _QUERIES["select_allowance"]
ALLOWANCE_VIEW = _QUERIES["select_allowance_view"]
CORRECT_ALLOWANCE = _QUERIES["correct_allowance"]
APPROVALS = _QUERIES["select_approvals"]
FORGET_ALLOWANCE = _QUERIES["forget_allowance"]
UPSERT_ALLOWANCE = _QUERIES["upsert_allowance"]
NOTE_BROADCAST = _QUERIES["note_broadcast"]
NOTE_MINED = _QUERIES["note_mined"]
INSERT_REORG = _QUERIES["insert_reorg"]
UNMINE = _QUERIES["unmine"]
SETTLE = _QUERIES["settle"]
SETTLED_BLOCKS = _QUERIES["settled_blocks"]
HALT = _QUERIES["halt"]
RESUME = _QUERIES["resume"]
ACKNOWLEDGE_FOREIGN = _QUERIES["acknowledge_foreign"]
CLAIM_CHECK = _QUERIES["claim_check"]
NOTE_FOREIGN = _QUERIES["note_foreign"]
CLEAR_FOREIGN = _QUERIES["clear_foreign"]
REQUEST_CANCEL = _QUERIES["request_cancel"]
