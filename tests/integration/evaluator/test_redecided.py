"""What models said is told again from the rows: the same, without asking anybody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from actors.evaluator.decider import DECIDER
from research.redecide.answers import KeptAnswers
from research.redecide.decisions import Decision, DecisionReader
from research.redecide.markets import NotReRunnable, RecordedMarkets
from research.redecide.rerun import ReRunner, TodaysSettings
from tests.integration.evaluator.conftest import StoreOf
from tests.integration.evaluator.stub_models import (
    StubModel,
    calls,
    entry,
    evaluator,
    failed,
    file_of,
    said,
)
from tests.support.evaluations import enriched
from tests.support.recorded import MemorySource
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.roles import Role
from tradewind.postgres import Pool
from tradewind.runtime import clock
from tradewind.trading.evaluations.store import forget_answers
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.tokens import load_tokens

SIGNALS = 12
TODAYS = TodaysSettings({Role.EVALUATOR: DECIDER.todays_limits()}, load_tokens())


def decisions_of(events: list[AnyEvent]) -> list[Decision]:
    return list(DecisionReader({Role.EVALUATOR: DECIDER}).take(events))


async def test_evaluations_are_decided_again_from_their_rows(
    store_of: StoreOf, owner: Pool
) -> None:
    limited = failed(DecisionStatus.RATE_LIMITED, may_ask_again=True)
    models = {
        "good": StubModel(said()),
        "prose": StubModel(said("I would follow it.")),
        "again": StubModel(limited, said(), limited, limited, said()),
        "broken": StubModel(failed(DecisionStatus.PROVIDER_ERROR)),
    }
    judge = evaluator(store_of("one"), file_of(*map(entry, models)), models)
    events: list[AnyEvent] = []
    for number in range(SIGNALS):
        cause = enriched(number, at=clock.now())
        events += [cause, *await judge.evaluate(cause)]
    before, decisions = calls(models), decisions_of(events)
    assert len(decisions) == SIGNALS

    markets = RecordedMarkets(MemorySource(events), PythonRouter())
    for todays in (None, TODAYS):
        rerunner = ReRunner(markets, todays, KeptAnswers(owner))
        assert [await rerunner.run(one) for one in decisions] == [None] * SIGNALS
    assert calls(models) == before

    changed = decisions[0].recorded[1]
    payload = changed.payload.model_copy(update={"status": DecisionStatus.REFUSED})
    recorded = list(decisions[0].recorded)
    recorded[1] = changed.model_copy(update={"payload": payload})
    other = replace(decisions[0], recorded=recorded)
    assert await ReRunner(markets, None, KeptAnswers(owner)).run(other) is not None

    with pytest.raises(NotReRunnable, match="in the database alone"):
        await ReRunner(markets, None).run(decisions[0])
    async with owner.acquire() as connection:
        await connection.execute("SET ROLE tradewind_reader")
        with pytest.raises(NotReRunnable, match="this login may not read"):
            await ReRunner(markets, None, KeptAnswers(connection)).run(decisions[0])
        await connection.execute("RESET ROLE")
    later = clock.now() + timedelta(days=91)
    await forget_answers(owner, later, later, 1_000)
    with pytest.raises(NotReRunnable, match="kept no longer"):
        await ReRunner(markets, None, KeptAnswers(owner)).run(decisions[0])
