"""Asks a model of a vendor, and says how that ended whatever happens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from actors.evaluator.configured import VendorModel
from actors.evaluator.metrics import CALL_SECONDS, CIRCUIT_OPEN, COST, TOKENS
from actors.evaluator.models.port import Model, ModelAnswer, ModelFailed, ModelRequest
from actors.evaluator.output_checks import RejectedAnswer, check
from tradewind.breaker import Breaker, ServerSilent
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.failpoints import failpoint
from tradewind.trading.evaluations.records import Ending, Said
from tradewind.trading.models.file import Tokens
from tradewind.trading.prompts.plausibility import AllowedActions

BEFORE_CALL: Final = "evaluator.before_call"
AFTER_CALL: Final = "evaluator.after_call"
MAX_FAILURES: Final = 5
"""After so many in a row a model is spared."""
PAUSE_SECONDS: Final = 30.0
"""Meanwhile one question in this time is asked, to find out whether it is back."""
MIN_CALL_SECONDS: Final = 0.25
"""What a second attempt has to have left to be worth it."""
NO_TURN: Final = "waited too long for other calls to end"
TOO_LATE: Final = "no answer before the deadline"
NOT_ASKED: Final = "it failed too often: asked again within half a minute"
FAILURES: Final = frozenset(
    {
        DecisionStatus.RATE_LIMITED,
        DecisionStatus.PROVIDER_ERROR,
        DecisionStatus.TIMEOUT,
        DecisionStatus.AUTH_ERROR,
        DecisionStatus.BUDGET_EXHAUSTED,
    }
)
"""What counts as a failure of the vendor; a bad answer is a property of the model."""

logger = structlog.get_logger("evaluator")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question ended, and after how many seconds it may be asked once more; None: never."""

    ending: Ending
    again_after_seconds: float | None = None


class OpenModel:
    """A model that can be asked, with its turns and its circuit breaker in this process."""

    def __init__(self, configured: VendorModel, model: Model, now: Callable[[], datetime]) -> None:
        entry = configured.entry
        self.configured = configured
        self._name = entry.name
        self._model = model
        self._now = now
        self._turns = asyncio.Semaphore(entry.max_calls_at_once)
        self._breaker = Breaker(entry.name, max_silences=MAX_FAILURES, pause_seconds=PAUSE_SECONDS)
        CIRCUIT_OPEN.labels(self._name).set(0)

    async def ask(self, request: ModelRequest, seconds: float, allowed: AllowedActions) -> Asked:
        """Ask within so many seconds. Nothing is raised but the end of the task itself."""
        clock = asyncio.get_running_loop().time
        began_at = clock()
        call = _Call()
        try:
            answer = await self._call(request, seconds, call)
        except ModelFailed as failure:
            found: ModelAnswer | ModelFailed = failure
        else:
            found = answer
        took_seconds = clock() - began_at
        asked = self._asked(found, call, round(took_seconds * 1_000), allowed)
        self._measure(asked.ending, took_seconds, call)
        if asked.again_after_seconds is None:
            return asked
        left = seconds - took_seconds - asked.again_after_seconds
        return asked if left >= MIN_CALL_SECONDS else Asked(asked.ending)

    async def close(self) -> None:
        """Close the connections."""
        await self._model.close()

    async def _call(self, request: ModelRequest, seconds: float, call: "_Call") -> ModelAnswer:
        ends_at = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(ends_at), self._turns:
                self._breaker.check()
                left = ends_at - asyncio.get_running_loop().time()
                call.was_sent = True
                failpoint(BEFORE_CALL)
                answer = await self._model.ask(replace(request, deadline_seconds=left))
                failpoint(AFTER_CALL)
                return answer
        except ServerSilent:
            raise ModelFailed(DecisionStatus.CIRCUIT_OPEN, NOT_ASKED) from None
        except TimeoutError:
            detail = TOO_LATE if call.was_sent else NO_TURN
            raise ModelFailed(DecisionStatus.TIMEOUT, detail) from None
        except ModelFailed:
            raise
        except Exception as error:  # whatever an adapter does, the other models are heard
            logger.exception("an adapter failed", model=self._name)
            detail = f"the adapter failed: {type(error).__name__}"
            raise ModelFailed(DecisionStatus.PROVIDER_ERROR, detail) from None

    def _asked(
        self,
        found: ModelAnswer | ModelFailed,
        call: "_Call",
        latency_ms: int,
        allowed: AllowedActions,
    ) -> Asked:
        if isinstance(found, ModelFailed):
            failed = Ending(
                status=found.status,
                detail=found.detail,
                was_asked=call.was_sent,
                answered_at=self._now(),
                latency_ms=latency_ms,
                vendor_request_id=found.vendor_request_id,
            )
            wait = (found.retry_after_seconds or 0.0) if found.may_ask_again else None
            return Asked(failed, wait)
        checked = check(found, allowed)
        wrong = checked if isinstance(checked, RejectedAnswer) else None
        answered = Ending(
            status=DecisionStatus.OK if wrong is None else wrong.status,
            detail=None if wrong is None else wrong.detail,
            was_asked=True,
            answered_at=self._now(),
            latency_ms=latency_ms,
            said=self._said(found),
        )
        return Asked(answered)

    def _said(self, answer: ModelAnswer) -> Said:
        price = self.configured.entry.price
        tokens = Tokens(answer.tokens_in, answer.tokens_out, answer.tokens_cached)
        return Said(
            text=answer.raw,
            vendor_request_id=answer.vendor_request_id,
            vendor_model_version=answer.vendor_model_version,
            tokens_in=answer.tokens_in,
            tokens_cached=answer.tokens_cached,
            tokens_out=answer.tokens_out,
            tokens_reasoning=answer.tokens_reasoning,
            cost_microusd=None if price is None else price.cost_microusd(tokens),
        )

    def _measure(self, ending: Ending, seconds: float, call: "_Call") -> None:
        CALL_SECONDS.labels(self._name, ending.status).observe(seconds)
        if call.was_sent:
            silent = ending.status in FAILURES
            (self._breaker.was_silent if silent else self._breaker.answered)()
        CIRCUIT_OPEN.labels(self._name).set(int(self._breaker.is_open))
        said = ending.said
        if said is None:
            return
        for kind in ("in", "cached", "out", "reasoning"):
            TOKENS.labels(self._name, kind).inc(getattr(said, f"tokens_{kind}") or 0)
        COST.labels(self._name).inc(said.cost_microusd or 0)


@dataclass(slots=True)
class _Call:
    """Whether anything may have been sent."""

    was_sent: bool = False
