"""W3C trace context of events (https://www.w3.org/TR/trace-context/), derived and never stored.

A correlation is a trace, each of its events a span, and the event that caused it is the parent. The
ids follow from those of the envelope, so any process, and anybody who reads the ledger, finds the
same ones.
"""

import hashlib
import re
from functools import lru_cache
from typing import Final, NamedTuple

from tradewind.contracts.ids import ULID_PATTERN, ulid_bits

TRACEPARENT_HEADER: Final = "traceparent"
_WELL_FORMED: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?",
    re.ASCII,
)
_VERSION_0: Final = "00"
_SAMPLED: Final = 1
_SPAN_MASK: Final = 2**64 - 1
_ALL_SHARES: Final = 1 << 64
MAX_TRACEPARENT_LENGTH: Final = 256
"""A later version may be longer than the 55 characters of this one."""


class TraceContext(NamedTuple):
    """A place in a trace: 32 and 16 hexadecimal digits."""

    trace_id: str
    span_id: str
    is_sampled: bool

    def __str__(self) -> str:
        return f"{_VERSION_0}-{self.trace_id}-{self.span_id}-{self.is_sampled:02x}"


@lru_cache(maxsize=4096)
def trace_id_of(correlation_id: str) -> str:
    """Return the trace of a correlation: its ULID's 128 bits, or a hash where it has no ULID."""
    identifier = correlation_id.partition("-")[2]
    if ULID_PATTERN.fullmatch(identifier):
        return f"{ulid_bits(identifier):032x}"
    return hashlib.sha256(correlation_id.encode()).hexdigest()[:32]


def span_id_of(event_id: str) -> str:
    """Return the span of an event: the last 64 bits of its id, which are a hash."""
    return f"{ulid_bits(event_id) & _SPAN_MASK or 1:016x}"


def traceparent_of(correlation_id: str, event_id: str, *, is_sampled: bool) -> str:
    """Return the header of the message that carries an event."""
    flags = "01" if is_sampled else "00"
    return f"{_VERSION_0}-{trace_id_of(correlation_id)}-{span_id_of(event_id)}-{flags}"


def parse_traceparent(text: str) -> TraceContext | None:
    """Return the context in a header; None for what the standard does not allow."""
    if len(text) > MAX_TRACEPARENT_LENGTH:
        return None
    found = _WELL_FORMED.fullmatch(text)
    if found is None or (found[1] == _VERSION_0 and found[5]):
        return None
    return TraceContext(found[2], found[3], bool(int(found[4], 16) & _SAMPLED))


def is_in_share(trace_id: str, share: float) -> bool:
    """Return whether a trace is among this share of all; every process decides the same."""
    return int(trace_id[16:], 16) < int(share * _ALL_SHARES)
