"""Reads the commands clients send, and writes the control frames they get beside events."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, RootModel

from gateway.http.strict_json import InvalidDocument, MalformedJson, parse_model
from gateway.stream.limits import (
    MAX_CORRELATION_CHARACTERS,
    MAX_ERROR_DETAIL_CHARACTERS,
    MAX_STREAM_SEQUENCE,
    MAX_TOPIC_CHARACTERS,
    MAX_TOPICS_PER_MESSAGE,
)
from tradewind.contracts.ids import (
    CorrelationKind,
    make_correlation_id,
    parse_correlation_id,
    parse_ulid,
)
from tradewind.contracts.wire import WireModel

Topics = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=MAX_TOPIC_CHARACTERS)], ...],
    Field(min_length=1, max_length=MAX_TOPICS_PER_MESSAGE),
]
CorrelationFilter = Annotated[str, Field(min_length=1, max_length=MAX_CORRELATION_CHARACTERS)]


class InvalidMessage(ValueError):
    """A message this protocol does not know; `code` is stable, the text says what is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail[:MAX_ERROR_DETAIL_CHARACTERS]


class Subscribe(WireModel):
    """Ask for events of `topics`, all or those of one correlation, from after `resumeFrom` on."""

    action: Literal["subscribe"]
    topics: Topics
    correlation_id: CorrelationFilter | None = None
    resume_from: Annotated[int, Field(ge=0, le=MAX_STREAM_SEQUENCE)] | None = None


class Unsubscribe(WireModel):
    """Take back a subscription with the same topics and correlation; without topics, all."""

    action: Literal["unsubscribe"]
    topics: Topics | None = None
    correlation_id: CorrelationFilter | None = None


class Ping(WireModel):
    """Ask for a pong with the current stream sequence."""

    action: Literal["ping"]


Command = Subscribe | Unsubscribe | Ping


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
        detail = "; ".join(f"{item.field}: {item.message}" for item in error.errors)
        raise InvalidMessage("INVALID_MESSAGE", detail) from None


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


def error_frame(error: InvalidMessage) -> str:
    """Return the frame that tells a client what was wrong with its message."""
    return control_frame("error", code=error.code, detail=error.detail)
