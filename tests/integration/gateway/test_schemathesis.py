"""Schemathesis holds a real gateway against its own description: what it takes, what it answers."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from openapi_spec_validator import validate

from tests.integration.gateway.support import RunningGateway, running_gateway
from tests.integration.gateway.test_keys import asking
from tests.settings import Settings
from tests.support.keys import owned_key
from tradewind.keys.store import KeyStore
from tradewind.postgres import open_pool

__all__ = ["asking"]

ROOT = Path(__file__).parents[3]
UNLIMITED = (
    "limit_intents_per_minute",
    "limit_key_requests_per_minute",
    "limit_address_requests_per_minute",
    "limit_refusals_per_minute",
    "limit_signals_per_minute",
)
PATIENCE_SECONDS = 900
EXAMPLES = 3
WORKERS = 4
"""How many ask at once: one alone spends most of its time waiting for answers."""
LEAST_CASES = 300
CONFIGURATION = """
# What is altered is refused by tests of its own; here every request is signed as it is sent.
checks.ignored_auth.enabled = false
# No role runs here that could say what would become of an intent.
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
# What is there or not, in which state and version, is not for a schema to say.
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "401", "403", "404", "409", "412", "503"
]

# Nor are these: a token nobody registered, a key that was used, a time before another one or now.
[[operations]]
include-name = "POST /intents"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "422", "503"]

[[operations]]
include-name = "POST /intents:preview"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "422", "503"]

[[operations]]
include-name = "POST /instruments"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "409", "422", "503"]

[[operations]]
include-name = "PUT /risk/states/{scope}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "412", "422", "503"]

[[operations]]
include-name = "POST /risk/states/{scope}/tighten"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "401", "403", "409", "412", "422", "503"
]

# Nor is it that a whole number has no fraction, not even ".0".
[[operations]]
include-name = "PATCH /instruments/{name}"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "401", "403", "404", "409", "412", "422", "503"
]

[[operations]]
include-name = "PUT /risk/limits"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "401", "403", "404", "409", "412", "422", "503"
]

# Both take the document that PUT /risk/limits takes, which is tried in every form there.
[[operations]]
include-name = "POST /risk/limits/tighten"
phases.coverage.enabled = false
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "401", "403", "404", "409", "412", "422", "503"
]

[[operations]]
include-name = "POST /risk/limits:compare"
phases.coverage.enabled = false
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "422", "503"]

# Nor are these: a symbol nobody set up, a source of another's hook, a time too long ago.
[[operations]]
include-name = "POST /signals"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "422", "503"]

[[operations]]
include-name = "POST /api/v1/signals"
phases.coverage.enabled = false
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "422", "503"]

[[operations]]
include-name = "GET /models"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /agents/llm/summary"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

# Aliases lead to the same handlers, which are tried in every form at their own paths.
[[operations]]
include-path = "/api/v1/events/{signal_id}"
phases.coverage.enabled = false

[[operations]]
include-path = "/api/v1/events/{signal_id}/status"
phases.coverage.enabled = false

[[operations]]
include-path = "/api/v1/dlq"
phases.coverage.enabled = false

[[operations]]
include-path = "/api/v1/dlq/{dead_letter_id}/retry"
phases.coverage.enabled = false

# Whoever tries tokens has to wait.
[[operations]]
include-name = "POST /hooks/tradingview/{token}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "429", "503"]

[[operations]]
include-name = "GET /signals"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /api/v1/events"
phases.coverage.enabled = false
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /decisions"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /api/v1/decisions"
phases.coverage.enabled = false
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /agents/llm/telemetry"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /live/blocks"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /live/block-reasons"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /live/fills"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /events"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

[[operations]]
include-name = "GET /intents"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

# Nor are these: a dataset nobody imported, a strategy nobody installed, runs nobody asked for.
[[operations]]
include-name = "POST /backtests"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "422", "503"]
# A grid of more values than there may be is too long to be read at all.
checks.negative_data_rejection.expected-statuses = [
    "400", "401", "403", "404", "406", "413", "415", "422", "428", "429", "503"
]

[[operations]]
include-name = "GET /backtests"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /backtests/compare"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /backtests/{run_id}/equity"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /datasets"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /stats"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "503"]

# Nor are these: a cursor of no page, a time that is none, what goes with as_of only.
[[operations]]
include-name = "GET /agents/events"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /market/candles"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /market/ticks"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /as-of/{sequence}"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /intents/{intent_id}"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /plans/{plan_id}"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /positions/{strategy_id}"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /live/portfolio"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /live/positions"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "404", "409", "410", "503"
]

[[operations]]
include-name = "GET /api/v1/market/candles"
phases.coverage.enabled = false
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "503"]

[[operations]]
include-name = "GET /api/v1/market/ticks"
phases.coverage.enabled = false
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "503"]

[[operations]]
include-name = "POST /whatif"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "400", "401", "403", "409", "422", "503"
]
"""
PUT_LIMITS = 'include-name = "PUT /risk/limits"\n'
READS_AT_RANDOM = """
[[operations]]
include-method = "GET"
phases.coverage.enabled = false
"""
SAME_DOCUMENTS = (
    CONFIGURATION.replace(PUT_LIMITS, PUT_LIMITS + "phases.coverage.enabled = false\n")
    + READS_AT_RANDOM
)
"""What a document or a read looks like is judged without keys, and is no other question with one:
with a key, every form is tried of what changes something, and of all others some at random."""


async def test_the_gateway_is_as_it_describes_itself(
    running: RunningGateway, tmp_path: Path
) -> None:
    await judge(running, tmp_path)


async def test_so_is_one_that_asks_for_keys(asking: Settings, tmp_path: Path) -> None:
    """Given a key that may do everything, and limits that never bite."""
    owned = owned_key()
    settings = asking.model_copy(update=dict.fromkeys(UNLIMITED, 0))
    pool = await open_pool(asking.postgres_dsn.get_secret_value(), max_size=1)
    try:
        await KeyStore(pool).add(owned.key)
    finally:
        await pool.close()
    async with running_gateway(settings) as running:
        hooks = {
            "SCHEMATHESIS_HOOKS": "tests.integration.gateway.schemathesis_keys",
            "TRADEWIND_API_KEY": owned.text.text,
            "PYTHONPATH": str(ROOT),
        }
        await judge(running, tmp_path, SAME_DOCUMENTS, **hooks)
        assert (await running.client.get("/intents")).status_code == 401


async def judge(
    running: RunningGateway,
    directory: Path,
    configuration: str = CONFIGURATION,
    **environment: str,
) -> None:
    """Have Schemathesis ask for everything the description has."""
    description = (await running.client.get("/openapi.json")).json()
    validate(description)
    (directory / "schemathesis.toml").write_text(configuration)
    command = [str(Path(sys.executable).with_name("schemathesis"))]
    command += ["--config-file", "schemathesis.toml", "run", f"{running.url}/openapi.json"]
    command += ["--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1"]
    command += ["--continue-on-failure", "--no-color", "--workers", str(WORKERS)]
    judging = await asyncio.create_subprocess_exec(
        *command, cwd=directory, env=os.environ | environment, stdout=PIPE, stderr=STDOUT
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        output, _ = await judging.communicate()
    assert judging.returncode == 0, output.decode()
    found = re.search(r"(\d+) generated, (\d+) passed", output.decode())
    assert found is not None, output.decode()
    assert int(found[1]) == int(found[2]) >= LEAST_CASES
