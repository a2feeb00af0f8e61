"""The steps of the smoke run. Each says what it saw, and stops with the first that is not so."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tradewind_client import Client

BASE, QUOTE, CHAIN = "WETH", "USDC", "ethereum"
KEY: Final = f"{CHAIN}-{BASE}-{QUOTE}"
HISTORY: Final = f"instrument-{KEY}"
PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.5
IN_FORCE_SECONDS: Final = 2.5
"""A change of an instrument is in force everywhere by then."""
OPEN: Final = frozenset(
    {"submitted", "screened", "awaiting_approval", "accepted", "planned", "executing"}
)

type Say = Callable[[str], None]


class SmokeFailure(Exception):
    """The platform does not do what it should; the message says what was seen."""


class Walk:
    """The steps on one platform, through its command line and its gateway."""

    def __init__(self, url: str, environment: Mapping[str, str], say: Say = print) -> None:
        self._url = url
        self._environment = dict(environment)
        self._say = say

    def run(self) -> None:
        """Do all steps."""
        self._register()
        self._see_registration()
        try:
            self._tradewind("instruments", "disable", KEY)
            time.sleep(IN_FORCE_SECONDS)
            self._trade("risk_rejected", "while it is disabled")
        finally:
            self._tradewind("instruments", "enable", KEY)
        time.sleep(IN_FORCE_SECONDS)
        self._trade("completed", "once it is enabled")

    def _register(self) -> None:
        """Register the pair, unless the platform did so by itself when it started."""
        done = self._command("instruments", "register", BASE, QUOTE)
        if done.returncode and "registered already" not in done.stderr:
            raise SmokeFailure(f"cannot register {KEY}: {done.stderr.strip()}")
        self._say(f"{KEY} is registered")

    def _see_registration(self) -> None:
        """Wait for the event, and see that there is one of it, with the key of the pair."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while not (events := self._registrations()):
            if time.monotonic() > ends:
                raise SmokeFailure(f"no instrument.registered in {HISTORY}")
            time.sleep(PAUSE_SECONDS)
        if len(events) != 1 or events[0]["key"] != {"instrument": KEY, "portfolio": "_"}:
            raise SmokeFailure(f"not one instrument.registered of {KEY}: {events}")
        self._say(f"{HISTORY} has one instrument.registered, with the key {KEY}")

    def _registrations(self) -> list[dict[str, Any]]:
        done = self._command("replay", HISTORY, "--json")
        events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
        return [one for one in events if one["topic"] == "instrument.registered"]

    def _trade(self, expected: str, when: str) -> None:
        """Submit an intent and wait for its end."""
        with Client(self._url) as client:
            shown = client.instruments.get(KEY)
            intent = {
                "strategy_id": "demo-smoke",
                "intent_type": "acquire",
                "assets": [one.model_dump(mode="json") for one in (shown.base, shown.quote)],
                "amount": "0.1",
                "constraints": {"max_slippage": "0.01", "time_window": 120},
            }
            intent_id = client.intents.submit(intent).intent_id
            ends = time.monotonic() + PATIENCE_SECONDS
            while (document := client.intents.get(intent_id)).state in OPEN:
                if time.monotonic() > ends:
                    raise SmokeFailure(f"intent {intent_id} is still {document.state}")
                time.sleep(PAUSE_SECONDS)
            reason = getattr(document, "reason", None)
        if document.state != expected:
            raise SmokeFailure(f"intent {intent_id} is {document.state} {when}: {reason}")
        self._say(f"intent {intent_id} is {document.state} {when}")

    def _tradewind(self, *words: str) -> None:
        done = self._command(*words)
        if done.returncode:
            raise SmokeFailure(f"tradewind {' '.join(words)}: {done.stderr.strip()}")
        self._say(done.stdout.strip())

    def _command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tradewind", *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
