"""The clock of roles. It has the precision of events: a decision uses exactly what it records."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time in UTC, cut to milliseconds."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
