"""Models whose answers a test writes down, behind the port of the real ones."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from actors.evaluator.asking import OpenModel
from actors.evaluator.configured import VendorModel, configured
from actors.evaluator.evaluation import Evaluations, Evaluator
from actors.evaluator.models.port import Finish, ModelAnswer, ModelFailed, ModelRequest
from tradewind.contracts.decisions.model import DecisionStatus, ModelRole
from tradewind.runtime import clock
from tradewind.trading.models.file import DEFAULT, Budget, ModelEntry, ModelsFile, Price

PRICE: Final = Price(input=1_000_000, output=2_000_000)
GOOD: Final[dict[str, Any]] = {
    "reasons": ["trend_with_signal", "risk_reward_good"],
    "note": "",
    "decision": "FOLLOW_ENTER",
    "confidence_pct": 71,
    "entry_plan": {"type": "market", "offset_bps": 0},
    "risk_plan": {
        "stop_method": "atr",
        "stop_level": None,
        "atr_multiple": 2,
        "trail_pct": None,
    },
    "size_pct": 50,
}

type Reply = ModelAnswer | ModelFailed | Callable[[], Awaitable[ModelAnswer]]


def said(text: str | bytes | None = None, **changes: Any) -> ModelAnswer:
    """Return an answer: a good one, unless the test says otherwise."""
    raw = json.dumps(GOOD) if text is None else text
    told: dict[str, Any] = {
        "raw": raw.encode() if isinstance(raw, str) else raw,
        "finish": Finish.ENDED,
        "tokens_in": 700,
        "tokens_out": 90,
        "vendor_request_id": "req_1",
    }
    return ModelAnswer(**(told | changes))


def failed(status: DecisionStatus, **said_too: Any) -> ModelFailed:
    return ModelFailed(status, f"HTTP for {status}", **said_too)


async def silent() -> ModelAnswer:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


class StubModel:
    """Gives the replies that were written down, and then its last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.requests: list[ModelRequest] = []

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, ModelFailed):
            raise reply
        return reply if isinstance(reply, ModelAnswer) else await reply()

    async def close(self) -> None:
        """There is nothing to close."""


def entry(name: str, **changes: Any) -> ModelEntry:
    told: dict[str, Any] = {
        "name": name,
        "vendor": "openai",
        "vendor_model": f"vendors-{name}",
        "role": ModelRole.VOTING,
        "price": PRICE,
        "budget": Budget(microusd_per_day=10**9),
    }
    return ModelEntry(**(told | changes))


def file_of(*entries: ModelEntry) -> ModelsFile:
    """Return a configuration of baseline and these."""
    return ModelsFile(models=(*DEFAULT.models, *entries))


def evaluator(
    store: Evaluations,
    file: ModelsFile,
    models: dict[str, StubModel],
    *,
    deadline_ms: int = 3_000,
    now: Callable[[], datetime] = clock.now,
) -> Evaluator:
    """Return an evaluator of a process of its own."""
    chosen = configured(file)
    opened = {
        one.entry.name: OpenModel(one, models[one.entry.name], now)
        for one in chosen
        if isinstance(one, VendorModel)
    }
    return Evaluator(chosen, opened, store, deadline_ms, now)


def later(seconds: float) -> Callable[[], datetime]:
    """Return a clock that is ahead."""
    return lambda: clock.now() + timedelta(seconds=seconds)


def calls(models: dict[str, StubModel]) -> Counter[str]:
    return Counter({name: len(model.requests) for name, model in models.items()})


def topics(events: Sequence[Any]) -> list[str]:
    return [event.topic for event in events]
