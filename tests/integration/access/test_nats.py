"""What every user of the broker may publish, listen to and ask, and what it may not.

The tables below were written by hand, from who has what to do; they are not read from the product.
"""

import json

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import NotFoundError

from tests.integration.access.client import Visitor
from tests.integration.access.conftest import Visit
from tradewind.contracts.registry import TOPICS
from tradewind.errors import TransientError
from tradewind.operations.access.identities import Identity
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import connect, declare_streams
from tradewind.runtime.connection import BrokerUnreachable
from tradewind.runtime.queries import Questions, answering
from tradewind.runtime.streams import StreamsMissing

PERPS = "instrument.candles_observed instrument.perp_observed "
OBSERVATIONS = "instrument.tokens_observed instrument.pool_observed instrument.market_observed "
PUBLISHES = {
    "gateway": "signal.received signal.approval_answered intent.submitted "
    "intent.cancel_requested portfolio.close_requested "
    "risk.approval_answered system.trading_state_changed wallet.reconcile_requested "
    "backtest.requested backtest.sweep_requested",
    "feeds": "",
    "enricher": "signal.enriched signal.rejected " + PERPS,
    "evaluator": "decision.made signal.evaluated",
    "desk": "intent.submitted decision.concluded signal.marked",
    "risk": "risk.screened risk.rejected intent.expired intent.cancelled " + OBSERVATIONS,
    "portfolio": "risk.approval_required risk.approved risk.rejected intent.accepted "
    "intent.expired intent.cancelled portfolio.opened portfolio.updated",
    "planner": "plan.created plan.rejected intent.expired intent.cancelled " + OBSERVATIONS,
    "orchestrator": "exec.started exec.step_signed exec.step_submitted exec.step_filled "
    "exec.step_reorged exec.completed exec.failed intent.expired intent.cancelled "
    "intent.cancel_noted " + OBSERVATIONS,
    "coordinator": "",
    "market": "",
    "recorder": "",
    "historian": "",
    "treasury": "wallet.registered wallet.transaction_settled wallet.reconciled",
    "backtester": "backtest.requested backtest.progressed backtest.completed backtest.failed "
    "backtest.cancelled backtest.sweep_progressed backtest.sweep_completed",
    "strategist": "",
    "sweeper": "signal.received signal.enriched signal.evaluated "
    "intent.submitted risk.screened intent.accepted plan.created exec.step_signed "
    "exec.step_submitted exec.step_filled exec.step_reorged intent.cancel_requested "
    "system.dead_letter_retried system.dead_letter_resolved risk.approval_answered "
    "instrument.registered instrument.updated portfolio.funded portfolio.close_requested "
    "system.risk_limits_defined system.risk_limits_applied system.trading_state_changed "
    "wallet.reconcile_requested wallet.resumed backtest.requested backtest.progressed "
    "backtest.sweep_requested backtest.sweep_progressed",
}
REPORTS = (
    *("gateway", "feeds", "enricher", "evaluator", "desk"),
    *("risk", "portfolio", "planner", "orchestrator"),
    *(
        "coordinator",
        "market",
        "sweeper",
        "treasury",
        "recorder",
        "historian",
        "backtester",
        "strategist",
    ),
)
"""Who says of itself that it lives."""
HEARS_REPORTS = {"gateway"}
ANSWERS = {
    "query.preview.risk": "risk",
    "query.preview.portfolio": "portfolio",
    "query.preview.plan": "planner",
}
"""Who answers the gateway's questions."""
TICK = "market.tick.ethereum-WETH-USDC"
"""Who follows pools or perpetuals says what they are worth."""
BUCKETS = {"market": {"POOL_SNAPSHOTS"}, "feeds": {"PERP_SNAPSHOTS"}, "backtester": {"STRATEGIES"}}
DURABLES = {
    "enricher": {"EVENTS.enricher-workers"},
    "evaluator": {"EVENTS.evaluator-workers"},
    "desk": {"EVENTS.desk-workers"},
    "risk": {f"EVENTS.risk-workers-k{number:02}" for number in range(32)},
    "portfolio": {f"EVENTS.portfolio-workers-p{number:02}" for number in range(32)},
    "planner": {"EVENTS.planner-workers"},
    "orchestrator": {"EVENTS.orchestrator-workers"},
    "backtester": {"EVENTS.backtester-workers", "EVENTS.backtester-sweeps"},
    "coordinator": {"EVENTS.coordinator", "DEAD_LETTERS.coordinator"},
    "recorder": {"MARKET.recorder"},
}
FILTERS = {
    f"EVENTS.{partition}{number:02}": f".{topic}.*.*.*.{number}"
    for partition, topic in (
        ("risk-workers-k", "intent.submitted"),
        ("portfolio-workers-p", "risk.screened"),
    )
    for number in range(32)
}
"""The one filter with which the durable of a partition may be created."""
STREAMS = (
    "EVENTS",
    "DEAD_LETTERS",
    "KV_POOL_SNAPSHOTS",
    "KV_PERP_SNAPSHOTS",
    "MARKET",
    "KV_STRATEGIES",
)
MEASURE = ("gateway", "sweeper")
"""Who looks how far the consumers are behind."""
USERS = sorted(PUBLISHES)
EVERY_DURABLE = set().union(*DURABLES.values())
MANAGEMENT = [
    *(
        f"$JS.API.STREAM.{verb}.{stream}"
        for verb in (
            *("CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE", "SNAPSHOT", "RESTORE"),
            *("LEADER.STEPDOWN", "PEER.REMOVE"),
        )
        for stream in STREAMS
    ),
    *(f"$JS.API.CONSUMER.NAMES.{stream}" for stream in STREAMS),
    *(f"$JS.API.CONSUMER.LIST.KV_{bucket}" for bucket in ("POOL_SNAPSHOTS", "STRATEGIES")),
    *(f"$JS.API.DIRECT.GET.{stream}" for stream in STREAMS),
    *("$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$JS.API.ACCOUNT.PURGE.$G"),
    *("$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.STREAM.MSG.GET.DEAD_LETTERS"),
    *("$JS.API.CONSUMER.CREATE.EVENTS", "$JS.API.CONSUMER.CREATE.DEAD_LETTERS"),
    *("$SYS.REQ.SERVER.PING", "$JS.API.META.LEADER.STEPDOWN", "elsewhere"),
]


