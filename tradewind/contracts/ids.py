"""ULIDs (https://github.com/ulid/spec) and the ids derived from them."""

import hashlib
import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from ulid import ULID

MAX_SEQUENCE = 2**16 - 1
MAX_CORRELATION_ID_LENGTH = 96
ULID_PATTERN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _CROCKFORD for low in _CROCKFORD]
_TO_BASE_32 = str.maketrans(_CROCKFORD, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_TIME_CHARACTERS = 10
CORRELATION_ID_PATTERN = r"^[a-z]+-[A-Za-z0-9_-]{1,64}$"


class CorrelationKind(StrEnum):
    """What a history is about. The value is the part of a correlation id before its first dash."""

    INTENT = "intent"
    SIGNAL = "signal"
    MARK = "mark"
    PORTFOLIO = "portfolio"
    FUNDING = "funding"
    CLOSING = "closing"
    INSTRUMENT = "instrument"
    WALLET = "wallet"
    SYSTEM = "system"
    CANCEL = "cancel"
    APPROVAL = "approval"
    BACKTEST = "backtest"
    SWEEP = "sweep"


def parse_ulid(text: str) -> ULID:
    """Return the ULID written as 26 upper-case Crockford characters.

    Raises ValueError for any other text, lower case included: one id has one spelling.
    """
    return ULID.from_str(_check_ulid(text))


def _check_ulid(text: str) -> str:
    if not ULID_PATTERN.fullmatch(text):
        raise ValueError("must be a ULID: 26 upper-case Crockford base 32 characters, first 0 to 7")
    return text


Ulid = Annotated[
    str,
    Field(min_length=26, max_length=26),
    AfterValidator(_check_ulid),
    WithJsonSchema({"type": "string", "pattern": f"^{ULID_PATTERN.pattern}$"}),
]
CorrelationId = Annotated[
    str, Field(max_length=MAX_CORRELATION_ID_LENGTH, pattern=CORRELATION_ID_PATTERN)
]


def make_ulid(unix_ms: int, entropy: bytes) -> str:
    """Return a ULID from a time in milliseconds (48 bits) and 10 bytes of entropy."""
    if not 0 <= unix_ms < 2**48 or len(entropy) != 10:
        raise ValueError("a ULID takes 48 bits of time and 10 bytes of entropy")
    return _write_ulid(unix_ms.to_bytes(6) + entropy)


def make_correlation_id(kind: CorrelationKind, identifier: str) -> str:
    """Return `intent-<ULID>`, `portfolio-<id>`, ..."""
    return f"{kind.value}-{identifier}"


def parse_correlation_id(correlation_id: str) -> tuple[CorrelationKind, str]:
    """Return kind and identifier; ValueError when the kind is unknown or the id is empty."""
    kind, _, identifier = correlation_id.partition("-")
    if not identifier:
        raise ValueError("a correlation id is written <kind>-<identifier>")
    return CorrelationKind(kind), identifier


def derive_event_id(correlation_id: str, sequence: int, topic: str) -> str:
    """Return the id of the event of this topic at this place of a history.

    The id is derived, so a producer that handles a message twice emits the same event twice, and
    JetStream and the ledger drop the copy. It has the shape of a ULID: 48 bits time of the
    correlation's own ULID (0 when it has none), 16 bits sequence, 64 bits of SHA-256 over
    (correlation, sequence, topic). Ids of one history sort by sequence.
    """
    return _derive(correlation_id, sequence, topic)


def derive_ulid(ulid: str, label: str) -> str:
    """Return the id of what one thing alone can lead to: the time of its ULID, 80 bits of a hash.

    The intent of a signal and its marks have such ids, so whoever makes them again makes the same.
    """
    digest = hashlib.sha256(f"{ulid}\n{label}".encode()).digest()
    return _write_ulid(
        int(ulid[:_TIME_CHARACTERS].translate(_TO_BASE_32), 32).to_bytes(6) + digest[:10]
    )


def derive_plan_id(correlation_id: str, sequence: int) -> str:
    """Return the id of the plan made at this sequence of a history."""
    return _derive(correlation_id, sequence, "plan-id")


@lru_cache(maxsize=4096)
def _derive(correlation_id: str, sequence: int, label: str) -> str:
    """Derive an id. The cache is for validation, which derives an event's id a second time."""
    if not 1 <= sequence <= MAX_SEQUENCE:
        raise ValueError(f"sequence must be between 1 and {MAX_SEQUENCE}, not {sequence}")
    digest = hashlib.sha256(f"{correlation_id}\n{sequence}\n{label}".encode()).digest()
    head = _correlation_time(correlation_id) + sequence.to_bytes(2)
    return _write_ulid(head + digest[:8])


@lru_cache(maxsize=4096)
def _correlation_time(correlation_id: str) -> bytes:
    identifier = correlation_id.partition("-")[2]
    if not ULID_PATTERN.fullmatch(identifier):
        return bytes(6)
    return int(identifier[:_TIME_CHARACTERS].translate(_TO_BASE_32), 32).to_bytes(6)


def ulid_bits(ulid: str) -> int:
    """Return the 128 bits of what is a ULID, without the cost of checking that it is."""
    return int(ulid.translate(_TO_BASE_32), 32)


def _write_ulid(data: bytes) -> str:
    """Return 16 bytes as Crockford base 32.

    It writes two characters at a time because every event of every process comes through here.
    """
    number = int.from_bytes(data)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
