"""Reads the commands clients send, and writes the control frames they get beside events."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import Field, PlainValidator, RootModel

from gateway.http.field_paths import WHOLE_DOCUMENT
from gateway.http.strict_json import InvalidDocument, MalformedJson, parse_model
from gateway.stream.facets import Facets
from gateway.stream.limits import (
    MAX_CORRELATION_CHARACTERS,
    MAX_ERROR_DETAIL_CHARACTERS,
    MAX_FILTER_VALUES,
    MAX_STREAM_CHARACTERS,
    MAX_STREAM_SEQUENCE,
    MAX_TOPIC_CHARACTERS,
    MAX_TOPICS_PER_MESSAGE,
)
from tradewind.contracts.decisions.model import ModelName
from tradewind.contracts.ids import (
    CorrelationKind,
    make_correlation_id,
    parse_correlation_id,
    parse_ulid,
)
from tradewind.contracts.signals.model import SignalEventType, SignalSymbol
from tradewind.contracts.wire import Document, WireModel

Topics = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=MAX_TOPIC_CHARACTERS)], ...],
    Field(min_length=1, max_length=MAX_TOPICS_PER_MESSAGE),
]
ValuesLimit: Final = Field(min_length=1, max_length=MAX_FILTER_VALUES)
EXPIRED: Final = "expired"
STREAM_RESET: Final = "stream_reset"
"""Why there is a gap: the stream does not have it any more, or is another stream than before."""

CorrelationFilter = Annotated[str, Field(min_length=1, max_length=MAX_CORRELATION_CHARACTERS)]


class InvalidMessage(ValueError):
    """A message this protocol does not know; `code` is stable, the text says what is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail[:MAX_ERROR_DETAIL_CHARACTERS]


@dataclass(frozen=True)
class Position:
    """A sequence to resume after, and the stream it belongs to, if the client says so."""

    sequence: int
    stream: str | None = None


def _parse_position(value: Any) -> Position:
    if isinstance(value, Position):
        return value
    stream = None
    if isinstance(value, dict):
        stream, value = value.get("stream"), value.get("sequence") if len(value) == 2 else None
        if not isinstance(stream, str) or len(stream) > MAX_STREAM_CHARACTERS:
            value = None
    is_sequence = isinstance(value, int) and not isinstance(value, bool)
    if not is_sequence or not 0 <= value <= MAX_STREAM_SEQUENCE:
        raise ValueError(
            f"must be a streamSequence from 0 to {MAX_STREAM_SEQUENCE}, "
            'or {"stream": ..., "sequence": ...} as the gateway names them'
        )
    return Position(value, stream)


class SignalFilter(Document):
    """Which events of signals: one of each list that is there, and all lists together."""

    model: Annotated[tuple[ModelName, ...], ValuesLimit] | None = None
    symbol: Annotated[tuple[SignalSymbol, ...], ValuesLimit] | None = None
    event_type: Annotated[tuple[SignalEventType, ...], ValuesLimit] | None = None


def facets_of(wanted: SignalFilter | None) -> Facets | None:
    """Return a filter as events are compared with it; None where it leaves out nothing."""
    if wanted is None:
        return None
    facets = Facets(*(frozenset(values or ()) for _, values in wanted))
    return facets if any(facets) else None


class Subscribe(WireModel):
    """Ask for events of `topics`, all or those of one correlation, from after `resumeFrom` on."""

    action: Literal["subscribe"]
    topics: Topics
    correlation_id: CorrelationFilter | None = None
    filter: SignalFilter | None = None
    resume_from: Annotated[Position, PlainValidator(_parse_position)] | None = None


class Unsubscribe(WireModel):
    """Take back a subscription with the same topics and correlation; without topics, all."""

    action: Literal["unsubscribe"]
    topics: Topics | None = None
    correlation_id: CorrelationFilter | None = None
    filter: SignalFilter | None = None


class Ping(WireModel):
    """Ask for a pong with the current stream sequence."""

    action: Literal["ping"]


Command = Subscribe | Unsubscribe | Ping


ACTIONS: Final = ("subscribe", "unsubscribe", "ping")


class _AnyCommand(RootModel[Annotated[Command, Field(discriminator="action")]]):
    pass


def parse_message(text: str) -> Command:
    """Return the command in `text`; InvalidMessage when it is none."""
    try:
        return parse_model(_AnyCommand, _encoded(text), noun="message").root
    except MalformedJson as error:
        fields = "".join(f"; {item.field} {item.message}" for item in error.errors)
        raise InvalidMessage("MALFORMED_JSON", f"the message {error.detail}{fields}") from None
    except InvalidDocument as error:
        detail = "; ".join(f"{_field(item.field)}: {item.message}" for item in error.errors)
        raise InvalidMessage("INVALID_MESSAGE", detail) from None


def _field(path: str) -> str:
    """Return the path inside of the message, without the action that chose how it is read."""
    for action in ACTIONS:
        inside = path.removeprefix(action)
        if inside != path and inside[:1] in (".", "["):
            return inside.removeprefix(".")
    return "message" if path == WHOLE_DOCUMENT else path


def _encoded(text: str) -> bytes:
    """Let lone surrogates pass: the strict JSON reader refuses them with an answer."""
    return text.encode(errors="surrogatepass")


def parse_correlation_filter(text: str | None) -> str | None:
    """Return a correlation id; a bare ULID is an intent's. InvalidMessage when it is neither."""
    if text is None:
        return None
    try:
        kind, identifier = parse_correlation_id(
            text if "-" in text else make_correlation_id(CorrelationKind.INTENT, text)
        )
        if kind is CorrelationKind.INTENT:
            parse_ulid(identifier)
    except ValueError:
        raise InvalidMessage(
            "INVALID_CORRELATION_ID", "correlationId is an intent id or <kind>-<id>"
        ) from None
    return make_correlation_id(kind, identifier)


def control_frame(kind: str, **fields: Any) -> str:
    """Return a control frame: an object with a `type`, which no event has."""
    return orjson.dumps({"type": kind, **fields}).decode()


def gap_frame(
    first: int, last: int, reason: str, *, stream: str, sequence: int | None = None
) -> str:
    """Return the frame that says what will not come, and after which sequence it goes on."""
    fields: dict[str, Any] = {"from": first, "to": last, "reason": reason, "stream": stream}
    if sequence is not None:
        fields["sequence"] = sequence
    return control_frame("gap", **fields)


def error_frame(error: InvalidMessage) -> str:
    """Return the frame that tells a client what was wrong with its message."""
    return control_frame("error", code=error.code, detail=error.detail)
