"""The time as events and documents carry it: what a role decides by is what is recorded of it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time in UTC, cut to milliseconds."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
