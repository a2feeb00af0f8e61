"""What every orchestrator signed with is nowhere: the last test, over all that the others left."""

import pytest

from tests.canary import Canary, in_files
from tests.conftest import Search


@pytest.mark.last
async def test_the_key_of_this_session_was_written_nowhere(
    canary: Canary, key_searches: list[Search], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not key_searches:
        pytest.skip("nothing was started")
    found = [problem for search in key_searches for problem in await search()]
    assert found + list(in_files(canary, tmp_path_factory.getbasetemp())) == []
