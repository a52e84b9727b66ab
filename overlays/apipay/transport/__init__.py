"""What stands between a call and the network, as httpx transports.

`errors(retries(pacing(network)))`: each a pure core that decides, and a thin sync and async shell.
They can be used one by one, around any httpx transport.
"""

from apipay.transport.engine import CALL_EXTENSION
from apipay.transport.layered import AsyncLayeredClient, LayeredClient
from apipay.transport.ledger import shared_ledger
from apipay.transport.network import AsyncNetwork, Network, client_settings
from apipay.transport.policy import RetryPolicy
from apipay.transport.shells import (
    AsyncErrorTransport,
    AsyncRetryTransport,
    ErrorTransport,
    RetryState,
    RetryTransport,
)

__all__ = [
    "CALL_EXTENSION",
    "AsyncErrorTransport",
    "AsyncLayeredClient",
    "AsyncNetwork",
    "AsyncRetryTransport",
    "ErrorTransport",
    "LayeredClient",
    "Network",
    "RetryPolicy",
    "RetryState",
    "RetryTransport",
    "client_settings",
    "shared_ledger",
]
