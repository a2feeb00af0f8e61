"""The one place that spells Redis keys.

Documents stand under the bare names the outside knows; their incarnation is inside, where the
version gate compares it. Everything internal carries the incarnation in its key.
"""

from tradewind.contracts.lifecycles import IntentState


def intent_key(intent_id: str) -> str:
    """Return the key of an intent document."""
    return f"intent:{intent_id}"


def plan_key(plan_id: str) -> str:
    """Return the key of a plan document."""
    return f"plan:{plan_id}"


def positions_key(strategy_id: str) -> str:
    """Return the key of a positions document."""
    return f"positions:{strategy_id}"


def watermark_key(incarnation: str) -> str:
    """Return the key of the last global_seq up to which every document is written."""
    return f"projected:{incarnation}"


def index_key(
    incarnation: str, state: IntentState | None = None, strategy_id: str | None = None
) -> str:
    """Return the key of the sorted set of intent ids with this state and strategy."""
    return f"intents:{incarnation}:{state or '*'}:{strategy_id or '*'}"
