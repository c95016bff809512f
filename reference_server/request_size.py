"""Refuses requests that are larger than they need be, before they are read: 413, or 411 when they don't tell.

Around the Manager's application; RFC 9110 sections 15.5.12 and 15.5.14.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from reference_server.rest.problem import refusal


class RequestSize:
    """ASGI that looks at the length of bodies."""

    def __init__(self, application: ASGIApp, most: int) -> None:
        """`most`: bytes."""
        self._application = application
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on whose body has at most so many bytes."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        told = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers:
            detail = "seen a body in chunks; send it with a Content-Length"
            await refusal(411, "no-length", detail)(scope, receive, send)
        elif not told.isdigit() or int(told) > self._most:
            detail = f"seen a body of {told[:20].decode('latin-1')} bytes; send at most {self._most}"
            await refusal(413, "too-large", detail)(scope, receive, send)
        else:
            await self._application(scope, receive, send)
