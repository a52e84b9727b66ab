"""Reading HTML, and a sandbox in which every page has something to show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from apipay_sandbox import Fault, Sandbox

VOID = {"br", "hr", "img", "input", "link", "meta"}


@dataclass
class Element:
    """One element: its attributes, what is in it, and its text as it is shown."""

    name: str
    attributes: dict[str, str | None]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(one if isinstance(one, str) else one.text for one in self.children)

    def all(self, *names: str) -> "list[Element]":
        """All elements inside with one of these names, or all, in the order of the page."""
        found: list[Element] = []
        for one in self.children:
            if isinstance(one, Element):
                if not names or one.name in names:
                    found.append(one)
                found += one.all(*names)
        return found

    def one(self, name: str) -> "Element":
        """The only element inside with this name."""
        (found,) = self.all(name)
        return found

    @property
    def shape(self) -> Any:
        """Elements and their attributes' names, without any text."""
        inside = tuple(one.shape for one in self.children if isinstance(one, Element))
        return (self.name, tuple(sorted(self.attributes)), inside)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"a repeated attribute in <{tag}>"
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        closed = self._open.pop()
        assert closed.name == tag, f"<{closed.name}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def finish(self) -> Element:
        self.close()
        assert self._open == [self.root], "an element is not closed"
        return self.root


def parse_page(html: str) -> Element:
    """Parse a page or a part of one; every element has to be closed in its place."""
    parser = _Parser()
    parser.feed(html)
    return parser.finish()


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Element]:
    return parse_page


class Web:
    """A visitor without a browser, who reads English. It follows no redirect by itself."""

    def __init__(self, sandbox: Sandbox, language: str = "en") -> None:
        self.origin = sandbox.url
        self._http = httpx.Client(
            base_url=sandbox.url, timeout=10, headers={"Accept-Language": language}
        )

    def get(self, path: str, status: int = 200) -> Element:
        """Get a page."""
        response = self.request("GET", path)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return parse_page(response.text)

    def send(self, path: str, **form: str) -> str:
        """Send a form that is accepted; return where it leads."""
        response = self.request("POST", path, data=form, headers={"Origin": self.origin})
        assert response.status_code == 303, response.text
        return response.headers["location"]

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._http.request(method, path, **options)

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def web(sandbox: Sandbox) -> Iterator[Web]:
    visitor = Web(sandbox)
    yield visitor
    visitor.close()


@pytest.fixture
def web_in(sandbox: Sandbox) -> Iterator[Callable[[str], Web]]:
    """Make a visitor who reads another language."""
    made: list[Web] = []

    def make(language: str) -> Web:
        made.append(Web(sandbox, language))
        return made[-1]

    yield make
    for one in made:
        one.close()


@dataclass
class Busy:
    """Ids in the busy sandbox, by status."""

    sandbox: Sandbox
    pending: int
    paid: int
    cancelled: int
    expired: int
    waiting: int
    recurring: int
    delivery: int
    payment_urls: dict[int, str]
    receiver_url: str

    @property
    def pages(self) -> list[str]:
        """The path of every page that links lead to."""
        return [
            "/",
            "/invoices",
            "/invoices?page=2",
            "/invoices?status=pending",
            f"/invoices?recurring={self.recurring}",
            *(f"/invoices/{one}" for one in self.payment_urls),
            "/refunds",
            "/recurring-invoices",
            "/faults",
            "/requests",
            "/deliveries",
            *(f"/deliveries/{one.id}" for one in self.sandbox.deliveries()),
            "/organizations",
            "/organizations/1",
            f"/organizations/{self.waiting}",
            *(self.payer(one) for one in self.payment_urls),
        ]

    @property
    def refusals(self) -> list[str]:
        """Addresses that show an error page."""
        return ["/nothing", "/pay/0000000000000000", "/invoices/1", "/clock/advance"]

    def payer(self, invoice_id: int) -> str:
        return self.payment_urls[invoice_id].removeprefix(self.sandbox.url)


@pytest.fixture
def busy(sandbox: Sandbox, api: Any, receiver: Any) -> Busy:
    """Every kind of record in every status, in enough numbers for a second page."""
    sandbox.add_webhook(receiver.url)
    for number in range(20):
        api.invoice(
            1500 + number, description=f"Order {number}", external_order_id=f"shop-{number}"
        )
    made = {
        "pending": api.invoice(10_000, description="25 roses", external_order_id="order-42"),
        "paid": api.invoice(99_999_999.99, description="<script>alert(1)</script>" + "Ж" * 400),
        "cancelled": api.invoice(0.01),
        "expired": api.invoice(500, description="\u202etoo late\x00"),
    }
    sandbox.pay(made["paid"]["id"])
    sandbox.decline(made["cancelled"]["id"])
    sandbox.expire(made["expired"]["id"])
    for amount in (2500.50, 10):
        body = {"amount": amount, "reason": "Sold out"}
        api.post(f"/invoices/{made['paid']['id']}/refund", body)
    repeated = {"phone_number": "87051112233", "amount": 4990, "interval": "monthly"}
    recurring = api.post("/recurring-invoices", {**repeated, "end_date": "2027-01-31"}).json()
    api.post(f"/recurring-invoices/{recurring['id']}/bill-now")
    asked = api.post("/organizations/verify", {"idn": "987654321098"}).json()
    sandbox.inject(Fault("unknown_field", operation="getRefund", probability=0.5))
    sandbox.send_event({"event": "webhook.test"})
    sandbox.wait_for_deliveries()
    return Busy(
        sandbox=sandbox,
        waiting=asked["organization"]["id"],
        recurring=recurring["id"],
        delivery=sandbox.deliveries()[0].id,
        receiver_url=receiver.url,
        payment_urls={one["id"]: one["payment_url"] for one in made.values()},
        **{name: one["id"] for name, one in made.items()},
    )
