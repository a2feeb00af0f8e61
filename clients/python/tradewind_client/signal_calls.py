"""The calls about signals, the decisions of models about them, and what models cost."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from tradewind_client.calls import Call, json_body, model_reader, path_part
from tradewind_client.models import DecisionDocument, SignalDocument
from tradewind_client.resources import Page
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

Cursor = str | int | None
Signal = BaseModel | Mapping[str, Any]


class SignalQuery(NamedTuple):
    """Which signals are asked for; None means any."""

    symbol: str | None = None
    event_type: str | None = None
    source: str | None = None
    status: str | None = None
    since: str | None = None
    until: str | None = None


class DecisionQuery(NamedTuple):
    """Which decisions are asked for; None means any."""

    model: str | None = None
    symbol: str | None = None
    event_type: str | None = None
    decision: str | None = None
    status: str | None = None
    min_confidence: int | None = None
    since: str | None = None
    until: str | None = None


class CallQuery(NamedTuple):
    """Which questions to models are asked for; None means any."""

    model: str | None = None
    status: str | None = None
    prompt_version: str | None = None
    correlation_id: str | None = None
    """That of the signal."""
    since: str | None = None


def submit_signal(signal: Signal, idempotency_key: str | None) -> Call[EnqueuedSignal]:
    """POST /signals. Without a key the signal itself tells which requests are the same."""
    return Call(
        "POST",
        "/signals",
        model_reader(EnqueuedSignal),
        body=json_body(signal),
        idempotency_key=idempotency_key,
        is_repeatable=True,
    )


def list_signals(wanted: SignalQuery, cursor: Cursor) -> Call[Page[SignalDocument]]:
    query = wanted._asdict() | {"cursor": cursor}
    return Call("GET", "/signals", model_reader(Page[SignalDocument]), query)


def list_waiting(portfolio_id: str | None, cursor: Cursor) -> Call[Page[SignalApprovalDocument]]:
    query = {"portfolio_id": portfolio_id, "cursor": cursor}
    return Call("GET", "/signals/waiting", model_reader(Page[SignalApprovalDocument]), query)


def show_signal(signal_id: str) -> Call[SignalDetail]:
    return Call("GET", f"/signals/{path_part(signal_id)}", model_reader(SignalDetail))


def signal_status(signal_id: str) -> Call[SignalStatus]:
    return Call("GET", f"/signals/{path_part(signal_id)}/status", model_reader(SignalStatus))


def signal_timeline(signal_id: str) -> Call[Timeline]:
    return Call("GET", f"/signals/{path_part(signal_id)}/timeline", model_reader(Timeline))


def answer_signal(
    signal_id: str, verb: Literal["approve", "decline"], note: str | None
) -> Call[SignalAnswerDocument]:
    path = f"/signals/{path_part(signal_id)}/{verb}"
    body = json_body({} if note is None else {"note": note})
    return Call("POST", path, model_reader(SignalAnswerDocument), body=body, is_repeatable=True)


def list_decisions(wanted: DecisionQuery, cursor: Cursor) -> Call[Page[DecisionDocument]]:
    query = wanted._asdict() | {"cursor": cursor}
    return Call("GET", "/decisions", model_reader(Page[DecisionDocument]), query)


def show_decision(decision_id: str) -> Call[DecisionDetail]:
    return Call("GET", f"/decisions/{path_part(decision_id)}", model_reader(DecisionDetail))


def list_models(since: str | None) -> Call[Models]:
    return Call("GET", "/models", model_reader(Models), {"since": since})


def list_calls(wanted: CallQuery, cursor: Cursor) -> Call[Page[ModelCall]]:
    query = wanted._asdict() | {"cursor": cursor}
    return Call("GET", "/agents/llm/telemetry", model_reader(Page[ModelCall]), query)


def summarise_calls(since: str | None, model: str | None) -> Call[Summary]:
    query = {"since": since, "model": model}
    return Call("GET", "/agents/llm/summary", model_reader(Summary), query)
