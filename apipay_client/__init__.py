"""A client library for accessing ApiPay.kz API, generated from its OpenAPI document.

Do not edit: change the document and generate again.
"""

from .client import AuthenticatedClient, Client

__all__ = ["AuthenticatedClient", "Client"]
