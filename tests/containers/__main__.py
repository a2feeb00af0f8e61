"""`python -m tests.containers`: the image and the compose file as they are, run under podman."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tradewind_client import Client
from tradewind_client.errors import TradewindError

from tests.containers.deployment import TOOLS, Deployment, in_a_mount_namespace
from tests.containers.images import build_all
from tests.containers.podman import NoContainers, Podman, PodmanFailed
from tests.support.requests import intent
from tests.support.waiting import block_until
from tradewind import CHECKOUT
from tradewind.contracts.roles import ROLES
from tradewind.operations.processes.ports import free_port

GRACE_SECONDS: Final = 20.0
PRODUCT_USER: Final = "10001:10001"
DONE: Final = "completed"


def main() -> int:
    """Return 0 when everything held or nothing can run here, 1 otherwise."""
    options = _parse()
    # Whatever ends this, its containers end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    podman = Podman(options.store.resolve())
    try:
        podman.prepare()
        if not in_a_mount_namespace():
            raise NoContainers("no containers: run it by `make container-test`")
    except NoContainers as reason:
        print(f"SKIPPED: {reason}")
        return int(options.strict)
    directory = Path(tempfile.mkdtemp(prefix="tradewind-containers-"))
    deployment = Deployment(podman, directory, free_port())
    problems: list[str] = []
    try:
        _say("building images")
        build_all(podman)
        deployment.prepare()
        deployment.down()
        with deployment.checking_health():
            problems = _exercise(deployment, options.rate, options.seconds)
    except (NoContainers, PodmanFailed, TimeoutError) as error:
        problems = [str(error), *_last_words(deployment)]
    finally:
        deployment.down()
        shutil.rmtree(directory)
    print("\n".join(problems))
    print(f"FAILED: {len(problems)}" if problems else "PASSED: the deployment runs")
    return int(bool(problems))


def _exercise(deployment: Deployment, per_second: float, seconds: float) -> list[str]:
    """Start, trade, lose a replica, scale and stop; return what was wrong."""
    _say("starting the compose file")
    key = deployment.start()
    problems = _hardening(deployment)
    _say("every role is healthy")
    load = Load(deployment.url, key, per_second)
    with load.running():
        time.sleep(seconds / 3)
        problems += _lose_and_scale(deployment)
        time.sleep(seconds / 3)
    outcomes = load.outcomes()
    _say(f"{len(load.sent)} intents: {dict(outcomes)}, {load.refused} refused")
    if (
        not load.sent
        or outcomes[DONE] < len(load.sent) / 2
        or sum(outcomes.values()) != len(load.sent)
    ):
        problems.append(f"of {len(load.sent)} intents there ended {dict(outcomes)}")
    return problems + _stop(deployment)


def _lose_and_scale(deployment: Deployment) -> list[str]:
    """Kill a replica under load, have it replaced, and add one."""
    before = deployment.containers("planner")
    if len(before) != 2:
        return [f"there are {len(before)} planners, not 2"]
    deployment.kill(before[0])
    deployment.up("planner")
    block_until(lambda: len(deployment.containers("planner")) == len(before), "it was replaced")
    deployment.up("planner", scale=f"planner={len(before) + 1}")
    deployment.wait_healthy(["planner"])
    found = deployment.containers("planner")
    _say(f"{before[0]} was killed and replaced; now there are {', '.join(found)}")
    wanted = len(before) + 1
    return [] if len(found) == wanted else [f"{len(found)} planners, not {wanted}"]


def _hardening(deployment: Deployment) -> list[str]:
    """Return what a container of ours may do and should not."""
    found = []
    for role in ROLES:
        for name in deployment.containers(role):
            document = deployment.inspect(name)
            host, user = document["HostConfig"], document["Config"]["User"]
            facts = {
                "a writable root": not host["ReadonlyRootfs"],
                "capabilities": bool(document["EffectiveCaps"]),
                "new privileges": "no-new-privileges" not in "".join(host["SecurityOpt"]),
                "memory without a limit": not host["Memory"],
                "processes without a limit": not 0 < host["PidsLimit"] < 1_000,
                "another user": user != PRODUCT_USER,
            }
            found += [f"{name} has {what}" for what, is_so in facts.items() if is_so]
    return found


def _stop(deployment: Deployment) -> list[str]:
    """Stop every role cleanly; return those that did not within their grace period."""
    problems = []
    slowest = 0.0
    for role in ROLES:
        for name in deployment.containers(role):
            seconds, exit_code = deployment.stop(name)
            slowest = max(slowest, seconds)
            if exit_code or seconds > GRACE_SECONDS:
                problems.append(f"{name} stopped after {seconds:.1f} s with exit code {exit_code}")
    _say(
        f"every role stopped cleanly, the slowest in {slowest:.1f} s" if not problems else "stopped"
    )
    return problems


def _last_words(deployment: Deployment) -> list[str]:
    """Return the end of the logs of what is not running as it should."""
    shown = deployment.podman.run("ps", "--all", "--format", "{{.Names}} {{.Status}}", check=False)
    names = [line.split()[0] for line in shown.splitlines()]
    logs = [deployment.podman.run("logs", "--tail", "3", name, check=False) for name in names]
    return [shown, *map(": ".join, zip(names, logs, strict=True))]


class Load:
    """Sends intents at a rate from a thread, and remembers their ids."""

    def __init__(self, url: str, key: str, per_second: float) -> None:
        self._client = Client(url, key)
        self._pause_seconds = 1 / per_second
        self._stopped = threading.Event()
        self.sent: list[str] = []
        self.refused = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send until the block ends."""
        thread = threading.Thread(target=self._send_all)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def outcomes(self) -> Counter[str]:
        """Wait for the end of every intent; return how many ended how."""
        ended: Counter[str] = Counter()
        for intent_id in self.sent:
            ended[self._client.intents.wait(intent_id, timeout_seconds=120).state] += 1
        return ended

    def _send_all(self) -> None:
        number = 0
        while not self._stopped.wait(self._pause_seconds):
            number += 1
            body: dict[str, Any] = intent(f"container-{number}", amount="0.01")
            try:
                self.sent.append(self._client.intents.submit(body).intent_id)
            except TradewindError:
                self.refused += 1


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.containers", description=__doc__)
    parser.add_argument("--rate", type=float, default=2.0, help="intents per second (2)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of load (30)")
    parser.add_argument("--strict", action="store_true", help="fail where nothing can run")
    parser.add_argument(
        "--store",
        type=Path,
        default=CHECKOUT / ".tradewind" / "containers",
        help="keeps images there, for the next run",
    )
    return parser.parse_args()


if __name__ == "__main__":
    os.environ["PATH"] = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    sys.exit(main())
