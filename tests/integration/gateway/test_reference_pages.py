"""What the reference pages say holds: their client runs, their tables are complete."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

from gateway.http.problems import ProblemCode
from gateway.stream import closes
from gateway.stream.closes import Close
from tests.integration.gateway.support import RunningGateway, until

PAGES = Path(__file__).parents[3] / "docs" / "contracts"
REST = (PAGES / "rest.md").read_text()
WEBSOCKET = (PAGES / "websocket.md").read_text()


def rows(page: str) -> Iterator[list[str]]:
    for line in page.splitlines():
        if line.startswith("|"):
            yield [cell.strip(" `") for cell in line.strip("|").split("|")]


def test_every_problem_is_listed_with_its_status() -> None:
    listed = {row[0]: row[1] for row in rows(REST) if re.fullmatch(r"[A-Z_]{5,}", row[0])}
    assert listed == {code.name: str(code.status) for code in ProblemCode}


def test_every_close_of_the_gateway_is_listed() -> None:
    listed = {row[0] for row in rows(WEBSOCKET)}
    codes = {str(one.code) for one in vars(closes).values() if isinstance(one, Close)}
    assert codes - {str(closes.CLIENT_LEFT.code)} <= listed


async def test_the_client_of_the_page_misses_nothing_over_a_restart(
    running: RunningGateway, tmp_path: Path
) -> None:
    """Given the page's client: its connection is closed half way, and it prints every event."""
    [program] = re.findall(r"```python\n(.*?)```", WEBSOCKET, re.DOTALL)
    script = tmp_path / "follow.py"
    script.write_text(program)
    url = running.url.replace("http", "ws") + "/stream"
    follower = await asyncio.create_subprocess_exec(sys.executable, script, url, stdout=PIPE)
    try:
        clients = running.hub._clients
        await until(lambda: any(len(one.interest) for one in clients))
        await running.publish(range(5))
        running.hub.close()
        await running.publish(range(5, 10))
        assert follower.stdout is not None
        async with asyncio.timeout(20):
            lines = [(await follower.stdout.readline()).decode() for _ in range(10)]
    finally:
        follower.kill()
        await follower.communicate()
    assert [line.split()[:2] for line in lines] == [
        [str(sequence), "intent.submitted"] for sequence in range(1, 11)
    ]
