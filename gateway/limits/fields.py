"""Writes the header fields of draft-ietf-httpapi-ratelimit-headers."""

from collections.abc import Sequence

from gateway.limits.policy import Standing


def rate_limit_fields(standings: Sequence[Standing]) -> dict[str, str]:
    """Return the policies of a request, and what each has left; nothing where there is none."""
    if not standings:
        return {}
    policies = (
        f'"{policy.name}";q={policy.quota};w={policy.window_seconds}' for policy, *_ in standings
    )
    left = (f'"{one.policy.name}";r={one.remaining};t={one.reset_seconds}' for one in standings)
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}
