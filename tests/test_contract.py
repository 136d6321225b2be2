"""The contract of the endpoint, against the running server: what is documented, and nothing else.

The numbers are those of the acceptance checks.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from qa_bot.web import contract

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


def test_check_30_the_document_is_valid_openapi(server):
    status, document = server.get("/api/v1/openapi.json")
    assert status == 200
    assert document["openapi"].startswith("3.1")
    validate(document)


DOCUMENT = schemathesis.openapi.from_path(contract.DOCUMENT)
OPERATIONS = [operation.ok() for operation in DOCUMENT.get_all_operations()]
RIGHT, WRONG = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
CASES = [
    pytest.param(operation, mode, id=f"{mode.value} {operation.label}")
    for operation in OPERATIONS
    for mode in (RIGHT, WRONG)
    # Nothing can be wrong with a request that has neither a body nor a query.
    if mode is RIGHT or operation.body or operation.query
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_check_30_no_request_finds_what_is_not_documented(server, operation, mode):
    @bounded(max_examples=15, derandomize=True, deadline=None, suppress_health_check=HealthCheck)
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        case.call_and_validate(base_url=f"http://127.0.0.1:{server.port}", checks=CHECKS)

    check()
