"""What waits until a person approves it, and how to answer, for both clients."""

from collections.abc import AsyncIterator, Iterator

from tradewind_client.calls import Call, json_body, model_reader, path_part
from tradewind_client.pages import AsyncSender, Sender, each, each_awaited
from tradewind_client.resources import Page
from tradewind_client.rest_models import AnswerDocument, ApprovalDocument


class Approvals:
    """Intents that wait for a person. An approval lifts the threshold, and no other limit."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self, *, portfolio_id: str | None = None) -> Iterator[ApprovalDocument]:
        """Yield what waits, the newest first, page after page."""
        return each(self._client, lambda cursor: _list(portfolio_id, cursor))

    def approve(self, intent_id: str, *, note: str | None = None) -> AnswerDocument:
        """Let an intent go on. Needs the scope `admin`.

        Conflict when somebody else answered before, or it does not wait. It is safe to ask again.
        """
        return self._client.send(_answer(intent_id, "approve", note))

    def deny(self, intent_id: str, *, note: str) -> AnswerDocument:
        """Have an intent refused. Needs the scope `admin`; Conflict as for `approve`."""
        return self._client.send(_answer(intent_id, "deny", note))


class AsyncApprovals:
    """Intents that wait for a person. An approval lifts the threshold, and no other limit."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    def list(self, *, portfolio_id: str | None = None) -> AsyncIterator[ApprovalDocument]:
        """Yield what waits, the newest first, page after page."""
        return each_awaited(self._client, lambda cursor: _list(portfolio_id, cursor))

    async def approve(self, intent_id: str, *, note: str | None = None) -> AnswerDocument:
        """Let an intent go on. Needs the scope `admin`.

        Conflict when somebody else answered before, or it does not wait. It is safe to ask again.
        """
        return await self._client.send(_answer(intent_id, "approve", note))

    async def deny(self, intent_id: str, *, note: str) -> AnswerDocument:
        """Have an intent refused. Needs the scope `admin`; Conflict as for `approve`."""
        return await self._client.send(_answer(intent_id, "deny", note))


def _list(portfolio_id: str | None, cursor: str | int | None) -> Call[Page[ApprovalDocument]]:
    query = {"portfolio_id": portfolio_id, "cursor": cursor}
    return Call("GET", "/live/approvals", model_reader(Page[ApprovalDocument]), query)


def _answer(intent_id: str, verb: str, note: str | None) -> Call[AnswerDocument]:
    path = f"/intents/{path_part(intent_id)}/{verb}"
    body = json_body({} if note is None else {"note": note})
    return Call("POST", path, model_reader(AnswerDocument), body=body, is_repeatable=True)
