"""`python -m apipay.sandbox`: start the sandbox from the shell until it is interrupted."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from ipaddress import ip_address
from types import FrameType
from typing import Literal

from apipay.sandbox import RateLimit, Sandbox, SandboxError

_PORT = 8455


def _rate_limit(text: str) -> RateLimit | Literal["spec"] | None:
    if text == "spec":
        return "spec"
    if text == "off":
        return None
    requests, _, seconds = text.partition("/")
    try:
        return RateLimit(int(requests), float(seconds or 60))
    except (ValueError, SandboxError):
        raise argparse.ArgumentTypeError(
            "must be 'off', or requests/seconds such as 60/60"
        ) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m apipay.sandbox",
        description="The whole ApiPay API on this machine, with state, time and faults.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=_PORT, help="0 takes a free one (default: %(default)s)")
    add("--public-url", help="how clients reach it, if not by http://HOST:PORT")
    add("--db", metavar="FILE", help="keep everything in this SQLite file (default: memory)")
    add("--api-key", help="default: invented, or the one in the file")
    add("--webhook-secret", help="default: invented, or the one in the file")
    add("--webhook-url", help="tell this URL when an invoice is paid, cancelled or expired")
    add(
        "--allow-remote-webhooks",
        action="store_true",
        help="let webhooks leave this machine (default: loopback addresses only)",
    )
    add("--unverified", action="store_true", help="begin without a verified organization")
    add(
        "--rate-limit",
        type=_rate_limit,
        default="spec",
        metavar="REQUESTS/SECONDS",
        help="or 'off' (default: as the API's specification states)",
    )
    add("--clock", choices=["real", "manual"], default="real", help="default: %(default)s")
    add("--speed", type=float, default=1.0, help="seconds that pass in one real second")
    add("--payment-deadline", type=float, metavar="SECONDS", help="until an invoice expires")
    add("--auto-confirm", type=float, metavar="SECONDS", help="confirm verifications by itself")
    add("--auto-pay", type=float, metavar="SECONDS", help="pay invoices by itself")
    add("--json", action="store_true", help="print the environment as one line of JSON")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox until SIGINT or SIGTERM; return the exit status."""
    given = _parser().parse_args(arguments)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    deadline = (
        {} if given.payment_deadline is None else {"payment_deadline": given.payment_deadline}
    )
    try:
        sandbox = Sandbox(
            host=given.host,
            port=given.port,
            public_url=given.public_url,
            db=given.db,
            api_key=given.api_key,
            webhook_secret=given.webhook_secret,
            webhook_url=given.webhook_url,
            allow_remote_webhooks=given.allow_remote_webhooks,
            organization=None if given.unverified else "verified",
            rate_limit=given.rate_limit,
            clock=given.clock,
            speed=given.speed,
            auto_confirm=given.auto_confirm,
            auto_pay=given.auto_pay,
            **deadline,
        )
    except SandboxError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    with sandbox:
        sys.stdout.write(_announcement(sandbox, as_json=given.json, host=given.host))
        sys.stdout.flush()
        stopped.wait()
    return 0


def _announcement(sandbox: Sandbox, *, as_json: bool, host: str) -> str:
    environment = {**sandbox.environment}
    if as_json:
        return json.dumps({**environment, "url": sandbox.url}) + "\n"
    lines = ["# Put this into the environment of your service:"]
    lines += [f"export {name}={value}" for name, value in environment.items()]
    lines += [
        f"# Dashboard: {sandbox.url}/ (control: {sandbox.url}/_sandbox/)",
        "# Ctrl+C stops the sandbox.",
    ]
    if not _is_local(host):
        lines.append(f"# Everybody who reaches {host} can use and control this sandbox.")
    return "\n".join(lines) + "\n"


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
