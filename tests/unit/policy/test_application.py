"""A policy is compared with the one in force beside other work."""

import asyncio
import threading
from typing import Any

import pytest

from tests.support.policies import document
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.trading.policy import application
from tradewind.trading.policy.changes import Change

PATIENCE_SECONDS = 60


class NoPolicy:
    """A connection to a database in which no policy was ever applied."""

    async def fetch(self, statement: str, /, *arguments: object) -> list[Any]:
        return []


async def test_who_waits_for_nobody_is_served_while_policies_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = threading.Event()

    def lasting(before: PolicyDocument, after: PolicyDocument) -> list[Change]:
        assert served.wait(PATIENCE_SECONDS), "nobody was served meanwhile"
        return []

    monkeypatch.setattr(application, "loosened_by", lasting)
    connection: Any = NoPolicy()
    wanted = document("hard: {max_notional_usd: 1000}")
    comparing = asyncio.ensure_future(application.compare(connection, wanted))
    asyncio.get_running_loop().call_soon(served.set)
    compared = await comparing
    assert len(compared.changes) == 1
