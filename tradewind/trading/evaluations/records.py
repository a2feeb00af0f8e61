"""Questions to models and their answers, as they are kept."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.decisions.model import DecisionStatus, ModelRole
from tradewind.contracts.decisions.payloads import Vendor

MAX_KEPT_BYTES: Final = 16 * 1024
"""Of an answer; of a larger one the hash and the size are those of all."""
MAX_DETAIL_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question to a model that is to be claimed.

    One that needs no call, such as to `baseline`, is claimed with its `answer`, and one that may
    not be asked with its `status`. `is_counted` says whether it takes from a budget, which may be
    unlimited.
    """

    model: str
    place: int
    role: ModelRole
    vendor: Vendor
    vendor_model: str | None
    prompt_version: str
    prompt_sha256: bytes
    request_sha256: bytes | None = None
    is_counted: bool = False
    reserved_microusd: int = 0
    max_calls: int | None = None
    max_microusd: int | None = None
    status: DecisionStatus | None = None
    detail: str | None = None
    answer: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model said, word for word, and what its vendor told about it."""

    text: bytes
    vendor_request_id: str | None = None
    vendor_model_version: str | None = None
    tokens_in: int | None = None
    tokens_cached: int | None = None
    tokens_out: int | None = None
    tokens_reasoning: int | None = None
    cost_microusd: int | None = None

    @property
    def kept(self) -> bytes:
        """The part that is kept."""
        return self.text[:MAX_KEPT_BYTES]

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.text).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a question ended; `said` is None where nothing came back."""

    status: DecisionStatus
    detail: str | None
    was_asked: bool
    answered_at: datetime
    latency_ms: int
    said: Said | None = None
    vendor_request_id: str | None = None


class AttemptKey(NamedTuple):
    """Which question: the first one, or the one that followed it."""

    signal_id: str
    model: str
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A row: a question, and its answer as far as there is one."""

    signal_id: str
    model: str
    attempt: int
    place: int
    role: ModelRole
    vendor: Vendor
    vendor_model: str | None
    prompt_version: str
    prompt_sha256: bytes
    request_sha256: bytes | None
    claimed_at: datetime
    claimed_by: str
    deadline: datetime
    status: DecisionStatus | None
    detail: str | None
    was_asked: bool | None
    """None where a process was lost that may have asked."""
    answered_at: datetime | None
    latency_ms: int | None
    answer: bytes | None
    answer_sha256: bytes | None
    answer_bytes: int | None
    tokens_in: int | None
    tokens_cached: int | None
    tokens_out: int | None
    tokens_reasoning: int | None
    cost_microusd: int | None
    late_at: datetime | None
    forgotten_at: datetime | None

    @property
    def key(self) -> AttemptKey:
        return AttemptKey(self.signal_id, self.model, self.attempt)


class DayOfModel(NamedTuple):
    """What a model was asked on a day, and what that cost; limits are None where there are none."""

    model: str
    calls: int
    spent_microusd: int
    reserved_microusd: int
    max_calls: int | None
    max_microusd: int | None
