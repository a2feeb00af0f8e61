"""What the platform's own commands say of read models is a violation, or left by a restore."""

import json

import pytest

from tests.chaos.verification import are_wrong

SOUND = {"events": 7, "different": 0, "unknown": 0, "misplaced": 0}


@pytest.mark.parametrize("what", ["different", "unknown", "misplaced"])
def test_any_difference_is_one(what: str) -> None:
    told = f"{json.dumps(SOUND | {what: 1})}\ntradewind: 1 are not as the ledger says"

    assert are_wrong(told, restores=0)


def test_what_a_restore_left_in_redis_is_read_by_nobody() -> None:
    assert not are_wrong(json.dumps(SOUND | {"unknown": 3}), restores=1)
    assert are_wrong(json.dumps(SOUND | {"different": 1}), restores=1)


@pytest.mark.parametrize("told", ["", "tradewind: Redis is away"])
def test_a_command_that_could_not_look_is_one(told: str) -> None:
    assert are_wrong(told, restores=1)
