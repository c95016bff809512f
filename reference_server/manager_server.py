"""The Manager's listener: the console at `/` and the REST API at `/api/v1`, both on one port.

An address that others can reach is served with TLS alone: by the named certificate, or by one that is made at
the start. What is answered is `console`'s and `rest`'s; the services behind both are `manager`'s.
"""

import ssl
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from fastapi import FastAPI

from reference_server.certificate import tls_context
from reference_server.console.application import Watch, add_console
from reference_server.console.security_headers import SecurityHeaders
from reference_server.http_listener import HttpListener
from reference_server.listener import parse_address
from reference_server.manager.manager import Manager
from reference_server.manager_settings import ManagerSettings
from reference_server.request_size import RequestSize
from reference_server.rest.application import make_rest
from reference_server.rest.document import PATH
from reference_server.rest.idempotency import Answers
from reference_server.start import StartFailed
from reference_server.store.database import Database

MOST_BYTES = 64 * 1024
"""Of a request's body; no form or order comes near it."""


def make_application(
    manager: Manager, database: Database, clock: Callable[[], float], watch: Watch | None = None
) -> FastAPI:
    """Console and REST API as one ASGI application; `watch` as the console wants it.

    `application.state.document()` makes the OpenAPI document, which takes a while the first time.
    """
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    api = make_rest(manager, Answers(database, clock))
    api.add_middleware(SecurityHeaders)
    application.mount(PATH, api)
    application.state.document = api.openapi
    add_console(application, manager, watch)
    application.add_middleware(RequestSize, most=MOST_BYTES)
    return application


class ManagerServer(HttpListener):
    """Console and REST API, served from `start` to `stop`."""

    def __init__(self, application: FastAPI, settings: ManagerSettings, domain: str, beside: Path) -> None:
        """`domain` stands in a certificate that is made here. Raises `StartFailed`."""
        tls = manager_tls(settings, domain, beside)
        super().__init__(application, settings.address, "[manager] address", tls)


def manager_tls(settings: ManagerSettings, domain: str, beside: Path) -> ssl.SSLContext | None:
    """TLS where a certificate is named or others can reach the address, else None. Raises `StartFailed`."""
    host = parse_address(settings.address)[0]
    if settings.certificate is None and is_loopback(host):
        return None
    try:
        return tls_context(settings.certificate, settings.private_key, domain, [host], beside)
    except (OSError, ssl.SSLError) as error:
        files = f"{settings.certificate} with key {settings.private_key or '(in it)'}"
        reason = error.strerror or error
        raise StartFailed(f"[manager] certificate: {files} cannot be used: {reason}") from None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
