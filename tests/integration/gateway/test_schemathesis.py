"""Schemathesis holds a real gateway against its own description: what it takes, what it answers."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from openapi_spec_validator import validate

from tests.integration.gateway.support import RunningGateway

PATIENCE_SECONDS = 240
EXAMPLES = 8
LEAST_CASES = 300
CONFIGURATION = """
[[operations]]
include-method = "POST"
include-path = "/intents"
# A token nobody registered and a key that was used are refused, whatever a schema can say.
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "422", "429", "503"]
"""


async def test_the_gateway_is_as_it_describes_itself(
    running: RunningGateway, tmp_path: Path
) -> None:
    description = (await running.client.get("/openapi.json")).json()
    validate(description)
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    command = [str(Path(sys.executable).with_name("schemathesis"))]
    command += ["--config-file", "schemathesis.toml", "run", f"{running.url}/openapi.json"]
    command += ["--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1"]
    command += ["--continue-on-failure", "--no-color"]
    judging = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=PIPE, stderr=STDOUT
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        output, _ = await judging.communicate()
    assert judging.returncode == 0, output.decode()
    found = re.search(r"(\d+) generated, (\d+) passed", output.decode())
    assert found is not None, output.decode()
    assert int(found[1]) == int(found[2]) >= LEAST_CASES
