"""Decides about an intent on its portfolio as nobody else changes it meanwhile.

At first by two statements and no lock: what the decision rests on is read in one, and the one that
keeps the decision does nothing unless the portfolio is still the version that was read, and free.
Intents that come while two such statements are under way share the next ones. Otherwise in one
transaction, under the lock of the portfolio's row.

The row of the decision is its journal: it has the bytes that are published, and whoever is asked
again about the same intent publishes these.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import RiskApprovalRequired, RiskApproved, RiskScreened
from tradewind.failpoints import failpoint
from tradewind.postgres import OUTAGE, Connection, Pool, transaction
from tradewind.runtime.decisions import (
    Decision,
    DecisionUnavailable,
    carrying,
    decision_of,
    from_lines,
)
from tradewind.runtime.shared_calls import SharedCalls
from tradewind.trading.approvals.store import keep_wait
from tradewind.trading.book import metrics
from tradewind.trading.book.allocation import decided
from tradewind.trading.book.assembly import Rows, assemble
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.grounds import (
    Asked,
    Grounds,
    Situation,
    place_of,
    read_grounds,
    read_situation,
)
from tradewind.trading.book.keeping import (
    Proposal,
    keep,
    keep_locked,
    proposal_of,
    standing_of,
)
from tradewind.trading.book.limit_sums import NeedsTransaction, recent_approvals, total_position
from tradewind.trading.book.losses import stop_after_loss
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import PortfolioRow, no_portfolio
from tradewind.trading.book.seams import Judge, Market, ReadEvent
from tradewind.trading.book.sessions import BookRefuses, in_time, session
from tradewind.trading.book.terms import accepted, terms_of
from tradewind.trading.policy.loss_rules import loss_trip
from tradewind.trading.policy.store import policy_of
from tradewind.trading.venue_settings import ON_PAPER, VenueChoice

MAX_SHARED: Final = 16
"""Claims that are decided together; each of a larger number would wait for the judging of more."""
SHARED_SECONDS: Final = 0.5
"""What they wait for a session together; each has the rest of its time for one of its own."""

BEFORE_COMMIT: Final = "portfolio.before_commit"
AFTER_COMMIT: Final = "portfolio.after_commit"

_LOCK: Final = QUERIES["lock_portfolio"]
_ADD: Final = QUERIES["add_portfolios"]
_AFTER: Final = QUERIES["select_history_after"]


class _Claim(NamedTuple):
    """An intent that is to be decided, by whom and when."""

    event: Event[RiskScreened]
    judge: Judge
    now: Callable[[], datetime]


type _Outcome = Decision | Exception | None
"""The decision about a claim, or what keeps it from one; None where it needs the lock."""

type _Look[Found] = Callable[[Connection], Awaitable[tuple[Situation, Found]]]
"""Reads, under the lock, what is known about an intent, and what its decision rests on."""

type _Decide[Found] = Callable[[Connection, PortfolioRow, Found], Awaitable[Sequence[AnyEvent]]]


class Claims:
    """The decisions of one process; any number of processes may decide at the same time."""

    def __init__(
        self,
        pool: Pool,
        fence: Fence,
        market: Market,
        read_event: ReadEvent,
        venues: VenueChoice = ON_PAPER,
    ) -> None:
        self._pool = pool
        self._fence = fence
        self._market = market
        self._read_event = read_event
        self._venues = venues
        self._at_once = SharedCalls(self._decide_at_once, MAX_SHARED)

    async def claim(
        self, event: Event[RiskScreened], judge: Judge, now: Callable[[], datetime]
    ) -> Decision:
        """Return the decision about an intent: what was decided before, or what `judge` decides.

        Raises Fenced and BookBusy when it has to be asked again, and DecisionUnavailable when the
        database was lost: the decision may be kept. PublishTooLarge when no broker could store it,
        and BookRefuses: then nothing is kept.
        """

        async def look(connection: Connection) -> tuple[Situation, Grounds]:
            (found,) = await self.look(connection, Asked(event, event.payload))
            return found

        async def decide(
            connection: Connection, portfolio: PortfolioRow, grounds: Grounds
        ) -> Sequence[AnyEvent]:
            at = to_milliseconds(now())
            inputs = await self.inputs(connection, event.payload, portfolio, grounds, at)
            await stop_after_loss(connection, portfolio.portfolio_id, inputs)
            return judge(inputs, at, grounds.cancellation)

        async with in_time():
            outcome = await self._at_once.call(_Claim(event, judge, now))
            if isinstance(outcome, Exception):
                raise outcome
            if outcome is None:
                async with session(self._pool) as connection:
                    outcome = await self._keep_first(connection, event, look, decide)
        failpoint(AFTER_COMMIT)
        return outcome

    async def end(self, event: Event[RiskScreened], ending: Sequence[AnyEvent]) -> Decision:
        """Return the decision about an intent: what was decided before, or this end of it.

        Raises as `claim`. The book may be what cannot be read, so this end does not ask it.
        """

        async def look(connection: Connection) -> tuple[Situation, Sequence[AnyEvent]]:
            return await read_situation(connection, event, event.payload.intent_id), ending

        async def decide(
            _: Connection, __: PortfolioRow, ending: Sequence[AnyEvent]
        ) -> Sequence[AnyEvent]:
            return ending

        async with session(self._pool) as connection:
            decision = await self._keep_first(connection, event, look, decide)
        failpoint(AFTER_COMMIT)
        return decision

    async def _keep_first[Found](
        self,
        connection: Connection,
        event: Event[RiskScreened],
        look: _Look[Found],
        decide: _Decide[Found],
    ) -> Decision:
        async with transaction(connection):
            decision = await self._decided(connection, event, look, decide)
            failpoint(BEFORE_COMMIT)
        return decision

    async def _decide_at_once(self, claims: Sequence[_Claim]) -> list[_Outcome]:
        """Return the decisions that stand, or that were kept on the book as it was read.

        Of those of one portfolio the first alone is tried: after it the book is another one. Both
        statements are of one session, so of one database. Where that fails or says nothing, each
        goes on by itself, as one connection or one intent may be at fault; what was kept is found.
        """
        first = {one.event.key.portfolio: one for one in reversed(claims)}
        try:
            async with asyncio.timeout(SHARED_SECONDS), session(self._pool) as connection:
                outcomes = await self._outcomes(connection, first)
        except (BookRefuses, DecisionUnavailable, TimeoutError):
            return [None] * len(claims)
        return [outcomes.pop(one.event.key.portfolio, None) for one in claims]

    async def _outcomes(
        self, connection: Connection, claims: Mapping[str, _Claim]
    ) -> dict[str, _Outcome]:
        """Return what becomes of claims, by their portfolios; an error of one is no other's."""
        known = self._fence.known_commits
        asked = [Asked(one.event, one.event.payload) for one in claims.values()]
        seen = zip(claims.items(), await self.look(connection, *asked), strict=True)
        outcomes: dict[str, _Outcome] = {}
        proposals: dict[str, Proposal] = {}
        for (name, claim), (found, grounds) in seen:
            outcome: _Outcome | Proposal
            try:
                outcome = await self._proposed(connection, claim, found, grounds, known)
            except NeedsTransaction:
                outcome = None
            except OUTAGE:  # the connection is everybody's
                raise
            except Exception as error:  # it belongs to its caller
                outcome = error
            if isinstance(outcome, Proposal):
                proposals[name] = outcome
            else:
                outcomes[name] = outcome
        if proposals:
            failpoint(BEFORE_COMMIT)
            kept = await keep(connection, [(one.portfolio, one.row) for one in proposals.values()])
            metrics.DECISIONS.labels("decided").inc(len(kept))
            for name, one in proposals.items():
                outcomes[name] = one.decision if one.row.intent_id in kept else None
        return outcomes

    async def _proposed(
        self,
        connection: Connection,
        claim: _Claim,
        found: Situation,
        grounds: Grounds,
        known: int,
    ) -> Decision | Proposal | None:
        """Return the decision that stands, or one to keep on the book as it was read.

        None where that needs the lock: it has to write or to lock more than the decision.
        """
        event, judge, now = claim
        if found.is_decided and found.decision is not None:
            return _repeated(found)
        self._fence.check(found.observed, known)
        portfolio, at = grounds.portfolio, to_milliseconds(now())
        if portfolio is None or found.is_recorded:
            return None
        inputs = await self.inputs(connection, event.payload, portfolio, grounds, at)
        if loss_trip(inputs.limits, inputs.book) is not None:
            return None
        events = judge(inputs, at, grounds.cancellation)
        if isinstance(events[0].payload, RiskApprovalRequired):
            return None
        return proposal_of(event, events, found, portfolio)

    async def read_inputs(self, event: Event[RiskScreened], now: datetime) -> PortfolioInputs:
        """Return what an intent would be decided on now. Nothing is claimed or locked."""
        async with self.transaction() as connection:
            ((_, grounds),) = await self.look(connection, Asked(event, event.payload))
            portfolio = grounds.portfolio or no_portfolio(event.key.portfolio)
            return await self.inputs(connection, event.payload, portfolio, grounds, now)

    async def _decided[Found](
        self,
        connection: Connection,
        event: Event[RiskScreened],
        look: _Look[Found],
        decide: _Decide[Found],
    ) -> Decision:
        portfolio = await lock_portfolio(connection, event.key.portfolio)
        known = self._fence.known_commits
        # Only a statement of its own sees what the holder of the lock before has committed.
        found, grounds = await look(connection)
        if found.is_decided and found.decision is not None:
            return _repeated(found)
        self._fence.check(found.observed, known)
        if found.is_recorded:
            adopted = await self._adopt(connection, event, portfolio, found)
            return carrying(adopted, found.observed.token)
        events = await decide(connection, portfolio, grounds)
        proposal = proposal_of(event, events, found, portfolio)
        await keep_locked(connection, portfolio, proposal.row)
        if isinstance(events[0].payload, RiskApprovalRequired):
            await keep_wait(connection, events[0], proposal.decision[0].data)
        metrics.DECISIONS.labels("decided").inc()
        return proposal.decision

    async def _adopt(
        self,
        connection: Connection,
        event: Event[RiskScreened],
        portfolio: PortfolioRow,
        found: Situation,
    ) -> Decision:
        """Return the decision that the ledger has, and keep a row of it unless there is one.

        The ledger may have the first of two events only. The other one follows from that and from
        `event`, and has the bytes it was published with. A decision of a release with one stage
        stands where the screening would be.
        """
        rows = await connection.fetch(_AFTER, *place_of(event))
        recorded = [self._read_event(row) for row in rows]
        own = [one.event for one in recorded if one.event.producer == recorded[0].event.producer]
        if isinstance(own[-1].payload, RiskApproved):
            own += _acceptance_after(event, own[-1])
        if not found.is_decided:
            standing = standing_of(portfolio, found)
            kept = decided(own[0], own[-1], terms_of(event.payload), standing, None)
            await keep_locked(connection, portfolio, kept)
            if isinstance(own[0].payload, RiskApprovalRequired):
                await keep_wait(connection, own[0], recorded[0].body)
        metrics.DECISIONS.labels("adopted").inc()
        return decision_of(own)

    async def look(self, connection: Connection, *asked: Asked) -> list[tuple[Situation, Grounds]]:
        """Return what is known about intents, and what their decisions rest on."""
        return await read_grounds(connection, asked, self._venues)

    async def inputs(
        self,
        connection: Connection,
        screened: RiskScreened,
        portfolio: PortfolioRow,
        grounds: Grounds,
        now: datetime,
    ) -> PortfolioInputs:
        """Return what an intent is decided on, on the connection that the grounds were read on.

        It reads what only some limits ask for. NeedsTransaction where it has to lock.
        """
        intent, without = screened.intent, grounds.without
        applied = await policy_of(connection, grounds.policy)
        terms = screened.inputs.instrument
        limits = applied.policy.portfolio_limits(portfolio.portfolio_id, intent, terms)
        rows = Rows(
            portfolio=portfolio,
            settled=grounds.settled,
            claims=grounds.claims,
            incoming=grounds.incoming,
            approvals=await recent_approvals(connection, grounds, limits, now),
            same_at=grounds.same_at,
            state=grounds.state,
            accounts=grounds.accounts,
            others_position=await total_position(connection, intent.base, limits, without),
        )
        book = assemble(rows, intent, self._market.price_of, self._market.pegged, now)
        return PortfolioInputs(policy=applied.reference, limits=limits, book=book)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction. It raises as `session` does."""
        async with session(self._pool) as connection, transaction(connection):
            yield connection


async def lock_portfolio(connection: Connection, portfolio_id: str) -> PortfolioRow:
    """Lock the portfolio until the commit, and add it when this is its first intent."""
    row = await connection.fetchrow(_LOCK, portfolio_id)
    if row is None:
        await connection.execute(_ADD, [portfolio_id])
        row = await connection.fetchrow(_LOCK, portfolio_id)
    return PortfolioRow(*row)


def _repeated(found: Situation) -> Decision:
    assert found.decision is not None
    metrics.DECISIONS.labels("repeated").inc()
    return carrying(from_lines(found.decision), found.observed.token)


def _acceptance_after(event: Event[RiskScreened], approved: AnyEvent) -> list[AnyEvent]:
    return next_events(
        approved, [accepted(event.payload)], producer=approved.producer, at=approved.timestamp
    )


def to_milliseconds(moment: datetime) -> datetime:
    """Cut off what the wire cuts off, so that a decision that is made again is the same."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
