"""Keys on real servers: made by the command line, good at once, gone within a second."""

import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from gateway.bootstrap import open_services
from tests.integration.gateway.support import running_gateway
from tests.integration.gateway.test_process import environment_of
from tests.settings import Settings
from tests.support.canary import Canary, in_databases, in_environments, in_redis
from tests.support.keys import SEAL_KEY, OwnedKey, Signing, owned_key
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tests.unit.gateway.support import BODY
from tradewind.errors import ConfigurationError
from tradewind.failpoints import ACTIONS, InjectedFault
from tradewind.keys.key_text import KeyText, parse_key
from tradewind.keys.store import KeyStore
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import open_pool

REVOKED_WITHIN_SECONDS = 10
"""Far more than the half second it takes, for a machine that is busy."""


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[KeyStore]:
    """Return the store of keys of the gateway's database."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=1)
    yield KeyStore(pool)
    await pool.close()


@pytest.fixture
def asking(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings of a gateway that asks for keys."""
    seal = tmp_path / "seal"
    seal.write_text(SEAL_KEY.hex())
    return settings.model_copy(update={"gateway_auth": "on", "key_seal_file": seal})


def tradewind(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    environment = environment_of(settings)
    if settings.key_seal_file is not None:
        environment["TRADEWIND_KEY_SEAL_FILE"] = str(settings.key_seal_file)
    command = [sys.executable, "-m", "tradewind", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )


async def ended(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(tradewind, settings, *words)


def test_a_key_is_shown_once_and_lists_show_none(asking: Settings, tmp_path: Path) -> None:
    for kind in ("ed25519", "hmac", "bearer"):
        created = tradewind(asking, "keys", "create", f"bot-{kind}", "--kind", kind)
        assert created.returncode == 0, created.stderr
        key = parse_key(created.stdout.strip())
        assert created.stdout.strip() not in created.stderr
        for words in (("list",), ("list", "--json"), ("show", key.key_id)):
            shown = tradewind(asking, "keys", *words)
            assert key.key_id in shown.stdout
            assert key.text not in shown.stdout + shown.stderr
    path = tmp_path / "bot.key"
    created = tradewind(asking, "keys", "create", "bot", "--output", str(path))
    assert (created.stdout, created.returncode) == ("", 0)
    assert parse_key(path.read_text().strip()).key_id in created.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = tradewind(asking, "keys", "create", "bot", "--output", str(path))
    assert again.returncode == 1
    assert "File exists" in again.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("create", "bot", "--kind", "bearer", "--scope", "trade"), "may only read"),
        (("create", "a bot"), "name"),
        (("create", "bot", "--from", "10.0.0.1/8"), "from"),
        (("create", "bot", "--strategy", "a b"), "strategies"),
        (("create", "bot", "--expires", "2020-01-01"), "expires"),
        (("create", "bot", "--public-key", __file__), "public key"),
        (("revoke", "0" * 16), "no key has the id"),
        (("rotate", "0" * 16), "no key has the id"),
        (("show", "nothing"), "no key has the id"),
    ],
)
def test_a_wrong_command_is_one_line(
    asking: Settings, words: tuple[str, ...], complaint: str
) -> None:
    result = tradewind(asking, "keys", *words)
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("tradewind: ")
    assert complaint in line


def test_without_a_seal_there_are_no_hmac_keys(settings: Settings) -> None:
    result = tradewind(settings, "keys", "create", "bot", "--kind", "hmac")
    assert result.returncode == 1
    assert "TRADEWIND_KEY_SEAL_FILE" in result.stderr


