"""The examples of docs/contracts/authentication.md run as they stand."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.gateway.support import running_gateway
from tests.settings import Settings
from tests.support.keys import SEAL_KEY, owned_key
from tests.unit.gateway.support import BODY
from tradewind.keys.model import KeyKind
from tradewind.keys.store import KeyStore
from tradewind.postgres import open_pool

PAGE = Path(__file__).parents[3] / "docs" / "contracts" / "authentication.md"


def example(language: str, first_words: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    (found,) = (one for one in blocks if one.startswith(first_words))
    return str(found)


async def run(*command: str, body: str = "", **environment: str) -> str:
    """Return what a program prints."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate(body.encode())
    assert process.returncode == 0
    return output.decode()


@pytest.fixture
def asking(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings of a gateway that asks for keys."""
    seal = tmp_path / "seal"
    seal.write_text(SEAL_KEY.hex())
    return settings.model_copy(update={"gateway_auth": "on", "key_seal_file": seal})


async def test_a_shell_and_python_sign_by_hand(asking: Settings, tmp_path: Path) -> None:
    shell, program = example("sh", "# hmac.sh"), example("python", "# sign.py")
    by_hmac, by_ed25519 = owned_key(KeyKind.HMAC), owned_key(KeyKind.ED25519)
    pool = await open_pool(asking.postgres_dsn.get_secret_value(), max_size=1)
    for owned in (by_hmac, by_ed25519):
        await KeyStore(pool).add(owned.key)
    await pool.close()
    body = json.dumps(BODY)
    async with running_gateway(asking) as running:
        secret = {"KEY": by_hmac.text.text, "URL": running.url}
        page = json.loads(await run("bash", "-c", shell, "-", "GET", "/intents?limit=1", **secret))
        assert page["items"] == []
        created: dict[str, Any] = {}

        async def submit() -> dict[str, Any]:
            answer = await run("bash", "-c", shell, "-", "POST", "/intents", body, **secret)
            return dict(json.loads(answer))

        for _ in range(20):  # Redis has just begun to remember, so the first may be 503
            created = await submit()
            if "intent_id" in created:
                break
            assert created["code"] == "AUTHENTICATION_UNAVAILABLE"
            await asyncio.sleep(0.2)
        assert created["state"] == "submitted"
        path = tmp_path / "bot.key"
        path.write_text(by_ed25519.text.text + "\n")
        line = await run(
            sys.executable, "-c", program, "POST", "/intents", body=body, KEY_FILE=str(path)
        )
        name, _, value = line.strip().partition(": ")
        headers = {name: value, "Content-Type": "application/json"}
        answer = await running.client.post("/intents", content=body, headers=headers)
        assert answer.status_code == 201, answer.text
