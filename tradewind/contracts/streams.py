"""Names of streams, buckets, headers and durables. They are written here and nowhere else."""

from typing import Final

EVENTS_STREAM: Final = "EVENTS"
DEAD_LETTERS_STREAM: Final = "DEAD_LETTERS"
DEAD_LETTER_SUBJECT_PREFIX: Final = "dead_letter"
POOL_SNAPSHOTS_BUCKET: Final = "POOL_SNAPSHOTS"

MESSAGE_ID_HEADER: Final = "Nats-Msg-Id"
INBOX_PREFIX: Final = "_INBOX"


def durable_name(queue_group: str) -> str:
    """Return the durable consumer of a queue group: `planner.workers` is `planner-workers`."""
    return queue_group.replace(".", "-")


def inbox_prefix(user: str | None) -> str:
    """Return what the subjects begin with on which a user of the broker waits for answers."""
    return f"{INBOX_PREFIX}.{user}" if user else INBOX_PREFIX
