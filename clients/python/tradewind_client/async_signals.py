"""Signals, the decisions of models about them, and what models cost, for programs that await."""

from collections.abc import AsyncIterator

from tradewind_client import signal_calls
from tradewind_client.models import DecisionDocument, SignalDocument
from tradewind_client.pages import AsyncSender, each_awaited
from tradewind_client.rest_models import (
    DecisionDetail,
    EnqueuedSignal,
    ModelCall,
    Models,
    SignalAnswerDocument,
    SignalApprovalDocument,
    SignalDetail,
    SignalStatus,
    Summary,
    Timeline,
)
from tradewind_client.signal_calls import CallQuery, DecisionQuery, Signal, SignalQuery

ANY_SIGNAL = SignalQuery()
ANY_DECISION = DecisionQuery()
ANY_CALL = CallQuery()


class AsyncSignals:
    """Ideas that are set beside the market, judged and concluded."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def submit(self, signal: Signal, *, idempotency_key: str | None = None) -> EnqueuedSignal:
        """Submit a signal. Needs the scope `submit`. The same signal again is the same one."""
        return await self._client.send(signal_calls.submit_signal(signal, idempotency_key))

    def list(self, wanted: SignalQuery = ANY_SIGNAL) -> AsyncIterator[SignalDocument]:
        """Yield signals, newest first, page after page."""
        return each_awaited(self._client, lambda cursor: signal_calls.list_signals(wanted, cursor))

    def waiting(self, *, portfolio_id: str | None = None) -> AsyncIterator[SignalApprovalDocument]:
        """Yield the signals that wait for a person, newest first, page after page."""
        return each_awaited(
            self._client, lambda cursor: signal_calls.list_waiting(portfolio_id, cursor)
        )

    async def get(self, signal_id: str) -> SignalDetail:
        """Return a signal with all that was made of it."""
        return await self._client.send(signal_calls.show_signal(signal_id))

    async def status(self, signal_id: str) -> SignalStatus:
        """Return how far a signal is."""
        return await self._client.send(signal_calls.signal_status(signal_id))

    async def timeline(self, signal_id: str) -> Timeline:
        """Return the events of a signal with the time between them."""
        return await self._client.send(signal_calls.signal_timeline(signal_id))

    async def approve(self, signal_id: str, *, note: str | None = None) -> SignalAnswerDocument:
        """Let a signal that waits become an intent. Needs the scope `trade`.

        Conflict when somebody else answered before, or it does not wait. It is safe to ask again.
        """
        return await self._client.send(signal_calls.answer_signal(signal_id, "approve", note))

    async def decline(self, signal_id: str, *, note: str) -> SignalAnswerDocument:
        """Have a signal not followed. Needs the scope `trade`; Conflict as for `approve`."""
        return await self._client.send(signal_calls.answer_signal(signal_id, "decline", note))


class AsyncDecisions:
    """What models decided about signals."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    def list(self, wanted: DecisionQuery = ANY_DECISION) -> AsyncIterator[DecisionDocument]:
        """Yield decisions, newest first, page after page."""
        return each_awaited(
            self._client, lambda cursor: signal_calls.list_decisions(wanted, cursor)
        )

    async def get(self, decision_id: str) -> DecisionDetail:
        """Return a decision; with the scope `admin` also what the model said word for word."""
        return await self._client.send(signal_calls.show_decision(decision_id))


class AsyncJudgingModels:
    """What models cost, how they fail, and how well they are calibrated. Times are RFC 3339."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def list(self, *, since: str | None = None) -> Models:
        """Return every model that was asked since a time, a day ago unless it is given."""
        return await self._client.send(signal_calls.list_models(since))

    def calls(self, wanted: CallQuery = ANY_CALL) -> AsyncIterator[ModelCall]:
        """Yield questions to models, newest first, page after page."""
        return each_awaited(self._client, lambda cursor: signal_calls.list_calls(wanted, cursor))

    async def summary(self, *, since: str | None = None, model: str | None = None) -> Summary:
        """Return questions to models added up, since a day ago unless a time is given."""
        return await self._client.send(signal_calls.summarise_calls(since, model))
