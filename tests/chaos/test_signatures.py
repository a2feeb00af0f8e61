"""Looks at what is signed: what came between two of them is known as such."""

from typing import Any

from tests.chaos.signatures import Signatures


class Tables:
    """Tables that show what a test put into them."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def fetch(self, _: str) -> list[dict[str, Any]]:
        return [{"name": name} for name in self.names]


async def test_a_look_tells_what_was_not_there_before() -> None:
    tables = Tables()
    signatures = Signatures(tables)
    tables.names = ["first"]
    assert await signatures.look() == 1
    tables.names = ["first", "second"]
    assert await signatures.look() == 2
    # a restored database has lost one of them, and has it again later
    tables.names = ["second"]
    assert await signatures.look() == 3
    tables.names = ["first", "second"]
    assert await signatures.look() == 4

    assert signatures.first_seen == {"first": 1, "second": 2}
