"""The cost of the sandbox compared with a bare Starlette route on the same server, in one run.

    python benchmarks/sandbox_throughput.py

Both run under uvicorn with h11 in a process of their own, and get the same requests from the same
client, in turn. The bare route returns a fixed JSON object of the size of an invoice: no key, no
validation, no state. The table shows requests per second and the ratio of the two.
"""

import asyncio
import socket
import statistics
import sys
import time
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from _common import Figure, _in_process, conclude, print_table, sandbox_process

KEY = "benchmark"
ROUNDS = 7
REQUESTS = 3000
CONNECTIONS = 8
BODY = b'{"amount":1000,"phone_number":"87001234567","external_order_id":"order-1"}'
INVOICE = {"id": 1001, "status": "pending", "amount": "1000.00", "padding": "x" * 280}
# The sandbox does all that the service does; it may be slower, but not by more than this.
LEAST_RATIO = 0.5


def serve_bare(pipe: Connection) -> None:
    """Serve one Starlette route that reads the body and answers a fixed object."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def answer(request: Request) -> JSONResponse:
        await request.body()
        return JSONResponse(INVOICE)

    app = Starlette(
        routes=[
            Route("/api/invoices", answer, methods=["GET", "POST"]),
            Route("/api/invoices/{id:int}", answer),
        ]
    )
    config = uvicorn.Config(app, http="h11", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    # The protocol is named, or asyncio leaves Nagle's delay on.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    async def serve() -> None:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        pipe.send(f"http://127.0.0.1:{listener.getsockname()[1]}/api")
        await asyncio.to_thread(_wait_until_closed, pipe)
        server.should_exit = True
        await running

    asyncio.run(serve())


def _wait_until_closed(pipe: Connection) -> None:
    try:
        pipe.recv()
    except EOFError:
        return


def request_of(method: str, path: str, body: bytes) -> bytes:
    head = [f"{method} /api{path} HTTP/1.1", "Host: 127.0.0.1", f"X-API-Key: {KEY}"]
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


async def requests_a_second(base_url: str, request: bytes) -> float:
    """Send the same request again and again on a few connections, each as fast as answered."""
    address = urlsplit(base_url)

    async def one_connection(count: int) -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for _ in range(count):
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError(head.decode())
            at = head.index(b"content-length:") + 15
            await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection(REQUESTS // CONNECTIONS) for _ in range(CONNECTIONS)))
    return REQUESTS / (time.perf_counter() - began)


def main() -> int:
    calls = {
        "create an invoice": request_of("POST", "/invoices", BODY),
        "get an invoice": request_of("GET", "/invoices/1001", b""),
        "list 10 invoices": request_of("GET", "/invoices?page=1&per_page=10", b""),
    }
    rows: list[tuple[object, ...]] = []
    ratios: dict[str, float] = {}
    with (
        _in_process(serve_bare) as bare,
        sandbox_process(api_key=KEY, rate_limit=None) as sandbox,
    ):
        for name, request in calls.items():
            pairs: list[tuple[float, float]] = []
            for turn in range(ROUNDS + 1):
                speeds = {
                    url: asyncio.run(requests_a_second(url, request))
                    for url in ((bare, sandbox) if turn % 2 else (sandbox, bare))
                }
                if turn:  # the first round warms up
                    pairs.append((speeds[bare], speeds[sandbox]))
            ratios[name] = statistics.median(ours / theirs for theirs, ours in pairs)
            rows.append(
                (
                    name,
                    round(statistics.median(theirs for theirs, _ in pairs)),
                    round(statistics.median(ours for _, ours in pairs)),
                    ratios[name],
                )
            )
    print_table(["requests a second", "bare Starlette", "sandbox", "ratio"], rows)
    return conclude(
        [
            Figure(f"sandbox / bare Starlette, {name}", ratio, LEAST_RATIO, at_least=True)
            for name, ratio in ratios.items()
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
