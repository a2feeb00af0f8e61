"""What the evaluator asks of a model, whoever serves it, and what comes back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, Protocol

from tradewind.contracts.decisions.model import DecisionStatus

type ReasoningEffort = Literal["none", "minimal", "low", "medium", "high"]

STATUSES_WITHOUT_ANSWER: Final = frozenset(
    {
        DecisionStatus.RATE_LIMITED,
        DecisionStatus.PROVIDER_ERROR,
        DecisionStatus.TIMEOUT,
        DecisionStatus.AUTH_ERROR,
        DecisionStatus.BUDGET_EXHAUSTED,
        DecisionStatus.CIRCUIT_OPEN,
        DecisionStatus.OVERSIZED,
    }
)
"""What a ModelFailed may say; the others are about an answer that came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One question. `core_text` and `wrapper_text` are static; all data is in `user_text`.

    `model` is the vendor's name of it. `max_output_tokens` counts what the model thinks as well.
    `deadline_seconds` is for the whole call, from now. Reasoning models refuse a `temperature`, and
    others a `reasoning_effort`: what is None is not sent.
    """

    model: str
    core_text: str
    wrapper_text: str
    user_text: str
    json_schema: Mapping[str, Any]
    max_output_tokens: int
    deadline_seconds: float
    temperature: float | None = None
    reasoning_effort: ReasoningEffort | None = None

    @property
    def system_text(self) -> str:
        """The static text, equal for every signal, so that a vendor can cache it."""
        return "\n\n".join(text for text in (self.core_text, self.wrapper_text) if text)

    def sha256(self) -> bytes:
        """Return the hash of what is asked: everything but the deadline."""
        asked = {
            "model": self.model,
            "system": self.system_text,
            "user": self.user_text,
            "json_schema": self.json_schema,
            "max_output_tokens": self.max_output_tokens,
            "temperature": self.temperature,
            "reasoning_effort": self.reasoning_effort,
        }
        return hashlib.sha256(json.dumps(asked, separators=(",", ":")).encode()).digest()


class Finish(StrEnum):
    """Why a model stopped. Only what `ENDED` is worth reading."""

    ENDED = "ended"
    TRUNCATED = "truncated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What a model said, exactly, and what the vendor told about it.

    `raw` is the text in UTF-8, of any length and content. Tokens are None where the vendor counts
    none; `tokens_cached` are part of `tokens_in`, `tokens_reasoning` part of `tokens_out`.
    """

    raw: bytes
    finish: Finish
    tokens_in: int | None = None
    tokens_cached: int | None = None
    tokens_out: int | None = None
    tokens_reasoning: int | None = None
    vendor_request_id: str | None = None
    vendor_model_version: str | None = None


class ModelFailed(Exception):
    """There is no answer. Ask again at most once, and only where `may_ask_again` allows it.

    `detail` and the other fields hold nothing that the vendor was told: no key, no prompt. After a
    read time-out or a connection that broke, the vendor may have worked and billed: it is never
    asked again.
    """

    def __init__(
        self,
        status: DecisionStatus,
        detail: str,
        *,
        may_ask_again: bool = False,
        retry_after_seconds: float | None = None,
        vendor_request_id: str | None = None,
    ) -> None:
        assert status in STATUSES_WITHOUT_ANSWER, status
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.may_ask_again = may_ask_again
        self.retry_after_seconds = retry_after_seconds
        self.vendor_request_id = vendor_request_id


class Model(Protocol):
    """Asks one vendor. One may serve any number of calls at once."""

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer within `deadline_seconds`, or raise ModelFailed. One call, no retry."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
