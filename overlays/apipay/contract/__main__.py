"""The command line: `python -m apipay.contract --base-url URL`."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

from apipay.contract.probe import Finding, Report, Unusable, Writes, probe
from apipay.errors import ApiPayError

EPILOG = """\
The API key is read from APIPAY_API_KEY. No value of a response is printed: only JSON pointers,
types, and names from the specification.
Exit status: 0 no difference, 1 differences, 2 the service could not be checked.
"""


def main(arguments: list[str] | None = None) -> int:
    """Check a service and print the differences; return the exit status."""
    options = _parser().parse_args(arguments)
    writes = None
    if options.allow_writes:
        writes = Writes(phone=options.phone, idn=options.idn, paid_invoice=options.refund_invoice)
    try:
        report = probe(
            base_url=options.base_url,
            spec=options.spec,
            writes=writes,
            organization=options.organization,
        )
    except (Unusable, ApiPayError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.junit is not None:
        options.junit.write_bytes(as_junit(report))
    print(as_json(report) if options.json else as_table(report))
    return 1 if report.findings else 0


def as_table(report: Report) -> str:
    """Return a table of the findings, then what was not called."""
    rows = [("KIND", "OPERATION", "WHERE", "POINTER", "TIMES", "WHAT"), *map(_row, report.findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]])
        for row in rows
    ]
    total = len(report.called) + len(report.not_called)
    summary = [f"{len(report.findings)} differences in {len(report.called)} of {total} operations."]
    if report.not_called:
        summary.append(f"Not called: {', '.join(report.not_called)}.")
    return "\n".join([*(lines if report.findings else []), *summary])


def _row(finding: Finding) -> tuple[str, str, str, str, str, str]:
    it = finding.problem
    return it.kind, it.operation, it.where, it.pointer or "/", str(finding.count), it.text


def as_json(report: Report) -> str:
    """Return the findings as JSON."""
    findings = [{**asdict(it.problem), "count": it.count} for it in report.findings]
    data = {
        "findings": findings,
        "called": sorted(report.called),
        "not_called": report.not_called,
    }
    return json.dumps(data, indent=2)


def as_junit(report: Report) -> bytes:
    """Return the findings as JUnit XML: one test case for each operation that was called."""
    failures = {it.problem.operation for it in report.findings}
    suite = ElementTree.Element(
        "testsuite",
        name="apipay.contract",
        tests=str(len(report.called)),
        failures=str(len(failures)),
    )
    for name in sorted(report.called):
        case = ElementTree.SubElement(suite, "testcase", classname="apipay.contract", name=name)
        found = [it for it in report.findings if it.problem.operation == name]
        if found:
            failure = ElementTree.SubElement(case, "failure", message=f"{len(found)} differences")
            failure.text = "\n".join(f"{it.problem} x{it.count}" for it in found)
    text: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m apipay.contract",
        description="Compare a running service with the specification, by reading calls.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base-url", help="default: APIPAY_BASE_URL, else the production service")
    parser.add_argument("--spec", type=Path, help="default: the one shipped with apipay-sandbox")
    parser.add_argument("--organization", type=int, metavar="ID", help="whose status to read")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="also write JUnit XML")
    writes = parser.add_argument_group("writes")
    writes.add_argument("--allow-writes", action="store_true", help="also call what changes things")
    writes.add_argument("--phone", help="whom to send invoices of 1 tenge, cancelled at once")
    writes.add_argument("--idn", help="the organization to verify again: its owner has to confirm")
    writes.add_argument("--refund-invoice", type=int, metavar="ID", help="refund 0.01 tenge of it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
