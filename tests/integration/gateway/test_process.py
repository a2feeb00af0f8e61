"""`python -m gateway`: settings are checked first, a signal ends it cleanly."""

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import orjson
import pytest
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed

from gateway.http.server import bind
from tests.settings import Settings
from tests.unit.gateway.support import BODY

WAIT_SECONDS = 20


def environment_of(settings: Settings, **more: str) -> dict[str, str]:
    return (
        os.environ
        | {
            "TRADEWIND_NATS_URL": settings.nats_url,
            "TRADEWIND_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
            "TRADEWIND_REDIS_URL": settings.redis_url.get_secret_value(),
            "TRADEWIND_GATEWAY_PORT": "0",
        }
        | more
    )


@asynccontextmanager
async def started(settings: Settings, **more: str) -> AsyncIterator[tuple[Process, str]]:
    """Yield a gateway process and its host and port, which it logs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=environment_of(settings, **more), stderr=PIPE
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(WAIT_SECONDS):
            record = {"event": ""}
            while record["event"] != "listening":
                record = orjson.loads(await process.stderr.readline())
        yield process, f"{record['host']}:{record['port']}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_tells_stream_clients_and_exits_with_0(
    settings: Settings, number: signal.Signals
) -> None:
    async with started(settings) as (process, address), httpx2.AsyncClient() as client:
        async with connect_websocket(f"ws://{address}/stream", compression=None) as stream:
            await stream.send('{"action":"subscribe","topics":["*"]}')
            await stream.recv()
            response = await client.post(f"http://{address}/intents", json=BODY)
            assert response.status_code == 201
            await stream.recv()
            process.send_signal(number)
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(stream.recv(), WAIT_SECONDS)
            assert stream.close_code == 1012
            assert stream.close_reason == "the gateway restarts; resumeFrom=1"
        assert await asyncio.wait_for(process.wait(), WAIT_SECONDS) == 0


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("TRADEWIND_POSTGRES_DSN", "mysql://x", "TRADEWIND_POSTGRES_DSN is wrong"),
        ("TRADEWIND_GATEWAY_PORT", "http", "TRADEWIND_GATEWAY_PORT is wrong"),
        ("TRADEWIND_TOKENS_FILE", "/nothing/tokens.json", "TRADEWIND_TOKENS_FILE"),
        ("WS_ALLOWED_TOPICS", "nothing.*", "WS_ALLOWED_TOPICS is wrong"),
        (
            "TRADEWIND_STRATEGY_PORTFOLIOS",
            "a=b,c=d.e",
            "TRADEWIND_STRATEGY_PORTFOLIOS is wrong: 'c=d.e' is not STRATEGY=PORTFOLIO",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(
    settings: Settings, variable: str, value: str, words: str
) -> None:
    ended = run(environment_of(settings, **{variable: value}))
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith("tradewind: ")
    assert words in line


def test_missing_settings_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TRADEWIND_")
    }
    ended = run(environment | {"TRADEWIND_DATA_DIR": str(tmp_path)})
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith("tradewind: TRADEWIND_")


def test_a_port_in_use_is_one_line_and_exit_code_2(settings: Settings) -> None:
    with bind("127.0.0.1", 0) as listener:
        listener.listen()
        port = str(listener.getsockname()[1])
        ended = run(environment_of(settings, TRADEWIND_GATEWAY_PORT=port))
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1:{port}" in line


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )
