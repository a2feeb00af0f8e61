"""Signals, the decisions of models about them, and what models cost, for programs that wait."""

from collections.abc import Iterator

from tradewind_client import signal_calls
from tradewind_client.models import DecisionDocument, SignalDocument
from tradewind_client.pages import Sender, each
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


class Signals:
    """Ideas that are set beside the market, judged and concluded."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def submit(self, signal: Signal, *, idempotency_key: str | None = None) -> EnqueuedSignal:
        """Submit a signal. Needs the scope `submit`. The same signal again is the same one."""
        return self._client.send(signal_calls.submit_signal(signal, idempotency_key))

    def list(self, wanted: SignalQuery = ANY_SIGNAL) -> Iterator[SignalDocument]:
        """Yield signals, newest first, page after page."""
        return each(self._client, lambda cursor: signal_calls.list_signals(wanted, cursor))

    def waiting(self, *, portfolio_id: str | None = None) -> Iterator[SignalApprovalDocument]:
        """Yield the signals that wait for a person, newest first, page after page."""
        return each(self._client, lambda cursor: signal_calls.list_waiting(portfolio_id, cursor))

    def get(self, signal_id: str) -> SignalDetail:
        """Return a signal with all that was made of it."""
        return self._client.send(signal_calls.show_signal(signal_id))

    def status(self, signal_id: str) -> SignalStatus:
        """Return how far a signal is."""
        return self._client.send(signal_calls.signal_status(signal_id))

    def timeline(self, signal_id: str) -> Timeline:
        """Return the events of a signal with the time between them."""
        return self._client.send(signal_calls.signal_timeline(signal_id))

    def approve(self, signal_id: str, *, note: str | None = None) -> SignalAnswerDocument:
        """Let a signal that waits become an intent. Needs the scope `trade`.

        Conflict when somebody else answered before, or it does not wait. It is safe to ask again.
        """
        return self._client.send(signal_calls.answer_signal(signal_id, "approve", note))

    def decline(self, signal_id: str, *, note: str) -> SignalAnswerDocument:
        """Have a signal not followed. Needs the scope `trade`; Conflict as for `approve`."""
        return self._client.send(signal_calls.answer_signal(signal_id, "decline", note))


class Decisions:
    """What models decided about signals."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self, wanted: DecisionQuery = ANY_DECISION) -> Iterator[DecisionDocument]:
        """Yield decisions, newest first, page after page."""
        return each(self._client, lambda cursor: signal_calls.list_decisions(wanted, cursor))

    def get(self, decision_id: str) -> DecisionDetail:
        """Return a decision; with the scope `admin` also what the model said word for word."""
        return self._client.send(signal_calls.show_decision(decision_id))


class JudgingModels:
    """What models cost, how they fail, and how well they are calibrated. Times are RFC 3339."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self, *, since: str | None = None) -> Models:
        """Return every model that was asked since a time, a day ago unless it is given."""
        return self._client.send(signal_calls.list_models(since))

    def calls(self, wanted: CallQuery = ANY_CALL) -> Iterator[ModelCall]:
        """Yield questions to models, newest first, page after page."""
        return each(self._client, lambda cursor: signal_calls.list_calls(wanted, cursor))

    def summary(self, *, since: str | None = None, model: str | None = None) -> Summary:
        """Return questions to models added up, since a day ago unless a time is given."""
        return self._client.send(signal_calls.summarise_calls(since, model))
