"""Pacing: requests go at the rate that the key allows, so that nobody meets a 429.

The limit comes from the specification (`RateLimit.from_spec`) or from the user, the pure count is
`window.Window`, a process's budget is `LocalBudget`, and one for many processes and hosts is
`apipay.pacing.redis.RedisBudget` (extra `redis`).
"""

from apipay.pacing.budget import Budget, BudgetState, LocalBudget, local_budget
from apipay.pacing.limits import Outcome, Priority, RateLimit
from apipay.pacing.transport import DEADLINE_EXTENSION, AsyncPacingTransport, PacingTransport
from apipay.pacing.window import Permit

__all__ = [
    "DEADLINE_EXTENSION",
    "AsyncPacingTransport",
    "Budget",
    "BudgetState",
    "LocalBudget",
    "Outcome",
    "PacingTransport",
    "Permit",
    "Priority",
    "RateLimit",
    "local_budget",
]
