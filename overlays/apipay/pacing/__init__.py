"""Pacing: requests start at the rate that the key allows, so that none is refused with 429.

The limit comes from the spec (`RateLimit.from_spec`) or from the user. `LocalBudget` is the budget
of one process. `apipay.pacing.redis.RedisBudget` (extra `redis`) is one for many processes and
hosts.
"""

from apipay.pacing.budget import Budget, BudgetState, LocalBudget, local_budget
from apipay.pacing.limits import (
    NO_RESPONSE,
    NOT_SENT,
    Outcome,
    Priority,
    RateLimit,
    outcome_of,
)
from apipay.pacing.window import Permit

__all__ = [
    "NOT_SENT",
    "NO_RESPONSE",
    "Budget",
    "BudgetState",
    "LocalBudget",
    "Outcome",
    "Permit",
    "Priority",
    "RateLimit",
    "local_budget",
    "outcome_of",
]
