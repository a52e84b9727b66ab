"""What the calls of a client share. Created with the client, so it imports nothing that sends."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apipay._clock import Clock
from apipay._options import ApiKey, RetryPolicy
from apipay._process import KeyState
from apipay.hooks import Hooks
from apipay.pacing.budget import Budget
from apipay.pacing.limits import RateLimit
from apipay_client.operations import Operation

if TYPE_CHECKING:
    from apipay._confirm.writes import Writes

# SystemRandom, so that forked processes do not share a backoff sequence.
_random = random.SystemRandom().random


@dataclass(slots=True, eq=False, repr=False)
class Session:
    """What the calls of a client and of its `with_options` clones share."""

    key: ApiKey
    state: KeyState
    policy: RetryPolicy
    hooks: Hooks
    clock: Clock
    budget: Budget | None
    random: Callable[[], float] = _random
    scoped: dict[str, Budget] = field(default_factory=dict[str, Budget])

    def budget_for(self, operation: Operation | None) -> Budget | None:
        """Return the budget of an operation: its own where the spec gives it its own limit."""
        budget = self.budget
        limit = None if operation is None else operation.rate_limit
        if budget is None or operation is None or limit is None:
            return budget
        scoped = self.scoped.get(operation.id)
        if scoped is None:
            own = RateLimit(limit.requests, limit.seconds)
            scoped = self.scoped[operation.id] = budget.scoped(operation.id, own)
        return scoped

    def writes(self) -> "Writes":
        """Return the writes of this key in this process."""
        from apipay._confirm.writes import Writes  # with the first write

        return self.state.shared("writes", Writes)
