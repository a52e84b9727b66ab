"""Look a write up whose outcome is in doubt: during the call, and later with `client.confirm`."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from itertools import chain, repeat
from typing import Any

import httpx

from apipay._confirm import plan_for
from apipay._confirm.evidence import Reply, decoded
from apipay._confirm.writes import Write, look_again
from apipay._http.call import Call, Http, attempts, run_call, start, unknown_outcome, wait
from apipay._http.classify import Result
from apipay._steps import Steps
from apipay.errors import ApiPayError, InvalidRequestError, Lookup, OutcomeUnknownError
from apipay_client.operations import Operation
from apipay_client.parsing import json_body

_LOOKUP_GAPS = (1.0, 2.0, 4.0)
"""Seconds between the lookups of a lost write; the last one repeats."""


def confirm(call: Call, http: Http, write: "Write | None", result: Result) -> Steps[httpx.Response]:
    """Look a write in doubt up; return a response that shows it, or raise `OutcomeUnknownError`.

    The write is never sent again.
    """
    lookup = None if write is None else write.lookup(call.sent_at)
    if write is None or lookup is None or not lookup.match:
        raise unknown_outcome(call, result, lookup)
    now = http.session.clock.monotonic
    end = now() + http.session.policy.confirm_for
    if call.deadline is not None:
        end = min(end, call.deadline)
    for gap in chain(_LOOKUP_GAPS, repeat(_LOOKUP_GAPS[-1])):
        with suppress(ApiPayError):  # a lookup that fails is no evidence
            found = yield from write.look(lookup, partial(ask, http, call))
            if found is not None:
                return found
        if now() + gap > end:
            break
        yield from wait(call, http, gap, "lookup")
    raise unknown_outcome(call, result, write.lookup(call.sent_at))


def confirm_later(http: Http, lookup: Lookup | None) -> Steps[Any]:
    """Return the resource that the write made, or None if there is no trace of it so far.

    Raises:
        OutcomeUnknownError: Something is there that could be its result, without exact evidence.
        ApiPayError: The lookup failed.
    """
    if not isinstance(lookup, Lookup):
        raise InvalidRequestError(
            "confirm() takes the `lookup` of an OutcomeUnknownError. If it is None, the operation "
            "has no lookup: check the resource yourself."
        )
    plan = plan_for(lookup.call)
    if plan is None or not lookup.match:
        raise _unconfirmed(lookup, "it was sent without what would make the evidence exact")
    if not plan.needs <= {*lookup.arguments, *lookup.match}:
        raise InvalidRequestError("The lookup is incomplete. Pass one that apipay has made.")
    session = http.session
    finding = yield from look_again(
        plan, lookup, partial(ask, http, None), session.key, session.writes()
    )
    if finding.reply is not None:
        resource = decoded(plan.model, finding.reply)
        if resource is not None:
            return resource
    elif finding.is_clear:
        return None
    raise _unconfirmed(lookup, "there is something that could be its result")


def _unconfirmed(lookup: Lookup, reason: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{lookup.call} cannot be confirmed: {reason}.", operation=lookup.call, lookup=lookup
    )


def ask(
    http: Http,
    parent: Call | None,
    operation: Operation,
    path: Mapping[str, object],
    params: Mapping[str, Any],
) -> Steps[Reply]:
    """Send one lookup, on behalf of the call `parent` or as a call of its own.

    Raises:
        ApiPayError: There is no good response.
    """
    options: Mapping[str, Any] = {} if parent is None else parent.options
    settings = {"timeout": options["timeout"]} if "timeout" in options else {}
    request = http.build_request(
        operation.method,
        operation.path.format_map(path),
        params=params,
        # A cached response is no evidence.
        headers={**options.get("headers", {}), "Cache-Control": "no-cache"},
        extensions={"operation": operation, "options": {"priority": "high"}},
        **settings,
    )
    call = start(request, http.session)
    if parent is None:
        response = yield from run_call(call, http)
    else:
        call.deadline, call.info = parent.deadline, parent.info
        call.purpose, call.max_retries = "lookup", 0
        response = yield from attempts(call, http, None)
    return Reply(response, json_body(response), http.session.clock.time())
