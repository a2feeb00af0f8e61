"""Intents above a threshold wait for a person, who answers by REST, also over dead processes."""

import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from tradewind_client import AsyncClient
from tradewind_client.errors import Conflict

from loadtest.platform import Platform
from tests.support.requests import intent
from tests.support.waiting import wait_until

STRATEGY = "asked"
LIMITS = {"portfolios": {STRATEGY: {"approval_above_usd": "100", "max_open_intents": 3}}}


@pytest.fixture
async def threshold(client: httpx2.AsyncClient) -> AsyncIterator[None]:
    """Put a threshold of 100 USD into force for one portfolio while a test runs."""
    before = (await client.get("/risk/limits")).json()["limits"]
    (await client.put("/risk/limits", json=LIMITS)).raise_for_status()
    yield
    (await client.put("/risk/limits", json=before)).raise_for_status()


class Desk:
    """Submits intents and waits until something has become of them."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def show(self, intent_id: str) -> dict[str, Any]:
        document: dict[str, Any] = (await self._client.get(f"/intents/{intent_id}")).json()
        return document

    async def submit(self, amount: str) -> str:
        answer = await self._client.post("/intents", json=intent(STRATEGY, amount=amount))
        answer.raise_for_status()
        return str(answer.json()["intent_id"])

    async def becomes(self, intent_id: str, state: str) -> None:
        async def is_so() -> bool:
            return (await self.show(intent_id)).get("state") == state

        await wait_until(is_so, f"{intent_id} to be {state}")

    async def is_settled(self, intent_id: str) -> None:
        """Wait until an intent takes no room of the cap any more."""

        async def is_used() -> bool:
            path = f"/live/risk-budget?portfolio_id={STRATEGY}"
            allocations = (await self._client.get(path)).json()["allocations"]
            return {one["id"]: one["status"] for one in allocations}.get(intent_id) == "used"

        await wait_until(is_used, f"{intent_id} to be settled")

    async def topics(self, intent_id: str) -> list[str]:
        items = (await self._client.get(f"/intents/{intent_id}/events")).json()["items"]
        return [one["topic"] for one in items]

    async def block_reasons(self) -> set[str]:
        path = f"/live/blocks?portfolio_id={STRATEGY}"
        return {one["reason"] for one in (await self._client.get(path)).json()["items"]}


async def test_people_answer_for_what_is_large_and_the_rest_goes_on(
    platform: Platform, client: httpx2.AsyncClient, threshold: None
) -> None:
    """Given three that wait and fill the cap, then each ends as somebody says, and once."""
    desk = Desk(client)
    await desk.is_settled(await desk.submit("0.01"))
    approved, denied, cancelled = [await desk.submit(amount) for amount in ("0.1", "0.2", "0.3")]
    for one in (approved, denied, cancelled):
        await desk.becomes(one, "awaiting_approval")
    await desk.becomes(await desk.submit("0.4"), "risk_rejected")
    async with AsyncClient(platform.url) as people:
        waiting = [one async for one in people.approvals.list(portfolio_id=STRATEGY)]
        assert [one.intent_id for one in waiting] == [cancelled, denied, approved]
        assert {one.threshold_scope for one in waiting} == {f"portfolio {STRATEGY}"}
        said = await people.approvals.approve(approved, note="known to the desk")
        for pid in platform.role_pids("portfolio"):
            os.kill(pid, signal.SIGKILL)
        assert (await people.approvals.approve(approved)).approval_id == said.approval_id
        with pytest.raises(Conflict) as told:
            await people.approvals.deny(approved, note="too late")
        assert told.value.code == "APPROVAL_DECIDED"
        await people.approvals.deny(denied, note="too large")
        await people.intents.cancel(cancelled)
        await desk.becomes(approved, "completed")
        await desk.becomes(denied, "risk_rejected")
        await desk.becomes(cancelled, "cancelled")
        assert [one async for one in people.approvals.list(portfolio_id=STRATEGY)] == []
        with pytest.raises(Conflict):
            await people.approvals.approve(cancelled)
    expected = ["risk.approval_required", "risk.approved", "intent.accepted"]
    assert (await desk.topics(approved))[2:5] == expected
    assert (await desk.show(denied))["summary"]["reason"] == "APPROVAL_DENIED"
    assert await desk.block_reasons() == {"APPROVAL_DENIED", "OPEN_INTENTS_LIMIT"}
