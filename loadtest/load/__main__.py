"""`make load`: runs a profile against a platform, without a window, and reports.

It starts a platform of its own, on paper and with limits, unless --url names another.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from loadtest.bench.processes import cpu_seconds
from loadtest.bench.report import RESULTS_DIRECTORY
from loadtest.load.locustfile import LOCUSTFILE, PROFILE_VARIABLE
from loadtest.load.portfolios import apply_limits, refusals
from loadtest.load.profiles import PROFILES, Profile
from loadtest.load.report import Sample, show
from loadtest.load.settling import unsettled
from loadtest.platform import CROWDED, Platform, running_platform

SAMPLE_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.5
SPARE_SECONDS: Final = 120.0
"""How much longer than its profile a run may take before it is ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    profile = PROFILES[options.profile]
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(f"{options.profile}: {profile.purpose}; {profile.seconds:.0f} s")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        platform, url = None, options.url
        if url is None:
            platform = stack.enter_context(running_platform(directory / "data", CROWDED))
            url = platform.url
            apply_limits(platform)
        report = options.report or _report_path(options.profile)
        started_at = datetime.now(UTC)
        with _sampled(platform) as samples:
            code = _run_locust(options.profile, profile, url, directory, report)
        left = unsettled(url, profile.sends)
        is_right = show(profile, directory, samples, left, refusals(url, started_at), console)
    console.print(f"report: {report}")
    return 0 if code in (0, 1) and is_right else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make load ARGS=…", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="sustained")
    parser.add_argument("--url", help="a running platform; keys come from TRADEWIND_API_KEY")
    parser.add_argument("--report", type=Path, help="where the HTML goes")
    return parser.parse_args(arguments)


def _report_path(name: str) -> Path:
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    return RESULTS_DIRECTORY / f"load-{name}-{moment}.local.html"


def _run_locust(name: str, profile: Profile, url: str, directory: Path, report: Path) -> int:
    """Return Locust's exit code: 1 says that there were failures."""
    command = [sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE), "--headless"]
    command += ["--host", url, "--html", str(report), "--csv", str(directory / "run")]
    command += ["--csv-full-history", "--only-summary", "--loglevel", "WARNING"]
    environment = {**os.environ, PROFILE_VARIABLE: name}
    with (directory / "locust.log").open("wb") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            return _wait(running, profile)
        finally:
            running.kill()
            running.wait()


def _wait(running: subprocess.Popen[bytes], profile: Profile) -> int:
    """Return the exit code; TimeoutExpired when it does not end in time."""
    started = time.monotonic()
    stages = len(profile.stages)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("starting", total=profile.seconds)
        while running.poll() is None:
            elapsed = time.monotonic() - started
            if elapsed > profile.seconds + SPARE_SECONDS:
                raise subprocess.TimeoutExpired(running.args, elapsed)
            if (found := profile.at(elapsed)) is not None:
                number, stage = found
                text = f"stage {number + 1} of {stages}: {stage.per_minute:.0f}/min"
                progress.update(bar, completed=elapsed, description=text)
            time.sleep(POLL_SECONDS)
    return int(running.returncode)


@contextmanager
def _sampled(platform: Platform | None) -> Iterator[list[Sample]]:
    """Yield a list that grows by what every process used so far, each second."""
    samples: list[Sample] = []
    is_over = threading.Event()

    def sample() -> None:
        while platform is not None and not is_over.wait(SAMPLE_SECONDS):
            samples.append(Sample(time.time(), cpu_seconds(platform)))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        is_over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
