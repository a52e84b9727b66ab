"""What the document states about operations and statuses, as overlays read it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.problems import SpecError
from generator.reading import parse

SPEC = Path(__file__).parent / "clients" / "facts.yaml"


def test_limits_empty_successes_and_failures_without_effect(make: Any) -> None:
    module = make(SPEC).module("operations")
    create, listing = module.OPERATIONS["createJob"], module.OPERATIONS["listJobs"]
    assert create.success == (200, 202, 204)
    assert create.no_content == (202, 204)
    assert create.no_effect == (429, 503)
    assert create.rate_limit == module.RateLimit(requests=5, seconds=1.5)
    assert (listing.no_content, listing.rate_limit) == ((), None)
    assert listing.no_effect == tuple(range(501, 600))
    assert module.EXTENSIONS["x-rate-limit"]["requests"] == 60


def test_pages_by_number_and_by_cursor(make: Any) -> None:
    module = make(SPEC).module("operations")
    assert module.OPERATIONS["listJobs"].pagination == module.Pagination(
        cursor="after", size="limit", items="data", next="links.next"
    )
    assert module.OPERATIONS["listSimple"].pagination == module.Pagination(
        page="page", items="data"
    )


def test_the_messages_that_examples_of_errors_state(make: Any) -> None:
    stated = make(SPEC).module("operations").STATED_MESSAGES
    assert sorted(stated) == ["Not now.", "Slow down.", 'Too "odd".', "Too long.", "Wrong."]


def test_final_values_of_an_enum(make: Any) -> None:
    models = make(SPEC).module("models")
    status = models.JobStatus
    assert [value for value in status if value.is_final] == [status.DONE, status.FAILED]
    assert not status("new").is_final
    assert [size for size in (1, 2, 9) if models.Size(size).is_final] == [2]
    assert not hasattr(make(SPEC.with_name("kinds.yaml")).module("models").Colour, "is_final")


def _drop_next(document: Any) -> None:
    del document["paths"]["/jobs"]["get"]["x-pagination"]["next"]


def _name_a_strange_final(document: Any) -> None:
    document["components"]["schemas"]["JobStatus"]["x-final"] = ["gone"]


def _limit_nothing(document: Any) -> None:
    document["paths"]["/jobs"]["post"]["x-rate-limit"] = {"requests": 0, "window_seconds": 1}


def _page_nothing(document: Any) -> None:
    document["paths"]["/simple"]["get"]["x-pagination"] = {"items": "data"}


@pytest.mark.parametrize(
    ("spoil", "pointer"),
    [
        (_drop_next, "/paths/~1jobs/get/x-pagination"),
        (_name_a_strange_final, "/components/schemas/JobStatus/x-final"),
        (_limit_nothing, "/paths/~1jobs/post/x-rate-limit"),
        (_page_nothing, "/paths/~1simple/get/x-pagination"),
    ],
)
def test_facts_that_make_no_sense_are_refused(
    make: Any, spoil: Callable[[Any], None], pointer: str
) -> None:
    document = parse(SPEC.read_bytes())
    spoil(document)
    with pytest.raises(SpecError) as caught:
        make(document)
    assert caught.value.pointer == pointer
