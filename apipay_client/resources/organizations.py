"""The operations of the tag Organizations."""

from collections.abc import Mapping
from typing import ClassVar

from .. import operations as _operations
from .. import parsing as _parsing
from ..api.organizations import get_organization_status as _get_organization_status
from ..api.organizations import verify_organization as _verify_organization
from ..client import AuthenticatedClient
from ..errors import InvalidArgument
from ..models.organization_envelope import OrganizationEnvelope
from ..models.organization_verification import OrganizationVerification
from ..models.verify_organization_request import VerifyOrganizationRequest
from ..types import CallOptions


class Organizations:
    """Connect the merchant's Kaspi Business organization. Invoices can be created only for a
    verified organization.

    Before verification, the owner adds the service's phone number to Kaspi Business as a
    *Cashier*. `verifyOrganization` then opens a window of 120 seconds in which the owner
    confirms in the Kaspi Business app. Poll `getOrganizationStatus` every 2 seconds and stop on
    `verified`, on `failed`, or on the status code 410 (the window is over).
    """

    #: The operation behind each method, by the method's name.
    OPERATIONS: ClassVar[Mapping[str, _operations.Operation]] = {
        "verify": _operations.VERIFY_ORGANIZATION,
        "status": _operations.GET_ORGANIZATION_STATUS,
    }

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    def verify(
        self,
        *,
        idn: str,
        options: CallOptions | None = None,
    ) -> OrganizationVerification:
        """Start the verification of an organization.

        Opens a window of 120 seconds in which the owner of the organization confirms in the Kaspi
        Business app that the service may act as its cashier. Then poll `getOrganizationStatus` with
        the `id` of the response every 2 seconds.

        Add the service's phone number to Kaspi Business as a *Cashier* before the call. After
        `failed`, or after the window is over (410), call this again: each call opens a new window.

        The public documentation does not say what happens when the organization is already
        verified; this specification assumes that it stays `verified` and that no window is opened.

        Args:
            idn: Twelve digits: the IIN of a person or the BIN of a company. Limits: matches
                ^[0-9]{12}$.

        Returns:
            The window is open and the organization is `pending`, or it is already `verified`.

        Statuses that are errors:
            400: The body is not valid JSON.
            401: The API key is missing, unknown or expired.
            415: The body is not sent as `application/json`, or it is sent with a
                `Content-Encoding`.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _verify_organization.sync_detailed(
                body=VerifyOrganizationRequest(idn=idn),
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: OrganizationVerification = _parsing.succeeded(
            self._client, _verify_organization.OPERATION, response
        )
        return result

    def status(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> OrganizationEnvelope:
        """Get the verification status of an organization.

        Poll this every 2 seconds after `verifyOrganization`, until the status is `verified`
        (invoices can be created) or `failed` (the owner rejected), or until the status code is 410
        (nobody confirmed within 120 seconds). `time_remaining` states how many seconds are left.

        The public documentation does not say how long 410 is returned; this specification assumes
        until the next `verifyOrganization`, and never for a `verified` or `failed` organization.

        Args:
            id: The organization's id, from the response of `verifyOrganization`. Limits: at least
                1.

        Returns:
            The current state of the organization.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            410: The verification window is over and nobody confirmed.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _get_organization_status.sync_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: OrganizationEnvelope = _parsing.succeeded(
            self._client, _get_organization_status.OPERATION, response
        )
        return result


class AsyncOrganizations:
    """Connect the merchant's Kaspi Business organization. Invoices can be created only for a
    verified organization.

    Before verification, the owner adds the service's phone number to Kaspi Business as a
    *Cashier*. `verifyOrganization` then opens a window of 120 seconds in which the owner
    confirms in the Kaspi Business app. Poll `getOrganizationStatus` every 2 seconds and stop on
    `verified`, on `failed`, or on the status code 410 (the window is over). Every method is awaited.
    """

    #: The operation behind each method, by the method's name.
    OPERATIONS: ClassVar[Mapping[str, _operations.Operation]] = {
        "verify": _operations.VERIFY_ORGANIZATION,
        "status": _operations.GET_ORGANIZATION_STATUS,
    }

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    async def verify(
        self,
        *,
        idn: str,
        options: CallOptions | None = None,
    ) -> OrganizationVerification:
        """Start the verification of an organization.

        Opens a window of 120 seconds in which the owner of the organization confirms in the Kaspi
        Business app that the service may act as its cashier. Then poll `getOrganizationStatus` with
        the `id` of the response every 2 seconds.

        Add the service's phone number to Kaspi Business as a *Cashier* before the call. After
        `failed`, or after the window is over (410), call this again: each call opens a new window.

        The public documentation does not say what happens when the organization is already
        verified; this specification assumes that it stays `verified` and that no window is opened.

        Args:
            idn: Twelve digits: the IIN of a person or the BIN of a company. Limits: matches
                ^[0-9]{12}$.

        Returns:
            The window is open and the organization is `pending`, or it is already `verified`.

        Statuses that are errors:
            400: The body is not valid JSON.
            401: The API key is missing, unknown or expired.
            415: The body is not sent as `application/json`, or it is sent with a
                `Content-Encoding`.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _verify_organization.asyncio_detailed(
                body=VerifyOrganizationRequest(idn=idn),
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: OrganizationVerification = _parsing.succeeded(
            self._client, _verify_organization.OPERATION, response
        )
        return result

    async def status(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> OrganizationEnvelope:
        """Get the verification status of an organization.

        Poll this every 2 seconds after `verifyOrganization`, until the status is `verified`
        (invoices can be created) or `failed` (the owner rejected), or until the status code is 410
        (nobody confirmed within 120 seconds). `time_remaining` states how many seconds are left.

        The public documentation does not say how long 410 is returned; this specification assumes
        until the next `verifyOrganization`, and never for a `verified` or `failed` organization.

        Args:
            id: The organization's id, from the response of `verifyOrganization`. Limits: at least
                1.

        Returns:
            The current state of the organization.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            410: The verification window is over and nobody confirmed.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _get_organization_status.asyncio_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: OrganizationEnvelope = _parsing.succeeded(
            self._client, _get_organization_status.OPERATION, response
        )
        return result
