"""The dead letter a message becomes when no worker can handle it."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from tradewind.contracts.streams import (
    DEAD_LETTER_SUBJECT_PREFIX,
    MESSAGE_ID_HEADER,
    durable_name,
)

MAX_ERROR_LENGTH: Final = 300
QUEUE_GROUP_HEADER: Final = "Tradewind-Queue-Group"
SUBJECT_HEADER: Final = "Tradewind-Subject"
REASON_HEADER: Final = "Tradewind-Reason"
ERROR_HEADER: Final = "Tradewind-Error"
ATTEMPTS_HEADER: Final = "Tradewind-Attempts"
STREAM_SEQUENCE_HEADER: Final = "Tradewind-Stream-Sequence"

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_ASSIGNED_SECRET = re.compile(
    r"((?:password|passwd|passphrase|mnemonic|secret|token|private[_-]?key|api[_-]?key|authorization)"
    r"['\"]?\s*[=:]\s*)"
    r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:bearer|basic)\s+\S+|\S+)",
    re.IGNORECASE,
)


class DeadLetterReason(StrEnum):
    """Why a worker gave a message up; bytes that are no event have a QuarantineReason instead."""

    RETRIES_EXHAUSTED = "RETRIES_EXHAUSTED"
    PERMANENT_ERROR = "PERMANENT_ERROR"
    UNEXPECTED_ERROR = "UNEXPECTED_ERROR"
    TIME_LIMIT = "TIME_LIMIT"
    AGE_LIMIT = "AGE_LIMIT"


class DeadLetter(NamedTuple):
    """A message that a worker gave up. `subject` is where it was published, `raw` its bytes."""

    queue_group: str
    subject: str
    reason: str
    error: str
    attempts: int
    raw: bytes
    stream_sequence: int

    @property
    def id(self) -> str:
        """`<durable>-<stream sequence>`: each queue group gives a message up at most once."""
        return f"{durable_name(self.queue_group)}-{self.stream_sequence}"

    @property
    def dead_letter_subject(self) -> str:
        return f"{DEAD_LETTER_SUBJECT_PREFIX}.{durable_name(self.queue_group)}"

    def headers(self) -> dict[str, str]:
        """Return everything but the raw bytes as message headers; `error` is redacted here."""
        return {
            MESSAGE_ID_HEADER: self.id,
            QUEUE_GROUP_HEADER: self.queue_group,
            SUBJECT_HEADER: self.subject,
            REASON_HEADER: self.reason,
            ERROR_HEADER: redact(self.error),
            ATTEMPTS_HEADER: str(self.attempts),
            STREAM_SEQUENCE_HEADER: str(self.stream_sequence),
        }


def parse_dead_letter(headers: Mapping[str, str] | None, raw: bytes) -> DeadLetter:
    """Return the dead letter in a message; ValueError names the header that is missing or wrong."""
    headers = headers or {}
    try:
        return DeadLetter(
            queue_group=headers[QUEUE_GROUP_HEADER],
            subject=headers[SUBJECT_HEADER],
            reason=headers[REASON_HEADER],
            error=headers.get(ERROR_HEADER, ""),
            attempts=int(headers[ATTEMPTS_HEADER]),
            raw=raw,
            stream_sequence=int(headers[STREAM_SEQUENCE_HEADER]),
        )
    except KeyError as error:
        raise ValueError(f"dead letter without header {error.args[0]}") from None


def redact(text: str) -> str:
    """Return one printable ASCII line of at most 300 characters without credentials."""
    readable = text.encode("ascii", "backslashreplace").decode("ascii")
    line = " ".join("".join(char if char.isprintable() else " " for char in readable).split())
    return without_credentials(line)[:MAX_ERROR_LENGTH].rstrip()


def without_credentials(text: str) -> str:
    """Return a text without the credentials in it that call themselves so."""
    return _ASSIGNED_SECRET.sub(r"\1***", _CREDENTIALS.sub("***", text))
