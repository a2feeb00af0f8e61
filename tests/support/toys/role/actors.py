"""The toy role's actors."""

from actors.broker import broker
from tests.support.toys import TOY
from tests.support.toys.contracts import (
    ANSWERERS,
    CLOSERS,
    SignalAnswered,
    SignalCalled,
    SignalClosed,
)
from tests.support.toys.role.ports import ToyPorts
from tradewind.contracts.envelope import AnyEvent, Event, next_events

TIME_LIMIT_MS = 2_000


@broker.actor(queue_name=ANSWERERS.name, topics=[SignalCalled.topic], time_limit=TIME_LIMIT_MS)
async def answer_call(event: Event[SignalCalled], ports: ToyPorts) -> list[AnyEvent]:
    answered = SignalAnswered(words=f"{ports.greeting}, {event.payload.words}")
    return next_events(event, [answered], producer=TOY, at=ports.now())


@broker.actor(queue_name=CLOSERS.name, topics=[SignalAnswered.topic], time_limit=TIME_LIMIT_MS)
async def close_call(event: Event[SignalAnswered], ports: ToyPorts) -> list[AnyEvent]:
    closed = SignalClosed(words=event.payload.words.upper())
    return next_events(event, [closed], producer=TOY, at=ports.now())
