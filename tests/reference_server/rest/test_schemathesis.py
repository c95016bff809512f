"""Every operation of the REST API under data that fits its document, and data that doesn't (schemathesis).

Judged by all of its checks: no server error, only documented answers of the documented shape, wrong data is
refused, fitting data isn't, no token no answer. The world behind the API is a real trunk with money in it.
"""

from typing import Any, TypeAlias

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)

from tests.reference_server.rest.rest_play import RestPlay

Case: TypeAlias = "schemathesis.Case[Any]"

EXAMPLES = 6
"""Cases of each operation that hypothesis makes, besides the fixed ones."""
FITTING = ["2xx", "401", "402", "403", "404", "409", "422", "429"]
"""Answers to data that fit: what is well written may name what isn't there, or ask for what can't be."""


def _world() -> RestPlay:
    """One that has what the examples of the document name."""
    made = RestPlay().funded("100000.00")
    made.pay("POST", "/numbers", {"number": "+442079460700"})
    made.ask(
        "POST", "/accounts", {"name": "sales.example", "display": "Sales", "password": "a long password 1"}
    )
    made.ask("POST", "/invitations", {"role": "viewer"})
    return made


_play = _world()
_config = SchemathesisConfig(
    seed=5,
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(max_examples=EXAMPLES, deterministic=True, database="none"),
            checks=ChecksConfig(
                positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=FITTING)
            ),
        )
    ),
)
schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", _play.application, config=_config)


@schema.exclude(path="/events").parametrize()  # a stream that lasts as long as it is asked to
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_operation_keeps_to_its_document(case: Case) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {_play.token}"})
