"""Writes stacks as a flame graph that https://www.speedscope.app opens; nothing is uploaded."""

from collections.abc import Sequence
from typing import Any

from loadtest.profile.causes import Stack


def speedscope(name: str, stacks: Sequence[Stack]) -> dict[str, Any]:
    """Return a document of speedscope's file format with one sampled profile, in samples."""
    places: dict[str, int] = {}
    samples = [
        [places.setdefault(frame, len(places)) for frame in stack.frames] for stack in stacks
    ]
    weights = [stack.samples for stack in stacks]
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": name,
        "shared": {"frames": [{"name": frame} for frame in places]},
        "profiles": [
            {
                "type": "sampled",
                "name": name,
                "unit": "none",
                "startValue": 0,
                "endValue": sum(weights),
                "samples": samples,
                "weights": weights,
            }
        ],
    }
