"""Which scopes each operation needs: the whole matrix, and roles behind tokens."""

from typing import Any

import pytest

from reference_server.manager.people.tokens import SCOPES
from tests.reference_server.rest.rest_play import RestPlay

WITHOUT_TOKEN = {("post", "/administrators")}
OF_ALL_READERS = {"read"}


@pytest.fixture(scope="module")
def api() -> RestPlay:
    return RestPlay()


def operations(api: RestPlay) -> list[tuple[str, str, dict[str, Any]]]:
    paths = api.ask("GET", "/openapi.json").json()["paths"]
    return [(method, path, each) for path, methods in paths.items() for method, each in methods.items()]


def filled(path: str) -> str:
    names = {"sip_username": "99059", "number": "+442079460999", "name": "nobody", "call_id": "x"}
    values = {**names, "id": "999", "record_id": "999"}
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return f"{path}?seconds=0" if path == "/events" else path


def refused_for_scope(api: RestPlay, method: str, path: str, token: str) -> bool:
    """Asks without a body: what a token may do fails later, for the body or for what isn't there."""
    answer = api.send(
        method, filled(path), headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    )
    return answer.status_code == 403 and answer.json()["type"] == "/api/v1/problems/missing-scope"


def test_every_operation_needs_exactly_the_scopes_that_the_document_says(api: RestPlay) -> None:
    tokens = {scope: api.token_with(scope) for scope in SCOPES}
    for method, path, operation in operations(api):
        if (method, path) in WITHOUT_TOKEN:
            assert "security" not in operation
            continue
        (needed,) = (set(each["token"]) for each in operation["security"])
        assert needed, f"{method} {path}"
        for scope, token in tokens.items():
            assert refused_for_scope(api, method, path, token) == (needed != {scope}), (
                f"{method} {path} {scope}"
            )
        assert not refused_for_scope(api, method, path, api.token_with(*needed)), f"{method} {path}"
        others = set(SCOPES) - needed
        assert refused_for_scope(api, method, path, api.token_with(*others)), f"{method} {path}"


def test_reading_needs_the_scope_read_and_changing_another(api: RestPlay) -> None:
    people = ("/administrators", "/invitations", "/tokens", "/audit")
    for method, path, operation in operations(api):
        if (method, path) in WITHOUT_TOKEN:
            continue
        needed = set(operation["security"][0]["token"])
        if path.startswith(people):
            assert needed == {"people"}, path
        else:
            assert (needed == OF_ALL_READERS) == (method == "get"), f"{method} {path}"


def test_no_operation_works_without_a_token(api: RestPlay) -> None:
    for method, path, _ in operations(api):
        if (method, path) not in WITHOUT_TOKEN:
            headers = {"Content-Type": "application/json"}
            assert api.send(method, filled(path), headers=headers).status_code == 401, f"{method} {path}"


def test_the_token_of_somebody_who_became_a_viewer_changes_nothing() -> None:
    api = RestPlay()
    hers = api.administrator()
    invited = api.ask("POST", "/invitations", {"role": "administrator"}, token=hers).json()
    wish = {"invitation": invited["secret"], "name": "vera", "password": "quite another one"}
    assert api.ask("POST", "/administrators", wish, token="").status_code == 201
    assert api.ask("POST", "/profiles", {"name": "x"}, token=hers).status_code == 201
    assert api.ask("PATCH", "/administrators/ada", {"role": "viewer"}).status_code == 200
    assert api.ask("POST", "/profiles", {"name": "y"}, token=hers).status_code == 403
    assert api.ask("GET", "/profiles", token=hers).status_code == 200
    assert api.ask("GET", "/me", token=hers).json() == {"name": "ada", "role": "viewer", "scopes": ["read"]}
