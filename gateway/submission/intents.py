"""Makes `intent.submitted` of a request body, and submits it."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.errors import AccountNotCovered, SubmissionUnknown
from gateway.http.caller import Accounts
from gateway.ports import KeptEvents
from gateway.submission.admission import Admission
from gateway.submission.idempotency import RequestIdentity, RequestKey, identify
from gateway.submission.pipeline import SubmissionPipeline
from gateway.submission.recent_submissions import RecentSubmissions, Submission
from gateway.submission.validation import check_tokens, parse_intent
from tradewind.contracts.envelope import Event, parse_event
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_event_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.roles import Role
from tradewind.runtime import clock
from tradewind.trading.submission.events import NO_PORTFOLIOS, submission_of
from tradewind.trading.submission.events import submitted_event as submission_event
from tradewind.trading.submission.portfolios import StrategyPortfolios
from tradewind.trading.tokens import TokenRegistry

ENTROPY_BYTES = 10
ALL_ACCOUNTS: Final = Accounts()

Clock = Callable[[], datetime]
Entropy = Callable[[int], bytes]


def submitted_event(
    intent: Intent,
    *,
    at: datetime,
    entropy: bytes,
    portfolios: StrategyPortfolios = NO_PORTFOLIOS,
) -> Event[IntentSubmitted]:
    """Return the event that opens an intent's history; `entropy` is 10 random bytes.

    The portfolio stands in its key alone: the intent stays what the client wrote.
    """
    intent_id = make_ulid(int(at.timestamp() * 1_000), entropy)
    submission = submission_of(intent, intent_id, at)
    return submission_event(submission, producer=Role.GATEWAY.value, at=at, portfolios=portfolios)


def check_account(event: Event[IntentSubmitted], accounts: Accounts) -> None:
    """Raise AccountNotCovered unless accounts cover what the intent of an event trades for."""
    strategy_id = event.payload.intent.strategy_id
    if not accounts.cover_strategy(strategy_id):
        raise AccountNotCovered("strategy_id", strategy_id)
    if not accounts.cover(strategy_id, event.key.portfolio):
        raise AccountNotCovered("portfolio_id", event.key.portfolio)


class IntentSubmitter:
    """Checks intents, gives them ids, and sends them through the pipeline.

    It also finds those that the ledger has not recorded yet.
    """

    def __init__(
        self,
        registry: TokenRegistry,
        pipeline: SubmissionPipeline,
        recent: RecentSubmissions,
        kept: KeptEvents,
        admission: Admission,
        *,
        portfolios: StrategyPortfolios = NO_PORTFOLIOS,
        now: Clock = clock.now,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._registry = registry
        self._pipeline = pipeline
        self._recent = recent
        self._kept = kept
        self._admission = admission
        self._portfolios = portfolios
        self._now = now
        self._entropy = entropy

    async def submit(
        self,
        body: bytes,
        key: RequestKey | None = None,
        accounts: Accounts = ALL_ACCOUNTS,
    ) -> Submission:
        """Return the submission, the earlier one for a request that was made before.

        Raises MalformedJson, InvalidDocument, AccountNotCovered and Overloaded, and what the
        pipeline raises.
        """
        intent = parse_intent(body, self._registry)
        return await self._submit(intent, identify(key, body, intent), accounts)

    async def submit_intent(
        self, intent: Intent, identity: RequestIdentity, accounts: Accounts
    ) -> Submission:
        """Do the same for an intent that was made of another request.

        Raises InvalidDocument, AccountNotCovered and Overloaded, and what the pipeline raises.
        """
        check_tokens(intent, self._registry)
        return await self._submit(intent, identity, accounts)

    async def _submit(
        self, intent: Intent, identity: RequestIdentity, accounts: Accounts
    ) -> Submission:
        event = submitted_event(
            intent,
            at=self._now(),
            entropy=self._entropy(ENTROPY_BYTES),
            portfolios=self._portfolios,
        )
        check_account(event, accounts)
        overload = self._admission.overload(intent.constraints.time_window)
        try:
            if overload is None:
                standing = await self._pipeline.accept(event, identity, event.payload.expires_at)
            else:
                standing = await self._pipeline.refuse(event, identity, overload)
        except SubmissionUnknown:
            self._recent.remember(Submission(event, "unknown"))
            raise
        submission = Submission(standing.event, "stored", standing.is_repeated)
        if not standing.is_repeated:
            self._recent.remember(submission)
        return submission

    async def find(self, intent_id: str) -> Submission | None:
        """Return a submission that the ledger may not have recorded yet; None where none is kept.

        Whether it was kept is asked again where that was unknown. TransientError while it cannot.
        """
        remembered = self._recent.get(intent_id)
        if remembered is not None and remembered.outcome == "stored":
            return remembered
        correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
        event_id = derive_event_id(correlation_id, 1, IntentSubmitted.topic)
        body = await self._kept.find(event_id)
        return remembered if body is None else Submission(parse_event(body), "stored")
