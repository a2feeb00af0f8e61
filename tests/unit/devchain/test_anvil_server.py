"""The chain's file survives a crash of the one who writes it."""

from pathlib import Path

from tradewind.operations.embedded.devchain.anvil_server import AnvilServer


def server(directory: Path, block_time_seconds: int | None = None) -> AnvilServer:
    return AnvilServer(
        directory, 8545, directory / "anvil.log", block_time_seconds=block_time_seconds
    )


def test_a_state_cut_off_by_a_crash_is_the_last_whole_one_again(tmp_path: Path) -> None:
    anvil = server(tmp_path)
    anvil.state_path.write_text('{"block": 7}')
    anvil.prepare()
    anvil.state_path.write_text('{"block": 8, "acc')
    anvil.prepare()
    assert anvil.state_path.read_text() == '{"block": 7}'


def test_without_a_whole_state_it_starts_afresh(tmp_path: Path) -> None:
    anvil = server(tmp_path / "new")
    anvil.prepare()
    anvil.state_path.write_text("{")
    anvil.prepare()
    assert not anvil.state_path.exists()
