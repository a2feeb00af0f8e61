"""Puts what a change says of some limits into a policy; what it does not name stays. Pure."""

from typing import Any

from pydantic import BaseModel, ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.risk.policy import MAX_POLICY_BYTES, PolicyDocument, canonical_json
from tradewind.trading.policy.policy_file import PolicyRefused


def merged(document: PolicyDocument, change: PolicyDocument) -> PolicyDocument:
    """Return the policy after a change, in which null takes a limit away; PolicyRefused.

    Whether that lets more through is for `loosened_by` to say, whatever the change looks like.
    """
    try:
        result = PolicyDocument.model_validate(_patched(_said(document), _said(change)))
    except ValidationError as error:
        raise PolicyRefused(describe(error).replace("Value error, ", "")) from None
    size = len(canonical_json(result))
    if size > MAX_POLICY_BYTES:
        raise PolicyRefused(
            f"body: with it the policy takes {size:,} of {MAX_POLICY_BYTES:,} bytes"
        )
    return result


def _patched(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    after = dict(before)
    for name, value in change.items():
        if isinstance(value, dict):
            after[name] = _patched(after.get(name, {}), value)
        elif value is None:
            after.pop(name, None)
        else:
            after[name] = value
    return after


def _said(value: Any) -> Any:
    """Return what somebody said, null included, and not what a field has by default."""
    if isinstance(value, BaseModel):
        return {name: _said(getattr(value, name)) for name in sorted(value.model_fields_set)}
    if isinstance(value, dict):
        return {name: _said(one) for name, one in value.items()}
    return value
