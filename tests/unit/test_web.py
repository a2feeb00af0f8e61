"""The dashboard's own tests pass: it folds recorded histories exactly as the platform does."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tradewind import CHECKOUT

WEB: Final = CHECKOUT / "web"
PATIENCE_SECONDS: Final = 600


@pytest.mark.skipif(
    shutil.which("npm") is None or not Path(WEB, "node_modules").exists(),
    reason="no Node.js >= 20.19 with npm: there is no dashboard to test",
)
def test_the_dashboards_own_tests_pass() -> None:
    ran = subprocess.run(
        ["npm", "run", "--silent", "test"],
        cwd=WEB,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
