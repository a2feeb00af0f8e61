"""PostgreSQL plans in containers as it does where it is embedded."""

from pathlib import Path

import yaml

from tradewind.operations.embedded.postgres_server import SETTINGS

COMPOSE = Path(__file__).parents[3] / "compose" / "docker-compose.yml"
PLANNING = ("jit", "random_page_cost")


def test_statements_are_planned_as_by_the_embedded_server() -> None:
    program, *options = yaml.safe_load(COMPOSE.read_text())["services"]["postgres"]["command"]
    assert program == "postgres"
    assert options == [word for name in PLANNING for word in ("-c", f"{name}={SETTINGS[name]}")]
