"""Roles are shown with their processes, their lag and what they gave up."""

from typing import Any

from tradewind_client.platform_calls import list_roles

from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_records import dead_letter
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.roles import worker_roles
from tradewind.contracts.system.process_report import LoopReport, ProcessReport
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts
from tradewind.runtime.broker_stats import Lag


async def ask(gateway: GatewayHarness) -> Any:
    async with gateway.client() as client:
        answer = await client.get("/roles")
    assert answer.status_code == 200, answer.text
    list_roles().read(answer.content)
    return answer.json()


def group_of(roles: Any, role: str) -> Any:
    (group,) = next(one for one in roles["items"] if one["role"] == role)["queue_groups"]
    return group


async def test_a_role_has_processes_loops_and_lag() -> None:
    gateway = GatewayHarness()
    gateway.consumers.found = {
        "risk-workers": Lag(3, 2, 9, 1, 16),
        "planner-workers": None,
    }
    loop = LoopReport(loop="planning", silent_ms=12, is_stalled=False)
    gateway.processes.take("planner", ProcessReport(process="one", loops=(loop,)))
    roles = await ask(gateway)
    assert [one["role"] for one in roles["items"]] == worker_roles()
    risk = group_of(roles, "risk")
    assert (risk["queue_group"], risk["order"], risk["topics"]) == (
        "risk.workers",
        "portfolio",
        ["intent.submitted"],
    )
    assert (risk["status"], risk["consumers"]) == ("active", 16)
    assert (risk["pending"], risk["ack_pending"], risk["redelivered"]) == (3, 2, 1)
    planner = next(one for one in roles["items"] if one["role"] == "planner")
    assert (planner["status"], planner["processes"]) == ("alive", 1)
    assert [one["loop"] for one in planner["loops"]] == ["planning"]
    assert group_of(roles, "planner")["status"] == "missing"
    orchestrator = group_of(roles, "orchestrator")
    assert (orchestrator["status"], orchestrator["pending"]) == ("unknown", None)


async def test_what_was_given_up_is_told_by_group() -> None:
    gateway = GatewayHarness()
    gateway.ledger.letters = [dead_letter(6, "resolved"), dead_letter(7), dead_letter(8)]
    roles = await ask(gateway)
    assert group_of(roles, "planner")["open_dead_letters"] == 2
    assert group_of(roles, "risk")["open_dead_letters"] == 0
    planner = next(one for one in roles["items"] if one["role"] == "planner")
    assert planner["last_dead_letter"]["dead_letter_id"] == dead_letter(7).dead_letter_id
    assert roles["backlogs"] == {
        "parked": 0,
        "oldest_parked_seconds": "1.500",
        "quarantined": 0,
        "open_dead_letters": 2,
        "stalled": 0,
    }


async def test_a_key_of_some_accounts_sees_roles_and_not_what_they_gave_up() -> None:
    owned = owned_key(accounts=Accounts(("alpha",)))
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        keyed.gateway.ledger.letters = [dead_letter(7)]
        roles = (await client.get("/roles", auth=Signing(owned))).json()
    assert roles["backlogs"] is None
    assert {one["last_dead_letter"] is None for one in roles["items"]} == {True}
    assert group_of(roles, "planner")["open_dead_letters"] is None


async def test_a_broker_that_is_silent_leaves_numbers_open() -> None:
    gateway = GatewayHarness()
    gateway.consumers.error = TransientError("silent")
    roles = await ask(gateway)
    assert {group_of(roles, "risk")["status"], group_of(roles, "planner")["status"]} == {"unknown"}


async def test_a_ledger_that_is_away_is_told() -> None:
    gateway = GatewayHarness()
    gateway.ledger.error = TransientError("away")
    async with gateway.client() as client:
        check_problem(await client.get("/roles"), 503, "READ_UNAVAILABLE")
