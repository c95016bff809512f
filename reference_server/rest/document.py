"""The OpenAPI document of the REST API: FastAPI's, with how refusals look and an example of each answer.

The examples are real answers, kept in `examples.json` by the name of their schema.
"""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from reference_server.rest.problem import ProblemDocument

PATH = "/api/v1"
EXAMPLES = Path(__file__).parent / "examples.json"


class DocumentedApi(FastAPI):
    """FastAPI with our document."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document."""
        if self.openapi_schema is None:
            self.openapi_schema = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            self.openapi_schema["servers"] = [{"url": PATH}]
            schemas = self.openapi_schema["components"]["schemas"]
            _add_problem(schemas)
            _add_examples(schemas)
        return self.openapi_schema


def _add_problem(schemas: dict[str, Any]) -> None:
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas["ProblemDocument"] = schema


def _add_examples(schemas: dict[str, Any]) -> None:
    for name, example in json.loads(EXAMPLES.read_text(encoding="utf-8")).items():
        schemas[name]["examples"] = [example]
