"""Finds the clients that want an event by looking it up, instead of by asking each of them."""

from collections.abc import Collection, Iterable
from typing import Final

from gateway.stream.client import StreamClient
from gateway.stream.events import Frame
from gateway.stream.facets import NO_FACTS, Facets, Facts
from gateway.stream.interest import Filter
from gateway.stream.topic_patterns import ANY

_NOBODY: Final[frozenset[StreamClient]] = frozenset()

_Key = tuple[str | None, str, str]
"""The correlation, domain and verb a filter is about."""


class InterestIndex:
    """The clients by what they want: an event is looked up under the eight filters that match it.

    So what an event costs does not depend on how many filters there are. Where filters ask for
    models, symbols or types of signals, each different combination is looked at once an event,
    however many clients have it.
    """

    def __init__(self) -> None:
        self._clients: dict[_Key, dict[Facets | None, set[StreamClient]]] = {}

    def add(self, client: StreamClient, filters: Iterable[Filter]) -> None:
        for one in filters:
            self._clients.setdefault(_key(one), {}).setdefault(one.facets, set()).add(client)

    def remove(self, client: StreamClient, filters: Iterable[Filter]) -> None:
        """Forget filters of a client; unknown ones are ignored."""
        for one in filters:
            key = _key(one)
            by_facets = self._clients.get(key, {})
            clients = by_facets.get(one.facets)
            if clients is None:
                continue
            clients.discard(client)
            if not clients:
                del by_facets[one.facets]
            if not by_facets:
                del self._clients[key]

    def of(self, frame: Frame) -> Collection[StreamClient]:
        """Return the clients with a filter that matches an event, each once."""
        found = [clients for key in _keys_of(frame) for clients in self._under(key, frame.facts)]
        if not found:
            return _NOBODY
        return found[0] if len(found) == 1 else set().union(*found)

    def _under(self, key: _Key, facts: Facts) -> Iterable[set[StreamClient]]:
        by_facets = self._clients.get(key)
        if by_facets is None:
            return ()
        if facts == NO_FACTS:  # which no facets match
            return (by_facets[None],) if None in by_facets else ()
        return [
            clients
            for facets, clients in by_facets.items()
            if facets is None or facets.match(facts)
        ]


def _key(one: Filter) -> _Key:
    return one.correlation_id, one.pattern.domain, one.pattern.verb


def _keys_of(frame: Frame) -> Iterable[_Key]:
    domain, _, verb = frame.topic.partition(".")
    for correlation_id in (None, frame.correlation_id):
        yield correlation_id, domain, verb
        yield correlation_id, domain, ANY
        yield correlation_id, ANY, verb
        yield correlation_id, ANY, ANY
