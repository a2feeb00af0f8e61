"""Reads the wallet's journal while orchestrators write it."""

from dataclasses import dataclass
from typing import Any

import asyncpg


@dataclass(frozen=True)
class LiveJournal:
    """Reads the journal's tables with a connection of its own each time."""

    dsn: str

    async def transactions(self, condition: str = "true") -> list[dict[str, Any]]:
        """Return the rows of the wallet's transactions, by nonce."""
        return await self.fetch(f"SELECT * FROM slots WHERE {condition} ORDER BY nonce")

    async def attempts(self) -> list[dict[str, Any]]:
        """Return the rows of all attempts."""
        return await self.fetch("SELECT * FROM generations ORDER BY nonce, generation")

    async def has_transactions(self, how_many: int, condition: str) -> bool:
        """Return whether so many transactions are in a state."""
        return len(await self.transactions(condition)) >= how_many

    async def has_attempts(self, how_many: int) -> bool:
        """Return whether so many attempts were signed."""
        return len(await self.attempts()) >= how_many

    async def is_underpriced(self) -> bool:
        """Return whether a node called every attempt underpriced."""
        answers = [one["broadcast_answer"] for one in await self.attempts()]
        return bool(answers) and all(answer.startswith("underpriced") for answer in answers)

    async def has_reorgs(self, how_many: int) -> bool:
        """Return whether so many reorgs were noted."""
        return len(await self.fetch("SELECT * FROM reorgs")) >= how_many

    async def has_followed(self, how_many: int) -> bool:
        """Return whether so many events wait for the chain."""
        return len(await self.fetch("SELECT event_id FROM followed_events")) >= how_many

    async def gives_out(self, nonce: int) -> bool:
        """Return whether this is the next nonce the wallet gives out."""
        return bool(await self.fetch(f"SELECT FROM wallets WHERE next_nonce = {nonce}"))

    async def is_halted(self) -> bool:
        """Return whether the wallet gives out no nonce."""
        return bool(await self.fetch("SELECT * FROM wallets WHERE halted_at IS NOT NULL"))

    async def fetch(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return [dict(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def execute(self, statement: str) -> None:
        """Change something behind the orchestrators' back."""
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
