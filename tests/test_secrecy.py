"""What every orchestrator signed with is nowhere: the last test, over all that the others left.

pytest-xdist runs it in one worker. What others started, and what was stopped before, is searched
when it is stopped.
"""

import pytest

from tests.support.canary import Canary, in_files
from tests.support.key_searches import KeySearches


@pytest.mark.last
async def test_the_key_of_this_session_was_written_nowhere(
    canary: Canary, key_searches: KeySearches, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not key_searches.was_anything_started:
        pytest.skip("nothing was started")
    found = await key_searches.found()
    assert found + list(in_files(canary, tmp_path_factory.getbasetemp())) == []
