"""The clock of a process jumps, and nothing else of the process changes."""

import struct
import subprocess
import sys
from pathlib import Path

from tests.test_tidy import ROOT

SHIFT_SECONDS = 3_600.0
SCRIPT = """
import struct, sys, time
from datetime import UTC, datetime
from pathlib import Path
path = Path(sys.argv[1])
path.write_bytes(struct.pack("d", 0.0))
sys.argv = ["", str(path), "gateway"]
import runpy
def ask(name, **_):
    from gateway.submission import intents as submission
    before = submission.clock.now()
    path.write_bytes(struct.pack("d", float(sys.stdin.read())))
    after = submission.clock.now()
    print((after - before).total_seconds(), (after - datetime.now(UTC)).total_seconds())
    print(time.time() - datetime.now(UTC).timestamp())
runpy.run_module = ask
from tests.chaos import jumping_clock
jumping_clock.main()
"""


def test_the_clock_jumps_while_the_process_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "shift")],
        input=str(SHIFT_SECONDS),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    for seconds in map(float, done.stdout.split()):
        assert abs(seconds - SHIFT_SECONDS) < 60
    assert struct.unpack("d", (tmp_path / "shift").read_bytes()) == (SHIFT_SECONDS,)
