"""Names of streams, buckets, headers and durables; no other module spells one out."""

from typing import Final

EVENTS_STREAM: Final = "EVENTS"
DEAD_LETTERS_STREAM: Final = "DEAD_LETTERS"
DEAD_LETTER_SUBJECT_PREFIX: Final = "dead_letter"
POOL_SNAPSHOTS_BUCKET: Final = "POOL_SNAPSHOTS"
PERP_SNAPSHOTS_BUCKET: Final = "PERP_SNAPSHOTS"
MARKET_STREAM: Final = "MARKET"
"""Ticks on their way to the recorder; a full one drops the oldest."""
TICK_SUBJECT_PREFIX: Final = "market.tick"
STRATEGIES_BUCKET: Final = "STRATEGIES"
"""The strategies that backtesters have installed, by name; what is not said again is forgotten."""
STRATEGIES_KEPT_SECONDS: Final = 60
"""Backtesters say theirs three times within it."""
PROCESS_ALIVE_SUBJECT_PREFIX: Final = "process.alive"
"""What processes say of themselves every few seconds; no stream keeps it."""
RECORDED_PLANS: Final = "recorded.plan"
"""The coordinator says there which plans it has just recorded, by the ids of their events, one a
line; no stream keeps it, and it proves nothing."""

SIGNAL_SUBMISSIONS_PREFIX: Final = "submit.signal"
"""Producers ask the gateway there to take in a signal; the source follows."""
SIGNAL_SUBMISSIONS: Final = f"{SIGNAL_SUBMISSIONS_PREFIX}.*"
RISK_PREVIEWS: Final = "query.preview.risk"
"""Risk takes an `intent.submitted` there that nobody published, and answers a RiskAnswer."""
PORTFOLIO_PREVIEWS: Final = "query.preview.portfolio"
"""The portfolio takes a `risk.screened` there that nobody published, and answers a
PortfolioAnswer."""
PLAN_PREVIEWS: Final = "query.preview.plan"
"""The planner takes an `intent.accepted` there that nobody published, and answers a PlanPreview."""

MESSAGE_ID_HEADER: Final = "Nats-Msg-Id"
FENCE_HEADER: Final = "Tradewind-Fence"
"""Says of a decision in which life of the database it was kept."""
INBOX_PREFIX: Final = "_INBOX"


def durable_name(queue_group: str) -> str:
    """Return the durable consumer of a queue group: `planner.workers` is `planner-workers`."""
    return queue_group.replace(".", "-")


def inbox_prefix(user: str | None) -> str:
    """Return the prefix of the inbox subjects of a NATS user.

    Each user has its own because its permissions let it subscribe to no other replies.
    """
    return f"{INBOX_PREFIX}.{user}" if user else INBOX_PREFIX
