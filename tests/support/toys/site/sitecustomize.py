"""Registers the toys in every process that has this folder on its path.

The venue comes first: models know venues by name from the moment they are imported.
"""

# ruff: noqa: E402
from tests.support.toys.venue import VENUE
from tradewind.contracts.venues import VENUES

VENUES[VENUE.name] = VENUE

from tests.support.toys.contracts import ROLE, SignalAnswered, SignalCalled, SignalClosed
from tradewind.contracts.registry import PAYLOADS
from tradewind.contracts.roles import ROLES

PAYLOADS.update({one.topic: one for one in (SignalCalled, SignalAnswered, SignalClosed)})
ROLES[ROLE.name] = ROLE

from tests.support.toys.read_model import NOTES
from tradewind.readmodels import registry

registry.READ_MODELS = registry.ReadModelRegistry(*registry.READ_MODELS.folds, NOTES)  # type: ignore[misc]
