"""Where each page is: the addresses that links and forms use."""

from urllib.parse import urlencode

import attrs


@attrs.frozen
class Addresses:
    """Every address begins with `prefix`: the path of the sandbox's public URL, mostly empty."""

    prefix: str = ""

    def at(self, path: str, **query: str | int | None) -> str:
        """Return an address; a query field that is None is left out."""
        chosen = {name: value for name, value in query.items() if value is not None}
        return f"{self.prefix}{path}" + (f"?{urlencode(chosen)}" if chosen else "")

    def payer(self, token: str, action: str = "", notice: str | None = None) -> str:
        """Return the page behind `payment_url`, or what one of its buttons posts to."""
        return self.at(f"/pay/{token}{action}", notice=notice)

    def organization(self, number: int, action: str = "") -> str:
        """Return the owner's page."""
        return self.at(f"/organizations/{number}{action}")

    def invoice(self, number: int, action: str = "") -> str:
        """Return an invoice in the dashboard."""
        return self.at(f"/invoices/{number}{action}")

    def delivery(self, number: int, action: str = "") -> str:
        """Return a delivery in the dashboard."""
        return self.at(f"/deliveries/{number}{action}")
