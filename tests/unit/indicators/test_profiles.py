"""Given files of feature profiles that inherit, and files that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tradewind.contracts.signals.profiles import FeatureProfile, canonical_json, sha256_of
from tradewind.errors import ConfigurationError
from tradewind.trading.indicators.profiles import (
    InvalidProfiles,
    load_profiles,
    profiles_of,
)

FRAMES = {"1h": {"ema": ["9", "21"], "rsi": "14", "atr": "14"}}
RELEASED = {
    "trend_follow_v1": "717fb82a9b139eef5ce9ebb7bd0412db8305354e65f2b02a25b6923abd401c03",
    "crypto_perps_v1": "b9b3dd91cbfbd3ba479b9bf0a385ba6d0f97d12993207dfbd7a2c69c02400e9a",
    "full_v1": "c5db8d40b1e1bf7335c6739e54accd8e103194d0c67bb3c4976b03f8b16343ec",
}


def of(**profiles: Any) -> dict[str, Any]:
    return {"profiles": profiles}


def test_a_released_profile_never_changes() -> None:
    """Given the packaged file, then each profile has the hash it was released with."""
    assert {name: one.sha256 for name, one in load_profiles().items()} == RELEASED


def test_packaged_profiles_build_on_each_other() -> None:
    trend, perps, full = (load_profiles()[name].profile for name in RELEASED)
    assert trend.intervals == perps.intervals == full.intervals == ["15m", "1h", "4h"]
    assert (trend.context, trend.book, trend.levels) == ((), None, None)
    assert "open_interest_change_24h" in perps.context
    assert full.context == perps.context
    assert full.book is not None
    assert full.book.imbalance_bps == (100, 200, 500)
    assert full.frames == trend.frames


def test_mappings_merge_lists_replace_and_nothing_takes_away() -> None:
    found = profiles_of(
        of(
            parent={"frames": FRAMES | {"4h": {"ema": ["50"]}}, "context": ["mark_price"]},
            child={
                "extends": "parent",
                "frames": {"1h": {"ema": ["5"], "rsi": None}, "4h": None},
                "context": ["oracle_price"],
            },
        )
    )
    child = found["child"].profile
    assert child.intervals == ["1h"]
    frame = child.frames["1h"]
    assert (frame.ema, frame.rsi, frame.atr) == ((5,), None, 14)
    assert child.context == ("oracle_price",)
    assert found["parent"].profile.frames["1h"].ema == (9, 21)


def test_the_hash_is_of_canonical_json_that_gives_the_profile_back() -> None:
    one = load_profiles()["full_v1"]
    assert one.text == json.dumps(json.loads(one.text), sort_keys=True, separators=(",", ":"))
    assert one.sha256 == sha256_of(one.text)
    again = FeatureProfile.model_validate_json(one.text)
    assert again == one.profile
    assert canonical_json(again) == one.text


def chain(length: int) -> dict[str, Any]:
    """Return profiles of which each extends the one before it."""
    profiles: dict[str, Any] = {"p0": {"frames": FRAMES}}
    profiles |= {f"p{i}": {"extends": f"p{i - 1}"} for i in range(1, length)}
    return of(**profiles)


def test_ancestors_are_limited() -> None:
    assert len(profiles_of(chain(5))) == 5
    with pytest.raises(InvalidProfiles, match=r"profiles\.p1\.extends: at most 4 profiles"):
        profiles_of(chain(6))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "must be a mapping with profiles"),
        ({"profiles": {}, "more": "1"}, "and nothing else"),
        (of(), "profiles: must be a mapping of ids"),
        (of(**{f"p{i}": {} for i in range(33)}), "33 of at most 32"),
        (of(Bad={"frames": FRAMES}), "an id"),
        (of(a="text"), "profiles.a: must be a mapping"),
        (of(a={"extends": ["b"]}), "profiles.a.extends: must be the id of one"),
        (of(a={"extends": "nobody"}), "profiles.a.extends: names no profile"),
        (of(a={"extends": "a"}), "profiles.a.extends: a extends itself"),
        (of(a={"extends": "b"}, b={"extends": "a"}), "extends itself in the end"),
        (of(a={}), "profiles.a.frames: Field required"),
        (of(a={"frames": {}}), "profiles.a.frames: .* at least 1"),
        (of(a={"frames": FRAMES, "colour": "red"}), "profiles.a.colour: Extra inputs"),
        (of(a={"frames": {"7m": {}}}), "profiles.a.frames.7m"),
        (of(a={"frames": {"1h": {"ema": ["101"]}}}), "ema.0: .* less than or equal to 100"),
        (of(a={"frames": {"1h": {"ema": ["9", "9"]}}}), "ema: .*must ascend"),
        (
            of(a={"frames": {"1h": {"macd": {"fast": "9", "slow": "9", "signal": "9"}}}}),
            "fast: must be less than slow",
        ),
        (
            of(
                a={
                    "frames": FRAMES,
                    "levels": {"interval": "4h", "candles": "20", "count": "1", "merge_atr": "1"},
                }
            ),
            "levels.interval: must be a frame with atr",
        ),
        (
            of(a={"frames": FRAMES, "quality": {"required": ["frame_4h"]}}),
            "frame_4h is nothing this profile asks for",
        ),
        (of(a={"frames": FRAMES, "context": ["mark_price"] * 2}), "name a feature once"),
    ],
)
def test_a_mistake_is_named_by_field_and_limit(content: Any, problem: str) -> None:
    with pytest.raises(InvalidProfiles, match=problem):
        profiles_of(content)


def test_another_file_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "profiles.yaml"
    path.write_text("profiles:\n  mine_v1:\n    frames:\n      1h: {rsi: 14}\n")
    assert set(load_profiles(path)) == {"mine_v1"}
    path.write_text("profiles:\n  a: {frames: {1h: {rsi: 14}}}\n  a: {}\n")
    with pytest.raises(ConfigurationError, match=r"TRADEWIND_FEATURE_PROFILES_FILE: .*a"):
        load_profiles(path)
    path.write_text("profiles:\n  a: {frames: {1h: {rsi: 1.5}}}\n")
    with pytest.raises(ConfigurationError, match=r"profiles\.a\.frames\.1h\.rsi: .*integer"):
        load_profiles(path)
