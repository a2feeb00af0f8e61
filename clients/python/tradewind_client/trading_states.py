"""What is halted, and how to halt it and let it go on, for both clients."""

from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import quote

from tradewind_client.calls import Call, json_body, model_reader
from tradewind_client.rest_models import TradingStateDocument
from tradewind_client.rest_models import TradingStates as ListedStates

EVERYTHING: Final = "everything"


class Sender(Protocol):
    """Sends a call and returns its result."""

    def send[T](self, call: Call[T]) -> T: ...


class AsyncSender(Protocol):
    """Sends a call and returns its result."""

    async def send[T](self, call: Call[T]) -> T: ...


class TradingStates:
    """What is halted or locked. A scope is written `everything`, `portfolio:fund`, `venue:…`."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self, *, past: bool = False) -> tuple[TradingStateDocument, ...]:
        """Return the states in force, the worst first; with `past` also those that were."""
        return self._client.send(_list(past)).states

    def halt(
        self,
        scope: str = EVERYTHING,
        *,
        reason: str,
        until: datetime | None = None,
        reduces: bool = False,
        version: int | None = None,
    ) -> TradingStateDocument:
        """Halt a scope; `reduces` lets what is held be sold. Needs the scope `admin`.

        Once this has returned, nothing is signed there any more. Given a version, it is Refused
        when the state is another one by now.
        """
        return self._client.send(_put(scope, _stopped(reason, until, reduces), version))

    def tighten(
        self,
        scope: str,
        *,
        reason: str,
        until: datetime | None = None,
        reduces: bool = False,
        version: int | None = None,
    ) -> TradingStateDocument:
        """Halt what the key is about, with the scope `trade`. Conflict where that allows more."""
        return self._client.send(_tighten(scope, _stopped(reason, until, reduces), version))

    def resume(
        self, scope: str, *, reason: str, version: int | None = None
    ) -> TradingStateDocument:
        """Let trading go on in a scope. Needs the scope `admin`."""
        return self._client.send(_put(scope, _active(reason), version))


class AsyncTradingStates:
    """What is halted or locked. A scope is written `everything`, `portfolio:fund`, `venue:…`."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def list(self, *, past: bool = False) -> tuple[TradingStateDocument, ...]:
        """Return the states in force, the worst first; with `past` also those that were."""
        return (await self._client.send(_list(past))).states

    async def halt(
        self,
        scope: str = EVERYTHING,
        *,
        reason: str,
        until: datetime | None = None,
        reduces: bool = False,
        version: int | None = None,
    ) -> TradingStateDocument:
        """Halt a scope; `reduces` lets what is held be sold. Needs the scope `admin`.

        Once this has returned, nothing is signed there any more. Given a version, it is Refused
        when the state is another one by now.
        """
        return await self._client.send(_put(scope, _stopped(reason, until, reduces), version))

    async def tighten(
        self,
        scope: str,
        *,
        reason: str,
        until: datetime | None = None,
        reduces: bool = False,
        version: int | None = None,
    ) -> TradingStateDocument:
        """Halt what the key is about, with the scope `trade`. Conflict where that allows more."""
        return await self._client.send(_tighten(scope, _stopped(reason, until, reduces), version))

    async def resume(
        self, scope: str, *, reason: str, version: int | None = None
    ) -> TradingStateDocument:
        """Let trading go on in a scope. Needs the scope `admin`."""
        return await self._client.send(_put(scope, _active(reason), version))


def _stopped(reason: str, until: datetime | None, reduces: bool) -> dict[str, Any]:
    body = {"state": "reducing" if reduces else "halted", "reason": reason}
    return body if until is None else body | {"until": until.isoformat()}


def _active(reason: str) -> dict[str, Any]:
    return {"state": "active", "reason": reason}


def _list(past: bool) -> Call[ListedStates]:
    query = {"past": "true" if past else None}
    return Call("GET", "/risk/states", model_reader(ListedStates), query)


def _put(scope: str, body: dict[str, Any], version: int | None) -> Call[TradingStateDocument]:
    read, query = model_reader(TradingStateDocument), {"version": version}
    return Call("PUT", _path(scope), read, query, json_body(body), is_repeatable=version is None)


def _tighten(scope: str, body: dict[str, Any], version: int | None) -> Call[TradingStateDocument]:
    path, query = f"{_path(scope)}/tighten", {"version": version}
    read, repeats = model_reader(TradingStateDocument), version is None
    return Call("POST", path, read, query, json_body(body), is_repeatable=repeats)


def _path(scope: str) -> str:
    return f"/risk/states/{quote(scope, safe=':')}"
