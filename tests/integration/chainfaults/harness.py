"""Runs several orchestrators on one wallet, and audits the orders they execute."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.integration.chainfaults.blocks import NEVER, Blocks, running_blocks
from tests.integration.chainfaults.ledger_and_book import coordinating, settling_book
from tests.integration.chainfaults.live_journal import LiveJournal
from tests.integration.chainfaults.orders import PlannedOrder, plan_orders
from tests.settings import Settings
from tests.support import canary
from tests.support.canary import Canary
from tests.support.settlement.audit import ENDED, Evidence, Order, problems
from tests.support.settlement.chain_record import Balances, ChainRecord, chain_record
from tests.support.settlement.platform_record import (
    count_set_aside,
    read_histories,
    read_journal,
    read_stream,
)
from tests.support.waiting import wait_until
from tradewind.contracts.intents.cancellation import cancel_request
from tradewind.contracts.roles import ORCHESTRATOR_WORKERS
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.upkeep.cancel_requests import CancelRequests
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.operations.processes.child import ChildProcess, Program
from tradewind.operations.processes.fork_client import ForkClient
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, Publisher, connect, declare_streams
from tradewind.trading.chain.rpc_client import RpcClient

READY: Final = b'"ready"'
PATIENCE_SECONDS: Final = 180.0
REDELIVERED_AFTER_SECONDS: Final = 3
STOP_SECONDS: Final = 15.0
KEY_VARIABLE: Final = "TRADEWIND_WALLET_KEY"
OURS: Final = ("TRADEWIND_", "ETH_RPC_URL", "CHAIN_ID", "PLATFORM_")
BRISK: Final = {
    "TRADEWIND_REBROADCAST_AFTER_SECONDS": "0.5",
    "TRADEWIND_TEND_INTERVAL_MS": "100",
    "TRADEWIND_FOREIGN_GRACE_SECONDS": "1",
    "TRADEWIND_RPC_TIMEOUT_SECONDS": "1",
}


@dataclass
class WalletHarness:
    """One wallet, its orchestrators and its orders."""

    settings: Settings
    chain: DevChain
    client: RpcClient
    record: ChainRecord
    blocks: Blocks
    connection: NatsConnection
    publisher: Publisher
    canary: Canary
    directory: Path
    """The directory of the logs."""
    store: Path
    """The store of NATS."""
    before: Balances
    environment: dict[str, str]
    forks: ForkClient
    workers: dict[str, ChildProcess] = field(default_factory=dict)
    placed: list[PlannedOrder] = field(default_factory=list)
    redelivered_after_seconds: int = REDELIVERED_AFTER_SECONDS
    """Messages of a dead process are redelivered to another process after this."""

    @property
    def node(self) -> DevelopmentNode:
        """A client of the chain's development methods."""
        return self.blocks.node

    @property
    def dsn(self) -> str:
        """The DSN of the database, with all privileges."""
        return self.settings.postgres_dsn.get_secret_value()

    @property
    def journal(self) -> LiveJournal:
        """A reader of the wallet's journal, without a cache."""
        return LiveJournal(self.dsn)

    @property
    def orders(self) -> list[Order]:
        """The orders placed so far."""
        return [placed.order for placed in self.placed]

    def launch(self, *names: str, failpoints: str = "", **environment: str) -> None:
        """Start orchestrators by name, or start them again; do not wait."""
        for name in names:
            everything = self.environment | environment
            if failpoints:
                everything["TRADEWIND_FAILPOINTS"] = failpoints
            log = self.directory / f"{name}.log"
            log.unlink(missing_ok=True)
            command = [sys.executable, "-m", "actors", "orchestrator"]
            program = Program(command, log, environment=everything)
            self.workers[name] = self.forks.start_program(program)

    async def start(self, *names: str, failpoints: str = "", **environment: str) -> None:
        """Start orchestrators and wait until they take messages."""
        self.launch(*names, failpoints=failpoints, **environment)
        await self.start_is_over()

    async def start_is_over(self) -> None:
        """Wait until every launched orchestrator takes messages."""
        await wait_until(
            lambda: all(map(self._is_ready, self.workers)), "the orchestrators are ready"
        )
        await self.redeliver_after(self.redelivered_after_seconds)

    async def redeliver_after(self, seconds: int) -> None:
        """Change after how long the messages of a dead process are redelivered."""
        self.redelivered_after_seconds = seconds
        jetstream = self.connection.jetstream
        durable = ORCHESTRATOR_WORKERS.durable
        config = (await jetstream.consumer_info(EVENTS_STREAM, durable)).config
        assert config is not None
        await jetstream.add_consumer(EVENTS_STREAM, config, ack_wait=seconds)

    def _is_ready(self, name: str) -> bool:
        log = self.directory / f"{name}.log"
        text = log.read_bytes() if log.exists() else b""
        is_dead = self.workers[name].poll() is not None
        assert not is_dead or name in self.dead(), text.decode()
        return is_dead or READY in text

    def kill(self, *names: str) -> None:
        """Kill orchestrators with SIGKILL."""
        for name in names:
            self.workers[name].kill()
            self.workers[name].wait()

    def dead(self) -> list[str]:
        """Return the names of the killed orchestrators."""
        return [name for name, one in self.workers.items() if one.poll() == -signal.SIGKILL]

    async def place(self, how_many: int, **terms: Any) -> list[Order]:
        """Have that many orders planned and published; `terms` as for plan_orders."""
        planned = await plan_orders(self.client, self.chain.deployment, how_many, **terms)
        await self.publish(planned)
        return [one.order for one in planned]

    async def publish(self, planned: Sequence[PlannedOrder]) -> None:
        """Publish histories up to their plans."""
        self.placed += planned
        await self.publisher.publish_all(event for one in planned for event in one.events)

    async def cancel(self, order: Order, *, asks: str = "key-1", is_heard: bool = True) -> None:
        """Ask for an order's intent to be cancelled, as the gateway does."""
        (opening, *_) = next(one.events for one in self.placed if one.order == order)
        request = cancel_request(opening, asks, datetime.now(UTC))
        pool = await open_pool(self.dsn, max_size=1)
        try:
            await CancelRequests(pool).accept(request)
        finally:
            await pool.close()
        if is_heard:
            await self.publisher.publish_all([request])

    async def topics(self, order: Order) -> list[str]:
        """Return the topics of an order's history so far."""
        histories = await read_histories(self.dsn, [order.correlation_id])
        return [row["topic"] for row in histories[order.correlation_id]]

    async def payloads(self, topic: str) -> dict[str, dict[str, Any]]:
        """Return the last payload of a topic by plan."""
        histories = await read_histories(self.dsn, [one.correlation_id for one in self.orders])
        return {
            row["payload"]["planId"]: row["payload"]
            for rows in histories.values()
            for row in rows
            if row["topic"] == topic
        }

    async def outcomes(self) -> dict[str, str]:
        """Return by plan how its order ended: `completed`, or what failed."""
        completed, failed, signed = [
            await self.payloads(topic)
            for topic in ("exec.completed", "exec.failed", "exec.step_signed")
        ]
        told = {one.plan_id: "signed" if one.plan_id in signed else "" for one in self.orders}
        told |= dict.fromkeys(completed, "completed")
        return told | {
            plan: f"{one['reason']} {one['proof']}: {one['detail']}" for plan, one in failed.items()
        }

    async def has_completed(self, *orders: Order) -> bool:
        """Return whether these orders, or all, completed; AssertionError names a violation.

        All evidence is compared with the chain first.
        """
        assert await self.problems() == []
        outcomes = await self.outcomes()
        wanted = orders or self.orders
        assert {outcomes[one.plan_id] for one in wanted} == {"completed"}, outcomes
        return True

    async def are_completed(self, orders: Sequence[Order]) -> bool:
        """Return whether these orders are recorded as completed by now."""
        return {one.plan_id for one in orders} <= set(await self.payloads("exec.completed"))

    async def has_mined(self, how_many: int) -> bool:
        """Return whether so many of the wallet's transactions are on the chain."""
        return len(await self.record.mined(self.before.block_number)) >= how_many

    async def stop_mining(self) -> None:
        """Stop mining by itself; from here on a block is mined only on demand."""
        await self.node.mine_every(NEVER)
        self.blocks.interval_seconds = 0

    async def wallet(self, *arguments: str) -> str:
        """Run `tradewind wallet`, which gets no key, and return what it printed."""
        environment = {
            name: value for name, value in self.environment.items() if name != KEY_VARIABLE
        }
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("tradewind")),
            "wallet",
            *arguments,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        return output.decode()

    async def settled_by_the_living(self) -> None:
        """Wait until every transaction is settled, while messages of the dead stay undelivered.

        So the living orchestrators have to settle what others signed.
        """
        assert self.redelivered_after_seconds == NEVER
        await wait_until(self._is_settled, "every nonce is settled without a redelivery")
        await self.redeliver_after(REDELIVERED_AFTER_SECONDS)

    async def _is_settled(self) -> bool:
        return not await self.journal.transactions("settled_at IS NULL")

    async def is_ended(self) -> bool:
        """Return whether every history has ended and every transaction is settled."""
        histories = await read_histories(self.dsn, [one.correlation_id for one in self.orders])
        ended = [rows for rows in histories.values() if rows[-1]["topic"] in ENDED]
        return len(ended) == len(self.placed) and not await self.journal.transactions(
            "settled_at IS NULL"
        )

    async def ended(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until every order has ended and every transaction is settled."""
        try:
            await wait_until(self.is_ended, "every order has ended", seconds=patience_seconds)
        except TimeoutError:
            told = [await self.topics(order) for order in self.orders]
            open_transactions = await self.journal.transactions("settled_at IS NULL")
            raise TimeoutError(
                f"orders: {[topics[-1:] for topics in told]}, open: {open_transactions}, "
                f"halted: {await self.journal.is_halted()}"
            ) from None

    async def evidence(self, foreign: Sequence[str] = ()) -> Evidence:
        """Return the present state of chain, ledger, stream and journal."""
        return Evidence(
            orders=self.orders,
            before=self.before,
            after=await self.record.balances(list(self.before.tokens)),
            mined=await self.record.mined(self.before.block_number),
            histories=await read_histories(self.dsn, [one.correlation_id for one in self.orders]),
            stream=await read_stream(self.settings.nats_url),
            journal=await read_journal(self.dsn, self.canary.address),
            set_aside=await count_set_aside(self.dsn),
            foreign=foreign,
        )

    async def problems(self, foreign: Sequence[str] = ()) -> list[str]:
        """Return all violations in the present state."""
        return problems(await self.evidence(foreign))

    @staticmethod
    def problems_of(evidence: Evidence) -> list[str]:
        """Return all violations in this evidence."""
        return problems(evidence)

    async def stop(self) -> None:
        """Terminate every orchestrator, with SIGKILL where it is stopped."""
        running = [one for one in self.workers.values() if one.poll() is None]
        for one in running:
            one.send_signal(signal.SIGTERM)
            one.send_signal(signal.SIGCONT)
        with contextlib.suppress(TimeoutError):
            await wait_until(
                lambda: all(one.poll() is not None for one in running),
                "they end",
                seconds=STOP_SECONDS,
            )
        for one in running:
            if one.poll() is None:
                one.kill()
                one.wait()

    async def leaks(self) -> list[str]:
        """Return where the wallet's key can be found."""
        found = list(canary.in_files(self.canary, self.directory))
        found += canary.in_files(self.canary, self.store)
        found += await canary.in_database(self.canary, self.dsn)
        return found + canary.in_redis(self.canary, self.settings.redis_url.get_secret_value())


@asynccontextmanager
async def open_harness(
    settings: Settings,
    chain: DevChain,
    own: Canary,
    directory: Path,
    store: Path,
    forks: ForkClient,
    *,
    interval_seconds: float | None = None,
    at_once: bool = False,
) -> AsyncIterator[WalletHarness]:
    """Run blocks, a coordinator and a book; at the end stop every orchestrator, look for the key.

    Without an interval transactions are mined at once; with one they are, too, if `at_once`.
    """
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(RpcClient([chain.rpc_url]))
        record = await stack.enter_async_context(chain_record(chain.rpc_url, own.address))
        before = await record.balances([token.address for token in chain.deployment.tokens])
        connection = await stack.enter_async_context(await connect(settings.nats_url, name="drill"))
        await declare_streams(connection)
        blocks = await stack.enter_async_context(
            running_blocks(DevelopmentNode(client), interval_seconds, at_once=at_once)
        )
        await stack.enter_async_context(coordinating(settings, connection))
        await stack.enter_async_context(settling_book(settings, connection))
        one = WalletHarness(
            settings=settings,
            chain=chain,
            client=client,
            record=record,
            blocks=blocks,
            connection=connection,
            publisher=Publisher(connection),
            canary=own,
            directory=directory,
            store=store,
            before=before,
            environment=_environment(settings, chain.rpc_url, own),
            forks=forks,
        )
        stack.push_async_callback(one.publisher.close)
        async with _stopped_without_leaks(one):
            yield one


@asynccontextmanager
async def _stopped_without_leaks(one: WalletHarness) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await one.stop()
    assert await one.leaks() == []


def _environment(settings: Settings, rpc_url: str, own: Canary) -> dict[str, str]:
    clean: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if not name.startswith(OURS)
    }
    return {
        **clean,
        **BRISK,
        "TRADEWIND_NATS_URL": settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
        "TRADEWIND_REDIS_URL": settings.redis_url.get_secret_value(),
        KEY_VARIABLE: own.key,
        "PLATFORM_MOCK_CHAIN": "false",
        "ETH_RPC_URL": rpc_url,
        "CHAIN_ID": "31337",
    }
