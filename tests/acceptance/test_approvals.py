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


async def test_people_answer_for_what_is_large_and_the_rest_goes_on(
    platform: Platform, client: httpx2.AsyncClient, threshold: None
) -> None:
    """Given three that wait and fill the cap, then each ends as somebody says, and once."""

    async def is_in(intent_id: str, state: str) -> bool:
        document: dict[str, Any] = (await client.get(f"/intents/{intent_id}")).json()
        return document.get("state") == state

    async def submit(amount: str) -> str:
        answer = await client.post("/intents", json=intent(STRATEGY, amount=amount))
        answer.raise_for_status()
        return str(answer.json()["intent_id"])

    async def becomes(intent_id: str, state: str) -> None:
        await wait_until(lambda: is_in(intent_id, state), f"{intent_id} to be {state}")

    async def is_settled(intent_id: str) -> bool:
        budget = (await client.get(f"/live/risk-budget?portfolio_id={STRATEGY}")).json()
        status = {one["id"]: one["status"] for one in budget["allocations"]}
        return status.get(intent_id) == "used"

    small = await submit("0.01")
    # Until then it takes room of the cap.
    await wait_until(lambda: is_settled(small), f"{small} to be settled")
    approved, denied, cancelled = [await submit(amount) for amount in ("0.1", "0.2", "0.3")]
    for one in (approved, denied, cancelled):
        await becomes(one, "awaiting_approval")
    beyond_the_cap = await submit("0.4")
    await becomes(beyond_the_cap, "risk_rejected")
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
        await becomes(approved, "completed")
        await becomes(denied, "risk_rejected")
        await becomes(cancelled, "cancelled")
        assert [one async for one in people.approvals.list(portfolio_id=STRATEGY)] == []
        with pytest.raises(Conflict):
            await people.approvals.approve(cancelled)
    history = (await client.get(f"/intents/{approved}/events")).json()["items"]
    assert [one["topic"] for one in history[2:5]] == [
        "risk.approval_required",
        "risk.approved",
        "intent.accepted",
    ]
    refused = (await client.get(f"/intents/{denied}")).json()["summary"]
    assert refused["reason"] == "APPROVAL_DENIED"
    blocks = (await client.get(f"/live/blocks?portfolio_id={STRATEGY}")).json()["items"]
    assert {one["reason"] for one in blocks} == {"APPROVAL_DENIED", "OPEN_INTENTS_LIMIT"}