@pytest.mark.parametrize("who", USERS)
async def test_a_role_publishes_its_own_topics_only(visit: Visit, who: str) -> None:
    topics = {f"{topic}.ethereum-WETH-USDC.demo" for topic in TOPICS}
    own = {f"{topic}.ethereum-WETH-USDC.demo" for topic in PUBLISHES[who].split()}
    unknown = {
        f"{domain}.invented.a.b" for domain in ("signal", "exec", "system", "portfolio", "wallet")
    }
    visitor = await visit(who)
    assert own <= topics
    assert await visitor.refused_to_publish(topics | unknown) == (topics | unknown) - own


@pytest.mark.parametrize("who", USERS)
async def test_a_role_writes_its_own_buckets_and_dead_letters_only(visit: Visit, who: str) -> None:
    values = {"$KV.POOL_SNAPSHOTS.some.key": "POOL_SNAPSHOTS"}
    letters = {
        f"dead_letter.{durable}": durable
        for durable in (
            *("risk-workers", "portfolio-workers", "planner-workers", "orchestrator-workers"),
            "coordinator",
        )
    }
    own = {subject for subject, bucket in values.items() if bucket in BUCKETS.get(who, ())}
    own |= {subject for subject, durable in letters.items() if durable == f"{who}-workers"}
    own |= {TICK} if who in ("market", "feeds") else set()
    all_subjects = {*values, *letters, TICK}
    visitor = await visit(who)
    assert await visitor.refused_to_publish(all_subjects) == all_subjects - own


@pytest.mark.parametrize("who", [*USERS, "operator"])
async def test_a_process_reports_under_its_own_role_only(visit: Visit, who: str) -> None:
    subjects = {f"process.alive.{role}" for role in REPORTS}
    visitor = await visit(who)
    own = {f"process.alive.{who}"} & subjects
    assert await visitor.refused_to_publish(subjects) == subjects - own
    refused = await visitor.refused_to_subscribe({"process.alive.*"})
    assert bool(refused) != (who in HEARS_REPORTS)


@pytest.mark.parametrize("who", [*USERS, "operator"])
async def test_questions_go_from_the_gateway_to_the_role_they_are_for(
    visit: Visit, who: str
) -> None:
    visitor = await visit(who)
    asked = await visitor.refused_to_publish(ANSWERS)
    assert asked == (set() if who == "gateway" else set(ANSWERS))
    own = {subject for subject, role in ANSWERS.items() if role == who}
    assert await visitor.refused_to_subscribe(set(ANSWERS)) == set(ANSWERS) - own


@pytest.mark.parametrize("who", [*USERS, "operator"])
async def test_the_coordinator_tells_the_orchestrator_of_plans_and_nobody_else(
    visit: Visit, who: str
) -> None:
    visitor = await visit(who)
    told = await visitor.refused_to_publish({"recorded.plan"})
    assert bool(told) != (who == "coordinator")
    heard = await visitor.refused_to_subscribe({"recorded.plan"})
    assert bool(heard) != (who == "orchestrator")


