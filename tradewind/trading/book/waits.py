"""Ends the waits of intents that a person has to approve, each in one transaction as a claim.

What is decided then is kept in the row of the wait before it is published, and written once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.risk.limits import ApprovalInputs, PortfolioInputs
from tradewind.contracts.risk.payloads import RiskApprovalRequired
from tradewind.failpoints import failpoint
from tradewind.postgres import Connection
from tradewind.runtime.decisions import Decision, carrying, decision_of, from_lines, to_lines
from tradewind.runtime.publisher import check_size
from tradewind.trading.approvals.records import Wait
from tradewind.trading.approvals.store import keep_end, lock_wait, portfolio_of
from tradewind.trading.book.claims import Claims, lock_portfolio, to_milliseconds
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.grounds import Asked, Grounds
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import PortfolioRow
from tradewind.trading.book.seams import Market
from tradewind.trading.instruments.declared import UNBOUND
from tradewind.trading.instruments.store import read_terms
from tradewind.trading.policy.store import policy_of

BEFORE_COMMIT: Final = "approvals.before_commit"
AFTER_COMMIT: Final = "approvals.after_commit"
FAILPOINTS: Final = (BEFORE_COMMIT, AFTER_COMMIT)

_BUDGET: Final = QUERIES["select_budget"]


class Waiting(NamedTuple):
    """An intent that waits, and what somebody asked for meanwhile beside an answer."""

    required: Event[RiskApprovalRequired]
    cancellation: Cancellation | None


class Concluder(Protocol):
    """Decides, purely, what ends a wait at a time; nothing where it goes on."""

    def __call__(
        self, waiting: Waiting, inputs: PortfolioInputs, now: datetime
    ) -> Sequence[AnyEvent]: ...


class WaitEnds:
    """Ends waits; any number of processes may at the same time."""

    def __init__(self, claims: Claims, fence: Fence, market: Market) -> None:
        self._claims = claims
        self._fence = fence
        self._market = market

    async def end(
        self, intent_id: str, conclude: Concluder, now: Callable[[], datetime]
    ) -> Decision:
        """Return what to publish of a wait that ends now, from its beginning on; else nothing.

        Raises as `Claims.claim`.
        """
        async with self._claims.transaction() as connection:
            decision = await self._end(connection, intent_id, conclude, now)
            failpoint(BEFORE_COMMIT)
        if decision:
            failpoint(AFTER_COMMIT)
        return decision

    async def _end(
        self,
        connection: Connection,
        intent_id: str,
        conclude: Concluder,
        now: Callable[[], datetime],
    ) -> Decision:
        portfolio = await lock_portfolio(connection, await portfolio_of(connection, intent_id))
        known = self._fence.known_commits
        wait, cancellation = await lock_wait(connection, intent_id)
        required = wait.event
        screened = required.payload.screened
        asked = Asked(required, screened, without=intent_id)
        ((situation, grounds),) = await self._claims.look(connection, asked)
        # What the ledger has already ends the wait as soon as settlement comes to it.
        if not wait.is_open or situation.is_recorded:
            return ()
        self._fence.check(situation.observed, known)
        at = to_milliseconds(now())
        inputs = await self._inputs(connection, wait, portfolio, grounds, at)
        decision = decision_of(conclude(Waiting(required, cancellation), inputs, at))
        if not decision:
            return ()
        for one in decision:
            check_size(one)
        await keep_end(connection, intent_id, to_lines(decision))
        ended = from_lines(wait.required) + decision
        return carrying(ended, situation.observed.token)

    async def _inputs(
        self,
        connection: Connection,
        wait: Wait,
        portfolio: PortfolioRow,
        grounds: Grounds,
        now: datetime,
    ) -> PortfolioInputs:
        """Return what holds at this moment, with the book as it would be without the intent."""
        screened = wait.event.payload.screened
        intent = screened.intent
        day, budget_usd = await connection.fetchrow(_BUDGET, wait.intent_id)
        if day == portfolio.day:
            rest = max(portfolio.day_notional_usd - budget_usd, Decimal(0))
            portfolio = portfolio._replace(day_notional_usd=rest)
        registered = await read_terms(connection, intent.instrument)
        terms = registered or screened.inputs.instrument or UNBOUND
        current = screened.model_copy(
            update={"inputs": screened.inputs.model_copy(update={"instrument": terms})}
        )
        inputs = await self._claims.inputs(connection, current, portfolio, grounds, now)
        policy = (await policy_of(connection, grounds.policy)).policy
        # What stood against the pair then counts no more: the registry says what does now.
        then = screened.inputs.limits.model_copy(update={"instrument_status": None})
        limits = policy.order_limits(wait.portfolio_id, intent, then, terms)
        approval = ApprovalInputs(
            answer=wait.answer, price_usd=self._market.price_of(intent.base), limits=limits
        )
        return inputs.model_copy(update={"approval": approval})
