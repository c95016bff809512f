"""The OpenAPI document: complete, with examples that fit and refusals that look alike."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from reference_server.rest.document import EXAMPLES
from tests.reference_server.rest.rest_play import RestPlay

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    told: dict[str, Any] = RestPlay().ask("GET", "/openapi.json", token="").json()
    return told


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def schema_names(value: Any) -> Iterator[str]:
    """Names of the schemas that `value` refers to."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for each in value.values():
            yield from schema_names(each)
    elif isinstance(value, list):
        for each in value:
            yield from schema_names(each)


def test_the_document_is_openapi_3_1_and_needs_no_token(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/api/v1"}]


def test_operations_have_ids_of_their_own_and_a_summary(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert all(operation["summary"] and operation["tags"] for _, _, operation in operations(document))


def test_every_refusal_is_declared_as_problem_json(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        refusals = {status: each for status, each in operation["responses"].items() if status >= "400"}
        assert refusals, f"{method} {path}"
        for each in refusals.values():
            assert list(each["content"]) == ["application/problem+json"], f"{method} {path}"
        if "requestBody" in operation:
            assert {"415", "422"} <= set(refusals), f"{method} {path}"
        if "security" in operation:
            assert {"401", "403", "422"} <= set(refusals), f"{method} {path}"
        if "{" in path:
            assert "404" in refusals, f"{method} {path}"


def test_every_answer_of_json_has_an_example_that_fits(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            if status >= "300" or schema is None or path.endswith(".json"):
                continue
            (name,) = schema_names(schema)
            shown = name if not name.startswith("Page_") else name.removeprefix("Page_").rstrip("_")
            assert shown in examples, f"{method} {path}: {shown} has no example"
    for name, example in examples.items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        jsonschema_rs.validate(whole, example)


def test_every_value_of_a_request_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            simple = {"integer", "boolean"} & {parameter["schema"].get("type")}
            optional = not parameter["required"]
            assert simple or optional or "examples" in parameter["schema"], (
                f"{method} {path}: {parameter['name']}"
            )
        for name in schema_names(operation.get("requestBody", {})):
            for key, value in schemas[name]["properties"].items():
                told = json.dumps(value)
                known = '"boolean"' in told or '"enum"' in told or '"const"' in told or "$ref" in told
                assert known or '"examples"' in told, f"{name}.{key}"
