"""Reads what a list of intents is filtered by."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple

from pydantic import Field, TypeAdapter, WithJsonSchema
from starlette.requests import Request

from gateway.http.operations import Parameter
from gateway.http.parameters import check_strategy_id, invalid_parameter
from gateway.http.query import chosen, moment, typed
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.wire import Timestamp
from tradewind.readmodels.models.intent import IntentDocument

MAX_TEXT_CHARACTERS: Final = 64
MAX_MILLISECONDS: Final = 2**48 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STATE: Final = "|".join(IntentState)
_STATES: Final = rf"^({_STATE})(,({_STATE})){{0,{len(IntentState) - 1}}}$"
_PAIR: Final = r"^[A-Za-z0-9]{1,16}/[A-Za-z0-9]{1,16}$"
_REASON: Final = r"^[A-Z][A-Z_]{0,63}$"

Pair = Annotated[str, Field(pattern=_PAIR)]
Reason = Annotated[str, Field(pattern=_REASON)]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
States = Annotated[str, WithJsonSchema({"type": "string", "pattern": _STATES})]
Flag = Annotated[str, WithJsonSchema({"type": "boolean"})]
_PAIRS: TypeAdapter[str] = TypeAdapter(Pair)
_REASONS: TypeAdapter[str] = TypeAdapter(Reason)
_TEXTS: TypeAdapter[str] = TypeAdapter(Text)


class IntentFilter(NamedTuple):
    """What an intent has to have; None means any."""

    states: tuple[IntentState, ...] = ()
    """Any of these; none means any at all."""
    strategy_id: str | None = None
    pair: str | None = None
    reason: str | None = None
    in_flight: bool | None = None
    since: datetime | None = None
    """Submitted at or after."""
    until: datetime | None = None
    """Submitted before."""
    text: str | None = None

    @property
    def is_indexed(self) -> bool:
        """Whether the lists that Redis keeps tell all, so that what fits can be counted."""
        return (self.pair, self.reason, self.in_flight, self.text) == (None,) * 4

    @property
    def lowest(self) -> str | None:
        """The id before which every intent is too old."""
        return None if self.since is None else first_id_of(self.since)

    @property
    def highest(self) -> str | None:
        """The id from which on every intent is too new."""
        return None if self.until is None else first_id_of(self.until)

    def fits(self, intent: IntentDocument) -> bool:
        """Return whether an intent has what no list tells."""
        return (
            (self.pair is None or intent.summary.pair == self.pair)
            and (self.reason is None or intent.summary.reason == self.reason)
            and (self.in_flight is None or (intent.in_flight is not None) == self.in_flight)
            and (self.text is None or _has(intent, self.text))
        )


def _has(intent: IntentDocument, text: str) -> bool:
    wanted, summary = text.casefold(), intent.summary
    said = (
        *(intent.intent_id, intent.latest_plan_id, summary.strategy_id, summary.pair),
        *(summary.reason, summary.detail, summary.tx_hash),
    )
    return any(wanted in one.casefold() for one in said if one is not None)


def intent_filter(request: Request) -> IntentFilter:
    """Return the filter of a request."""
    since, until = moment(request, "from"), moment(request, "to")
    if since is not None and until is not None and until <= since:
        raise invalid_parameter("to", "must be later than from")
    strategy_id = request.query_params.get("strategy_id")
    flag = chosen(request, "in_flight", ("true", "false"))
    return IntentFilter(
        _states(request),
        None if strategy_id is None else check_strategy_id(strategy_id),
        typed(request, "pair", _PAIRS, "a pair such as WETH/USDC"),
        typed(request, "reason", _REASONS, "a code such as NOTIONAL_LIMIT"),
        None if flag is None else flag == "true",
        since,
        until,
        typed(request, "text", _TEXTS, f"1 to {MAX_TEXT_CHARACTERS} characters"),
    )


def _states(request: Request) -> tuple[IntentState, ...]:
    text = request.query_params.get("state")
    if text is None:
        return ()
    try:
        wanted = tuple(IntentState(one) for one in text.split(",", len(IntentState)))
    except ValueError:
        message = f"must be some of {', '.join(IntentState)}, separated by commas"
        raise invalid_parameter("state", message) from None
    states = tuple(dict.fromkeys(wanted))
    return () if len(states) == len(IntentState) else states


def first_id_of(at: datetime) -> str:
    """Return the least id that an intent submitted then may have."""
    milliseconds = -(-(at - _EPOCH) // timedelta(milliseconds=1))
    return make_ulid(min(max(milliseconds, 0), MAX_MILLISECONDS), bytes(10))


FILTERS: Final = (
    Parameter(
        "state", "query", States, "Only intents in one of these states, separated by commas."
    ),
    Parameter("strategy_id", "query", StrategyId, "Only intents of this strategy."),
    Parameter("pair", "query", Pair, "Only intents of this pair, `WETH/USDC`."),
    Parameter("reason", "query", Reason, "Only intents that ended for this reason."),
    Parameter(
        "in_flight", "query", Flag, "Only intents whose transaction's outcome is unknown, or not."
    ),
    Parameter("from", "query", Timestamp, "Submitted at or after this time."),
    Parameter("to", "query", Timestamp, "Submitted before this time."),
    Parameter(
        "text",
        "query",
        Text,
        "Only intents that have this in their ids, strategy, pair, reason, detail or hash.",
    ),
)
