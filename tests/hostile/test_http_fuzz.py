"""Random requests and frames: whatever is sent, what comes back is well-formed, and no failure."""

from tests.hostile.flood import AttackedGateway, watched
from tests.hostile.fuzz.runner import fuzz

SEED = 11
CASES = 400


async def test_random_requests_and_frames_do_no_harm(attacked: AttackedGateway) -> None:
    async with watched(attacked):
        findings = await fuzz(attacked, SEED, CASES)
    assert findings.failures == []
    assert findings.sent == CASES
    assert findings.answered > CASES // 2