def test_a_private_key_may_stay_where_it_was_made(asking: Settings, tmp_path: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    for command in (
        ["genpkey", "-algorithm", "ed25519", "-out", str(private)],
        ["pkey", "-in", str(private), "-pubout", "-out", str(public)],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    created = tradewind(asking, "keys", "create", "bot", "--public-key", str(public))
    assert created.returncode == 0, created.stderr
    assert len(created.stdout.strip()) == 16


async def test_a_revoked_key_is_gone_within_a_second(asking: Settings, store: KeyStore) -> None:
    keeper, owned = owned_key(), owned_key()
    await store.add(keeper.key)
    async with running_gateway(asking) as running:
        await store.add(owned.key)
        signing = Signing(owned)
        assert (await running.client.get("/intents", auth=signing)).status_code == 200
        result = await ended(asking, "keys", "revoke", owned.key_id)
        assert result.returncode == 0, result.stderr

        async def is_refused() -> bool:
            answer = await running.client.get("/intents", auth=signing)
            return answer.status_code == 401

        await wait_until(is_refused, seconds=REVOKED_WITHIN_SECONDS)


async def test_a_rotated_key_goes_on_for_a_while(asking: Settings, tmp_path: Path) -> None:
    created = await ended(asking, "keys", "create", "bot", "--scope", "read", "--scope", "trade")
    old = parse_key(created.stdout.strip())
    rotated = await ended(asking, "keys", "rotate", old.key_id, "--overlap-hours", "1")
    new = parse_key(rotated.stdout.strip())
    async with running_gateway(asking) as running:
        ids = set()
        for text in (old, new):
            signing = Signing(OwnedKey(replace(owned_key().key, kind=text.kind), text))
            answer = await running.client.post(
                "/intents", json=BODY, headers={"Idempotency-Key": "1"}, auth=signing
            )
            assert answer.status_code == 201, answer.text
            ids.add(answer.json()["intent_id"])
        assert len(ids) == 1
        at_once = await ended(asking, "keys", "rotate", new.key_id, "--overlap-hours", "0")
        assert at_once.returncode == 0
        signing = Signing(OwnedKey(replace(owned_key().key, kind=new.kind), new))

        async def is_refused() -> bool:
            return (await running.client.get("/intents", auth=signing)).status_code == 401

        await wait_until(is_refused, seconds=REVOKED_WITHIN_SECONDS)


async def test_a_request_counts_once_at_all_processes(asking: Settings, store: KeyStore) -> None:
    owned = owned_key()
    await store.add(owned.key)
    async with running_gateway(asking) as one, running_gateway(asking) as other:
        targets = ["/intents?limit=1", "/%69ntents?limit=1", "/intents?limit=%31"]
        for target in targets:
            header = {"Authorization": owned.authorization("GET", target)}
            answers = await asyncio.gather(
                *(
                    process.client.get(process.url + target, headers=header)
                    for process in (one, other)
                    for _ in range(5)
                )
            )
            statuses = sorted(answer.status_code for answer in answers)
            assert statuses == [200] + [401] * 9


async def test_a_session_is_known_to_all_processes(asking: Settings, store: KeyStore) -> None:
    owned = owned_key()
    await store.add(owned.key)
    async with running_gateway(asking) as one, running_gateway(asking) as other:
        answer = await one.client.post("/sessions", auth=Signing(owned))
        assert answer.status_code == 201
        cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        for process in (one, other):
            async with httpx2.AsyncClient(base_url=process.url) as client:
                assert (await client.get("/intents", headers=cookie)).status_code == 200
        ours = {"Sec-Fetch-Site": "same-origin"}
        ended = await one.client.delete("/sessions", headers=cookie | ours)
        assert ended.status_code == 204

        async def is_refused() -> bool:
            async with httpx2.AsyncClient(base_url=other.url) as client:
                return (await client.get("/intents", headers=cookie)).status_code == 401

        await wait_until(is_refused, seconds=REVOKED_WITHIN_SECONDS)


async def test_a_gateway_that_must_ask_for_keys_and_has_none_does_not_start(
    asking: Settings,
) -> None:
    with pytest.raises(ConfigurationError, match="tradewind keys create"):
        async with open_services(asking):
            pass


@pytest.mark.parametrize(
    ("mode", "words"), [("auto", "tradewind keys create"), ("off", "TRADEWIND_GATEWAY_AUTH is off")]
)
def test_outside_of_loopback_nobody_is_believed_without_a_key(
    settings: Settings, mode: str, words: str
) -> None:
    environment = environment_of(
        settings, TRADEWIND_GATEWAY_HOST="0.0.0.0", TRADEWIND_GATEWAY_AUTH=mode
    )
    command = [sys.executable, "-m", "gateway"]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert result.returncode == 2
    [line] = [one for one in result.stderr.splitlines() if one.startswith("tradewind: ")]
    assert words in line


async def test_no_secret_is_in_logs_answers_stores_and_process_lists(
    asking: Settings, servers: Servers, tmp_path: Path
) -> None:
    """Given keys of every kind, used rightly and wrongly, then nothing holds their secrets but the
    files they were written to."""
    keys = {}
    for kind in ("ed25519", "hmac", "bearer"):
        path = tmp_path / f"{kind}.key"
        result = await ended(asking, "keys", "create", kind, "--kind", kind, "--output", str(path))
        assert result.returncode == 0, result.stderr
        keys[kind] = parse_key(path.read_text().strip())
    log = tmp_path / "gateway.log"
    environment = environment_of(
        asking, TRADEWIND_GATEWAY_AUTH="on", TRADEWIND_KEY_SEAL_FILE=str(asking.key_seal_file)
    )
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", env=environment, stderr=stream
        )
        try:
            await wait_until(lambda: b'"listening"' in log.read_bytes())
            port = log.read_text().partition('"port":')[2].partition("}")[0].partition(",")[0]
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port.strip()}") as client:
                answers = [answer for text in keys.values() for answer in await used(text, client)]
            found = in_environments(Canary(keys["hmac"].secret), {"gateway": process.pid})
        finally:
            process.terminate()
            await process.wait()
    for text in keys.values():
        canary = Canary(text.secret)
        encoded = text.text.split("_")[3][:43].encode()
        found += await in_databases(canary, asking.postgres_dsn.get_secret_value())
        found += in_redis(canary, servers.redis_url)
        found += [f"log: {form}" for form in canary.in_bytes(log.read_bytes())]
        found += ["answer: base 62"] if encoded.decode() in "".join(answers) else []
        found += ["log: base 62"] if encoded in log.read_bytes() else []
        found += ["database: base 62"] if encoded in await dump(asking) else []
    assert found == []


