"""Carries out what a client asks for."""

from collections.abc import Sequence

from gateway.http.caller import Caller, KeyScope
from gateway.stream.client import StreamClient
from gateway.stream.control import ControlFrame
from gateway.stream.event_stream import EventStream
from gateway.stream.events import Frame, StreamEvent
from gateway.stream.interest import Filter
from gateway.stream.limits import MAX_FILTERS_PER_CLIENT, MAX_OPEN_FILTERS_PER_CLIENT
from gateway.stream.messages import (
    EXPIRED,
    STREAM_RESET,
    Command,
    InvalidMessage,
    Ping,
    Position,
    Subscribe,
    Unsubscribe,
    control_frame,
    facets_of,
    gap_frame,
    parse_correlation_filter,
)
from gateway.stream.outlet import Outlet
from gateway.stream.replay import Replay
from gateway.stream.topic_patterns import InvalidPattern, TopicPattern, is_allowed, parse_pattern


class CommandHandler:
    """Turns commands into filters of one client, one command after the other."""

    def __init__(
        self, stream: EventStream, client: StreamClient, outlet: Outlet, caller: Caller
    ) -> None:
        self._hub = stream.hub
        self._store = stream.store
        self._turns = stream.replays
        self._allowed = stream.allowed_topics
        self._client = client
        self._outlet = outlet
        self._caller = caller
        self._replay: Replay | None = None
        self._batches = 0

    @property
    def replay_position(self) -> int | None:
        """How far a replay that runs or was interrupted has come; None while there is none."""
        return self._replay.position if self._replay else None

    async def handle(self, command: Command) -> None:
        """Carry out one command; InvalidMessage when it cannot be."""
        match command:
            case Ping():
                self._client.queue_control(control_frame("pong", sequence=self._hub.sequence))
            case Unsubscribe():
                self._unsubscribe(command)
            case Subscribe(resume_from=None):
                filters = self._filters(command)
                self._hub.subscribe(self._client, filters, self._hub.sequence)
                self._client.queue_control(self._subscribed(command))
            case Subscribe(resume_from=Position() as position):
                await self._resume(command, position)

    async def _resume(self, command: Subscribe, position: Position) -> None:
        filters = self._filters(command)
        after, stream = position.sequence, self._hub.identity
        is_foreign = position.stream not in (None, stream)
        if is_foreign:
            after = (await self._store.bounds()).first - 1
        elif after > self._hub.sequence:
            await self._check_not_ahead(after)
        self._client.catching_up = True
        await self._send(self._subscribed(command))
        if is_foreign:
            await self._send(
                gap_frame(1, position.sequence, STREAM_RESET, stream=stream, sequence=after)
            )
        since = await self._catch_up(after, stream, filters)
        self._hub.subscribe(self._client, filters, since)
        self._client.queue_control(control_frame("live", sequence=since, stream=self._hub.identity))
        self._client.catching_up = False
        self._replay = None

    async def _catch_up(self, after: int, stream: str, filters: Sequence[Filter]) -> int:
        """Send what is stored after a sequence; return the one after which live events follow.

        The stream may begin again meanwhile, of which the hub has told the client.
        """
        while True:
            self._replay = Replay(
                self._hub,
                self._store,
                after,
                deliver=lambda events: self._deliver(events, filters),
                send_gap=self._send_gap,
                turns=self._turns,
                batches=self._batches,
            )
            await self._replay.run()
            self._batches = self._replay.batches
            if stream == self._hub.identity:
                return max(after, self._hub.sequence)
            after, stream = self._hub.began_after, self._hub.identity

    async def _check_not_ahead(self, after: int) -> None:
        """Refuse a position beyond the stream itself.

        One beyond this process alone is fine: another gateway may have shown the client more.
        """
        last = (await self._store.bounds()).last
        if after > last:
            raise InvalidMessage(
                "RESUME_AHEAD", f"resumeFrom is {after}, the stream ends at {last}"
            )

    async def _deliver(self, events: Sequence[StreamEvent], filters: Sequence[Filter]) -> None:
        frames = [self._hub.known(frame) for event in events if (frame := event.frame)]
        wanted = [frame for frame in frames if self._wants(frame, filters)]
        if wanted:
            await self._outlet.send(wanted)

    def _wants(self, frame: Frame, filters: Sequence[Filter]) -> bool:
        """Return whether to send a stored event: not if an older subscription sends it live."""
        if self._client.interest.wants(frame):
            return False
        return self._client.may_see(frame) and any(one.matches(frame) for one in filters)

    async def _send(self, text: str) -> None:
        await self._outlet.send([ControlFrame(text)])

    async def _send_gap(self, first: int, last: int) -> None:
        await self._send(gap_frame(first, last, EXPIRED, stream=self._hub.identity))

    def _unsubscribe(self, command: Unsubscribe) -> None:
        interest = self._client.interest
        correlation_id = parse_correlation_filter(command.correlation_id)
        if command.topics is not None:
            patterns = [self._pattern(text) for text in command.topics]
            facets = facets_of(command.filter)
            filters = [Filter(pattern, correlation_id, facets) for pattern in patterns]
        elif correlation_id is not None:
            filters = interest.of_correlation(correlation_id)
        else:
            filters = interest.all()
        self._hub.unsubscribe(self._client, filters)
        self._client.queue_control(
            control_frame(
                "unsubscribed",
                topics=command.topics,
                correlationId=correlation_id,
                sequence=self._hub.sequence,
            )
        )

    def _subscribed(self, command: Subscribe) -> str:
        return control_frame(
            "subscribed",
            topics=command.topics,
            correlationId=parse_correlation_filter(command.correlation_id),
            resumeFrom=command.resume_from and command.resume_from.sequence,
            sequence=self._hub.sequence,
            stream=self._hub.identity,
            **_shown(command),
        )

    def _filters(self, command: Subscribe) -> list[Filter]:
        if KeyScope.READ not in self._caller.scopes:
            raise InvalidMessage("SCOPE_MISSING", f"this key has not the scope {KeyScope.READ}")
        correlation_id = parse_correlation_filter(command.correlation_id)
        patterns = dict.fromkeys(self._pattern(text) for text in command.topics)
        facets = facets_of(command.filter)
        filters = [Filter(pattern, correlation_id, facets) for pattern in patterns]
        interest = self._client.interest
        added = sum(one not in interest for one in filters)
        is_open = correlation_id is None
        if is_open and len(interest.of_correlation(None)) + added > MAX_OPEN_FILTERS_PER_CLIENT:
            raise InvalidMessage(
                "TOO_MANY_SUBSCRIPTIONS",
                f"a connection has at most {MAX_OPEN_FILTERS_PER_CLIENT} topic patterns "
                "without correlationId",
            )
        if len(interest) + added > MAX_FILTERS_PER_CLIENT:
            raise InvalidMessage(
                "TOO_MANY_SUBSCRIPTIONS",
                f"a connection has at most {MAX_FILTERS_PER_CLIENT} topic patterns",
            )
        return filters

    def _pattern(self, text: str) -> TopicPattern:
        try:
            pattern = parse_pattern(text)
        except InvalidPattern as error:
            raise InvalidMessage("INVALID_TOPIC", f"topics: {error}") from None
        if not is_allowed(pattern, self._allowed):
            raise InvalidMessage("TOPIC_NOT_ALLOWED", "topics: a pattern is not allowed here")
        return pattern


def _shown(command: Subscribe) -> dict[str, object]:
    """Return the filter of a subscription as the client wrote it, where it has one."""
    if command.filter is None:
        return {}
    return {"filter": command.filter.model_dump(mode="json", by_alias=False, exclude_none=True)}
