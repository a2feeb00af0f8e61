"""Explores what every build explores and more: `python -m tests.unit.portfolio_protocol`."""

import sys
import time

from tests.unit.portfolio_protocol.exploration import explore
from tests.unit.portfolio_protocol.scenarios import IN_EVERY_BUILD, ON_REQUEST


def main() -> int:
    """Print the number of states of each exploration; return 1 when one found a violation."""
    scenarios = {name: scenario for name, (_, scenario) in IN_EVERY_BUILD.items()}
    scenarios.update(ON_REQUEST)
    total, violations = 0, 0
    for name, scenario in scenarios.items():
        started = time.perf_counter()
        found = explore(scenario)
        seconds = time.perf_counter() - started
        print(f"{found.states:>9,} states {seconds:>6.0f} s  {name}", flush=True)
        total += found.states
        if found.violated:
            violations += 1
            print(f"    {found.violated}: {', '.join(found.path)}", flush=True)
    print(f"{total:>9,} states, {violations} violations")
    return min(violations, 1)


if __name__ == "__main__":
    sys.exit(main())