async def used(text: KeyText, client: httpx2.AsyncClient) -> list[str]:
    """Return the answers to a key that is used rightly and in every wrong way."""
    owned = OwnedKey(replace(owned_key().key, kind=text.kind), text)
    right = owned.authorization("GET", "/intents")
    headers = (right, f"Bearer {text.text}", f"Basic {text.text}", text.text)
    return [
        *[(await client.get("/intents", headers={"Authorization": one})).text for one in headers],
        (await client.get(f"/intents?{text.text}", auth=Signing(owned))).text,
        (await client.get(f"/{text.text[:24]}", auth=Signing(owned))).text,
    ]


async def dump(settings: Settings) -> bytes:
    """Return all that the tables of keys hold, as text."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=1)
    try:
        rows = [
            row
            for table in ("keys", "key_sessions", "key_audit")
            for row in await pool.fetch(f"SELECT t::text FROM {table} AS t")
        ]
        return "\n".join(row[0] for row in rows).encode()
    finally:
        await pool.close()


async def test_an_exception_nobody_expects_does_not_end_the_reading_of_keys(
    asking: Settings, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals: list[None] = []

    def plant() -> None:
        arrivals.append(None)
        if len(arrivals) == 2:
            raise InjectedFault("keys")

    keeper, owned = owned_key(), owned_key()
    await store.add(keeper.key)
    monkeypatch.setitem(ACTIONS, "loop.keys", plant)
    async with running_gateway(asking) as running:
        await wait_until(lambda: len(arrivals) >= 3)
        await store.add(owned.key)
        answer = await running.client.get("/intents", auth=Signing(owned))
        assert answer.status_code == 200
