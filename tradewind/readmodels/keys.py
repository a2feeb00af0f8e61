"""The one place that spells Redis keys.

Documents stand under the bare names the outside knows; their incarnation is inside, where the
version gate compares it. Indexes carry it in their key.
"""

from typing import Final

from tradewind.contracts.intents.lifecycle import IntentState

MARK_KEY: Final = "projection"
ANY: Final = "*"
REBUILD_KEY: Final = "rebuild"
"""While it is there a rebuild is at work, and readers answer from the ledger."""
INTENT_PREFIX: Final = "intent:"
PLAN_PREFIX: Final = "plan:"
POSITIONS_PREFIX: Final = "positions:"
INDEX_PREFIX: Final = "intents:"
KEY_PATTERN: Final = "[ip]*"
"""What every key of a document or index matches, and the many keys of hints do not."""


def intent_key(intent_id: str) -> str:
    """Return the key of an intent document."""
    return f"{INTENT_PREFIX}{intent_id}"


def plan_key(plan_id: str) -> str:
    """Return the key of a plan document."""
    return f"{PLAN_PREFIX}{plan_id}"


def positions_key(strategy_id: str) -> str:
    """Return the key of a positions document."""
    return f"{POSITIONS_PREFIX}{strategy_id}"


def index_prefix(incarnation: str) -> str:
    """Return what the keys of an incarnation's indexes begin with."""
    return f"{INDEX_PREFIX}{incarnation}:"


def index_key(incarnation: str, state: IntentState | None, strategy_id: str | None) -> str:
    """Return the key of the sorted set of intent ids with this state and strategy."""
    return f"{index_prefix(incarnation)}{state or ANY}:{strategy_id or ANY}"
