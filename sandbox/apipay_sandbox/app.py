"""The root application: checks that apply to every request, then the API, control or a page."""

import asyncio
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from .api import Api
from .control import control_app
from .errors import SandboxError
from .network import is_loopback
from .pages import pages_app
from .responses import App, Headers, Message, Receive, Scope, Send, error, respond
from .server import Server
from .world import World

_MAX_HEADERS = 100
_BODY_SECONDS = 30.0


class RootApp:
    """Serves the API below its base path, control below `/_sandbox`, and pages elsewhere."""

    def __init__(self, world: World, server: Server, host: str) -> None:
        self._base_path = world.spec.base_path
        self._api: App = Api(world, server)
        self._control: App = control_app(world, server)
        self._pages: App = pages_app(world, server.use_relay)
        self._hosts = _Hosts(host, world.url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        problem = self._problem(scope)
        if problem is not None:
            await respond(send, error(problem, _CLOSE))
            return
        path: str = scope["path"]
        if _is_below(path, self._base_path):
            app = self._api
        else:
            app = self._control if _is_below(path, "/_sandbox") else self._pages
        deadline = _Deadline(receive)

        async def send_in_time(message: Message) -> None:
            if deadline.passed and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_CLOSE]
            await send(message)

        await app(scope, deadline, send_in_time)

    def _problem(self, scope: Scope) -> SandboxError | None:
        headers: Collection[tuple[bytes, bytes]] = scope["headers"]
        if len(headers) > _MAX_HEADERS:
            return SandboxError(f"A request can have at most {_MAX_HEADERS} headers.", status=431)
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if len(hosts) == 1 and self._hosts.allow(hosts[0]):
            return None
        # A page of another site can point its own name at this machine (DNS rebinding), and would
        # then read the key and the secret.
        return SandboxError(
            "The Host header does not name this sandbox. Use a loopback address, the address of "
            "--host, or start it with --public-url.",
            status=403,
        )


_CLOSE: Headers = ((b"connection", b"close"),)


class _Hosts:
    """The names under which the sandbox can be addressed."""

    def __init__(self, host: str, url: str) -> None:
        self._names = {"localhost", host.lower(), (urlsplit(url).hostname or "").lower()}
        self._all_addresses = host in {"0.0.0.0", "::"}  # noqa: S104
        self._known: dict[str, bool] = {}

    def allow(self, header: str) -> bool:
        """Return whether a Host header names this sandbox."""
        if header not in self._known:
            if len(self._known) > 100:
                self._known.clear()
            self._known[header] = self._check(header)
        return self._known[header]

    def _check(self, header: str) -> bool:
        try:
            parts = urlsplit(f"//{header}")
            name, netloc = (parts.hostname or "").lower(), parts.netloc
        except ValueError:
            return False
        if netloc != header or "@" in header:
            return False
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            # Rebinding needs a name, so on all addresses any numeric one is safe.
            return is_loopback(name) or (self._all_addresses and bool(ipaddress.ip_address(name)))
        except ValueError:
            return False


class _Deadline:
    """`receive` with a time limit until the body is complete: a 408 past it."""

    def __init__(self, receive: Receive) -> None:
        self.passed = False
        self._receive = receive
        self._complete = False
        self._until: float | None = None

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + _BODY_SECONDS
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.passed = True
            late = f"The body did not arrive within {_BODY_SECONDS:g} seconds."
            raise SandboxError(late, status=408) from None
        self._complete = not message.get("more_body", False)
        return message


def _is_below(path: str, base: str) -> bool:
    return path.startswith(base) and path[len(base) : len(base) + 1] in {"/", ""}