async def shout(question: bytes) -> bytes:
    return question.upper()


@pytest.mark.parametrize("subject", ANSWERS)
async def test_who_is_asked_may_answer_once_and_write_nowhere_else(
    servers: Servers, streams: str, subject: str
) -> None:
    """Given a question, then its one answer arrives, and nobody can write into an inbox unasked."""
    gateway_url = servers.url("nats", Identity("gateway"))
    role_url = servers.url("nats", Identity(ANSWERS[subject]))
    async with (
        await connect(gateway_url, name="asks") as gateway,
        await connect(role_url, name="answers") as role,
    ):
        async with answering(role, subject, shout):
            await role.flush()
            questions = Questions(gateway, timeout_seconds=5)
            assert await questions.ask(subject, b"why") == b"WHY"
        inbox = await gateway.client.subscribe("_INBOX.gateway.unasked")
        await gateway.flush()
        await role.client.publish("_INBOX.gateway.unasked", b"listen")
        await role.flush()
        with pytest.raises(NatsTimeoutError):
            await inbox.next_msg(timeout=0.5)
        assert "_inbox.gateway.unasked" in role.refused.lower()


@pytest.mark.parametrize("who", [*USERS, "operator"])
async def test_nobody_but_the_administrator_manages_streams(visit: Visit, who: str) -> None:
    visitor = await visit(who)
    assert await visitor.refused_to_publish(MANAGEMENT) == set(MANAGEMENT)


@pytest.mark.parametrize("who", [*USERS, "operator"])
async def test_who_measures_lists_the_consumers_of_streams(visit: Visit, who: str) -> None:
    visitor = await visit(who)
    lists = {f"$JS.API.CONSUMER.LIST.{stream}" for stream in ("EVENTS", "DEAD_LETTERS", "MARKET")}
    refused = await visitor.refused_to_publish(lists)
    assert refused == (set() if who in MEASURE else lists)


@pytest.mark.parametrize("who", [*USERS, "operator"])
async def test_a_role_has_to_do_with_its_own_durable_only(visit: Visit, who: str) -> None:
    asked = {
        f"{subject}{suffix}": durable
        for durable in EVERY_DURABLE
        for subject, suffix in (
            (f"$JS.API.CONSUMER.CREATE.{durable}", ""),
            (f"$JS.API.CONSUMER.CREATE.{durable}", ".>"),
            (f"$JS.API.CONSUMER.CREATE.{durable}", FILTERS.get(durable, "")),
            (f"$JS.API.CONSUMER.DURABLE.CREATE.{durable}", ""),
            (f"$JS.API.CONSUMER.MSG.NEXT.{durable}", ""),
            (f"$JS.API.CONSUMER.DELETE.{durable}", ""),
            (f"$JS.API.CONSUMER.PAUSE.{durable}", ""),
            (f"$JS.ACK.{durable}", ".1.1.1.1.1"),
            (f"$JS.ACK.hub.account.{durable}", ".1.1.1.1.1.random"),
        )
    }
    visitor = await visit(who)
    allowed = set(asked) - await visitor.refused_to_publish(asked)
    assert {asked[subject] for subject in allowed} == DURABLES.get(who, set())
    verbs = {subject.split(".")[3] for subject in allowed if subject.startswith("$JS.API")}
    assert "DURABLE" not in verbs
    assert "PAUSE" not in verbs
    assert ("DELETE" in verbs) == (who == "coordinator")


@pytest.mark.parametrize("who", [*USERS, "operator"])
async def test_a_user_hears_only_the_answers_to_itself(visit: Visit, who: str) -> None:
    others = {f"_INBOX.{other}.>" for other in (*USERS, "operator", "tradewind") if other != who}
    topics = {"intent.>", "exec.>", "dead_letter.>", "$KV.>", "$JS.>", "$SYS.>", ">", "_INBOX.>"}
    visitor = await visit(who)
    wanted = others | topics | {f"_INBOX.{who}.>"}
    assert await visitor.refused_to_subscribe(wanted) == others | topics


@pytest.mark.parametrize("role", ["planner", "risk", "portfolio"])
async def test_a_role_cannot_widen_what_its_durable_brings(visit: Visit, role: str) -> None:
    visitor = await visit(role)
    durable = {"planner": "planner-workers", "risk": "risk-workers-k00"}.get(
        role, f"{role}-workers-p00"
    )
    for name, filters in (("", []), (".>", [">"]), (".exec.>", ["exec.>"])):
        config = {"name": durable, "durable_name": durable, "ack_policy": "explicit"}
        body = {"stream_name": "EVENTS", "config": config | {"filter_subjects": filters}}
        subject = f"$JS.API.CONSUMER.CREATE.EVENTS.{durable}{name}"
        assert await visitor.ask(subject, json.dumps(body).encode()) is None


