"""A running platform, as somebody outside sees and disturbs it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from loadtest.platform import RUNTIME_FILE, Platform
from tests.support.waiting import block_until

NEVER_SECONDS: Final = 3_600
BLOCK_SECONDS: Final = 1


class RecordingFailed(Exception):
    """A history did not take the course its scenario is about."""


@dataclass
class RecordingHarness:
    """What a recording does to a platform."""

    platform: Platform
    client: httpx2.Client

    def command(self, *arguments: str) -> str:
        """Run `tradewind ...` beside the platform and return what it prints."""
        executable = str(Path(sys.executable).with_name("tradewind"))
        environment = os.environ | {"TRADEWIND_DATA_DIR": str(self.platform.data_directory)}
        finished = subprocess.run(
            [executable, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if finished.returncode:
            raise RecordingFailed(f"{arguments}: {finished.stderr or finished.stdout}")
        return finished.stdout

    def submit(self, body: Mapping[str, Any]) -> str:
        """Post an intent and return its id."""
        answer = self.client.post("/intents", json=body)
        if answer.status_code != 201:
            raise RecordingFailed(answer.text)
        intent_id: str = answer.json()["intent_id"]
        return intent_id

    def cancel(self, intent_id: str) -> None:
        """Ask for an intent to be cancelled."""
        answer = self.client.post(f"/intents/{intent_id}/cancel")
        if answer.status_code != 202:
            raise RecordingFailed(answer.text)

    def events(self, intent_id: str) -> list[dict[str, Any]]:
        """Return a history so far."""
        answer = self.client.get(f"/intents/{intent_id}/events")
        return list(answer.json()["items"]) if answer.is_success else []

    def topics(self, intent_id: str) -> list[str]:
        """Return the topics of a history so far."""
        return [event["topic"] for event in self.events(intent_id)]

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Return as soon as something is so."""
        try:
            block_until(condition, what)
        except TimeoutError as error:
            raise RecordingFailed(str(error)) from None

    @contextmanager
    def stopped(self, role: str) -> Iterator[None]:
        """Keep the processes of a role from doing anything."""
        pids = self.platform.role_pids(role)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def slots(self, intent_id: str) -> list[dict[str, Any]]:
        """Return the swaps of an intent that are open in the wallet's journal."""
        plan_ids = [
            event["payload"]["planId"]
            for event in self.events(intent_id)
            if event["topic"] == "plan.created"
        ]
        slots = map(json.loads, self.command("wallet", "slots", "--json").splitlines())
        return [one for one in slots if one["plan_id"] in plan_ids and one["purpose"] == "swap"]

    def node(self, method: str, *parameters: object) -> None:
        """Call a method of the platform's own chain."""
        status = json.loads((self.platform.data_directory / RUNTIME_FILE).read_bytes())
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        answer = httpx2.post(status["chain"]["rpc"], json=request).json()
        if "error" in answer:
            raise RecordingFailed(f"{method}: {answer['error']}")

    @contextmanager
    def mining_stopped(self) -> Iterator[None]:
        """Let transactions wait."""
        self.node("evm_setIntervalMining", NEVER_SECONDS)
        try:
            yield
        finally:
            self.node("evm_setIntervalMining", BLOCK_SECONDS)
