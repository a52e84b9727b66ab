"""The program behind `make demo`: its seven steps, with their figures."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "getting_started.py"


def test_the_seven_steps() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    steps = [line for line in done.stdout.splitlines() if re.match(r"\d\. ", line)]
    wanted = [
        r"1\. verified +organization \d+ is verified",
        r"2\. invoiced +invoice \d+ over 10000\.00 ₸ is pending",
        r"3\. payment_url +redirect the customer to http://127\.0\.0\.1:\d+/pay/\w+",
        r"4\. paid +invoice \d+ is paid since \d\d:\d\d:\d\d UTC",
        r"5\. refunded in part +refund \d+: 2500\.00 ₸ of 10000\.00 ₸",
        r"6\. recurring invoice created +\d+: 990\.00 ₸ monthly, next on 2027-01-31",
        r"7\. listed +1 invoice\(s\): \d+ over 10000\.00 ₸ paid",
    ]
    assert len(steps) == len(wanted)
    for line, pattern in zip(steps, wanted, strict=True):
        assert re.fullmatch(pattern, line), line
    assert re.search(r"waiting for the owner to confirm, \d+ s left", done.stdout)
