"""The operations of the tag Organizations."""

from collections.abc import Mapping
from typing import ClassVar

from .. import calls as _calls
from .. import operations as _operations
from ..api.organizations import get_organization_status as _get_organization_status
from ..api.organizations import verify_organization as _verify_organization
from ..client import AuthenticatedClient
from ..models.organization_envelope import OrganizationEnvelope
from ..models.organization_verification import OrganizationVerification
from ..models.verify_organization_request import VerifyOrganizationRequest
from ..types import CallOptions


class Organizations(_calls.SyncResource):
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

    def verify(self, *, idn: str, options: CallOptions | None = None) -> OrganizationVerification:
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

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The body is not valid JSON.
                415: The body is not sent as `application/json`, or it is sent with a
                    `Content-Encoding`.
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _verify_organization.prepare(
                body=VerifyOrganizationRequest(idn=idn), client=self._client, options=options
            )
        )

    def status(self, id: int, *, options: CallOptions | None = None) -> OrganizationEnvelope:
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

        Raises:
            UnexpectedStatus: The response is not a success:
                404: There is no such resource.
                410: The verification window is over and nobody confirmed.
        """
        return self._send(
            lambda: _get_organization_status.prepare(id=id, client=self._client, options=options)
        )

    @property
    def with_raw_response(self) -> "OrganizationsWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return OrganizationsWithRawResponse(self._client)


class OrganizationsWithRawResponse:
    """The methods of `Organizations`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = Organizations(client, raw=True)
        self.verify = _calls.raw(methods.verify)
        self.status = _calls.raw(methods.status)


class AsyncOrganizations(_calls.AsyncResource):
    """`Organizations` for async code: every method is awaited."""

    OPERATIONS = Organizations.OPERATIONS

    async def verify(
        self, *, idn: str, options: CallOptions | None = None
    ) -> OrganizationVerification:
        """Start the verification of an organization. See `Organizations.verify`."""
        return await self._send(
            lambda: _verify_organization.prepare(
                body=VerifyOrganizationRequest(idn=idn), client=self._client, options=options
            )
        )

    async def status(self, id: int, *, options: CallOptions | None = None) -> OrganizationEnvelope:
        """Get the verification status of an organization. See `Organizations.status`."""
        return await self._send(
            lambda: _get_organization_status.prepare(id=id, client=self._client, options=options)
        )

    @property
    def with_raw_response(self) -> "AsyncOrganizationsWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return AsyncOrganizationsWithRawResponse(self._client)


class AsyncOrganizationsWithRawResponse:
    """The methods of `AsyncOrganizations`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = AsyncOrganizations(client, raw=True)
        self.verify = _calls.raw_async(methods.verify)
        self.status = _calls.raw_async(methods.status)