async def test_the_gateway_cannot_take_over_a_durable_by_naming_it_inside(visit: Visit) -> None:
    planner, gateway = await visit("planner"), await visit("gateway")
    name = "planner-workers"
    config = {"name": name, "durable_name": name, "ack_policy": "explicit"}
    config["filter_subject"] = "intent.accepted.>"
    body = json.dumps({"stream_name": "EVENTS", "config": config}).encode()
    own = f"$JS.API.CONSUMER.CREATE.EVENTS.{name}.intent.accepted.>"
    assert b'"error"' not in (await planner.ask(own, body) or b'"error"')
    stolen = json.dumps({"stream_name": "EVENTS", "config": config | {"filter_subject": "x.>"}})
    answer = await gateway.ask("$JS.API.CONSUMER.CREATE.EVENTS.tail-1", stolen.encode())
    assert answer is not None
    assert b'"error"' in answer
    assert await gateway.ask("$JS.API.CONSUMER.CREATE.EVENTS", stolen.encode()) is None


@pytest.mark.parametrize("who", ["gateway", "orchestrator", "market"])
async def test_the_broker_publishes_nothing_for_somebody_who_may_not(
    visit: Visit, who: str
) -> None:
    """Given bytes a user may write, then no request has the broker send them as another's event."""
    visitor, owner = await visit(who), await visit("administrator")
    written = {
        "gateway": ("EVENTS", "intent.submitted.a.b"),
        "orchestrator": ("EVENTS", "exec.started.a.b"),
        "market": ("KV_POOL_SNAPSHOTS", "$KV.POOL_SNAPSHOTS.key"),
    }
    stream, subject = written[who]
    await visitor.client.publish(subject, b"forged")
    await owner.client.subscribe("risk.approved.>")  # deliveries need somebody who listens
    last = json.dumps({"last_by_subj": subject}).encode()
    forged = "risk.approved.a.b"
    for request, body in (
        (f"$JS.API.DIRECT.GET.{stream}", last),
        (f"$JS.API.DIRECT.GET.{stream}.{subject}", b""),
        (f"$JS.API.STREAM.MSG.GET.{stream}", last),
    ):
        await visitor.ask_for(request, body, forged)
    for request, config in (
        (f"$JS.API.CONSUMER.CREATE.{stream}", {"deliver_subject": forged}),
        (f"$JS.API.CONSUMER.CREATE.{stream}.mine", {"deliver_subject": forged, "name": "mine"}),
        (f"$JS.API.CONSUMER.CREATE.{stream}.pulled", {"name": "pulled"}),
    ):
        wanted = {"stream_name": stream, "config": {"ack_policy": "none", **config}}
        await visitor.ask(request, json.dumps(wanted).encode())
    await visitor.ask_for(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.pulled", b"", forged)
    assert b"forged" not in await stored(owner, forged)


async def test_an_operator_sends_a_dead_letter_again_wherever_it_came_from(visit: Visit) -> None:
    visitor = await visit("operator")
    topics = {f"{topic}.a.b" for topic in TOPICS} | {"intent.unreadable.a.b"}
    assert await visitor.refused_to_publish(topics) == set()


async def test_a_role_that_finds_no_streams_says_whose_business_that_is(
    servers: Servers, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tradewind.contracts.roles import Role
    from tradewind.operations.access.identities import Identity

    monkeypatch.setattr("tradewind.runtime.connection.API_TIMEOUT_SECONDS", 0.3)
    url = servers.url("nats", Identity(Role.PLANNER))
    async with await connect(url, name="test") as connection:
        with pytest.raises(StreamsMissing, match=r"stream\.create\.events"):
            await declare_streams(connection)
    assert issubclass(StreamsMissing, TransientError)


async def test_nobody_gets_in_without_a_password_and_none_is_told(servers: Servers) -> None:
    address = servers.processes["nats"].service.address
    for url in (address, address.replace("://", "://planner:mistaken-password@")):
        with pytest.raises(BrokerUnreachable) as refusal:
            await connect(url, name="test", deadline_seconds=0.5, on_closed=lambda: None)
        assert "mistaken-password" not in str(refusal.value)


async def stored(owner: Visitor, subject: str) -> bytes:
    try:
        message = await owner.client.jetstream().get_last_msg("EVENTS", subject)
    except NotFoundError:
        return b""
    return message.data or b""
