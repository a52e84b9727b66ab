"""`python -m apipay_sandbox`: run the sandbox in the shell until it is interrupted."""

import argparse
import json
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from ipaddress import ip_address
from types import FrameType
from typing import Literal

from apipay_sandbox import RateLimit, Sandbox, SandboxError
from apipay_sandbox.faults import PROFILES
from apipay_sandbox.state import PAYMENT_DEADLINE

_PORT = 8455
_EXAMPLE = """\
example:
  python -m apipay_sandbox --db shop.db --webhook-url http://127.0.0.1:8000/webhooks
  Paste the lines that it prints into the shell of your service. Then open the dashboard or the
  payment_url of an invoice to confirm, pay and expire. GET /_sandbox/ lists the same verbs over
  HTTP: curl -X POST http://127.0.0.1:8455/_sandbox/invoices/1001/pay
"""


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
        prog="python -m apipay_sandbox",
        description="The whole ApiPay API on this machine, with state, a clock and faults.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=_PORT, help="0 chooses a free one (default: %(default)s)")
    add("--public-url", metavar="URL", help="how clients reach it, if not http://HOST:PORT")
    add("--db", metavar="FILE", help="keep everything in this SQLite file (default: memory)")
    add("--seed", metavar="FILE", help="JSON file with data to start from")
    add(
        "--api-key",
        metavar="KEY",
        help="the key to accept (default: random, or the one in the file)",
    )
    add(
        "--webhook-secret",
        metavar="SECRET",
        help="signs the webhooks (default: random, or the one in the file)",
    )
    add(
        "--webhook-url",
        metavar="URL",
        help="send webhooks to this URL when an invoice is paid, cancelled or expired",
    )
    add(
        "--allow-remote-webhooks",
        action="store_true",
        help="let webhooks leave this machine (default: loopback addresses only)",
    )
    add("--unverified", action="store_true", help="start without a verified organization")
    add(
        "--rate-limit",
        type=_rate_limit,
        default="spec",
        metavar="REQUESTS/SECONDS",
        help="for example 60/60, or off (default: as the specification states)",
    )
    add(
        "--clock",
        choices=["real", "manual"],
        default="real",
        help="manual: time stands still until it is advanced (default: %(default)s)",
    )
    add(
        "--speed",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="sandbox seconds per real second (default: %(default)g)",
    )
    add(
        "--payment-deadline",
        type=float,
        default=PAYMENT_DEADLINE,
        metavar="SECONDS",
        help="until an unpaid invoice expires (default: %(default)g)",
    )
    add(
        "--auto-confirm",
        type=float,
        metavar="SECONDS",
        help="confirm each verification after this time (default: never)",
    )
    add(
        "--auto-pay",
        type=float,
        metavar="SECONDS",
        help="pay each invoice after this time (default: never)",
    )
    add("--faults", choices=list(PROFILES), help="start with the faults of a profile")
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
    try:
        sandbox = Sandbox(
            host=given.host,
            port=given.port,
            public_url=given.public_url,
            db=given.db,
            seed=given.seed,
            api_key=given.api_key,
            webhook_secret=given.webhook_secret,
            webhook_url=given.webhook_url,
            allow_remote_webhooks=given.allow_remote_webhooks,
            organization=None if given.unverified else "verified",
            rate_limit=given.rate_limit,
            clock=given.clock,
            speed=given.speed,
            payment_deadline=given.payment_deadline,
            auto_confirm=given.auto_confirm,
            auto_pay=given.auto_pay,
        )
    except SandboxError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if not _is_local(given.host):
        sys.stderr.write(
            f"Warning: everyone who can reach {given.host} can use and control this sandbox and "
            "read its API key and webhook secret.\n"
        )
    with sandbox:
        if given.faults is not None:
            sandbox.inject_profile(given.faults)
        sys.stdout.write(_announcement(sandbox, as_json=given.json))
        sys.stdout.flush()
        stopped.wait()
    return 0


def _announcement(sandbox: Sandbox, *, as_json: bool) -> str:
    environment = {**sandbox.environment}
    if as_json:
        return json.dumps({**environment, "url": sandbox.url}) + "\n"
    lines = ["# The environment for your service:"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    lines += [
        f"# Dashboard: {sandbox.url}/ (control: {sandbox.url}/_sandbox/)",
        "# Ctrl+C stops the sandbox.",
    ]
    return "\n".join(lines) + "\n"


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
