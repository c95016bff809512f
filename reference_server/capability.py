"""What every request must satisfy before anybody asks what it wants: syntax, version, reach, method, body.

Each check raises `Refused` with the answer of the dialect (400, 405, 415, 416, 420, 482, 483, 501, 505) and
says nothing when all is well. `check_form` runs before authentication, `check_wish` after it (RFC 3261
section 8.2).
"""

from collections import Counter

from harness.sip.errors import ParseError
from harness.sip.message import Request
from harness.sip.transaction import ServerTransaction
from reference_server.dialect import Dialect
from reference_server.refusal import Refusals, Refused

SINGLE = frozenset({"from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"})
"""Header fields that may stand in a message once, RFC 3261 section 7.3.1."""
WITHOUT_DIALOG = frozenset({"BYE", "PRACK", "UPDATE"})
"""Methods that mean nothing outside a dialog."""


class Capability:
    """The capabilities of a dialect."""

    def __init__(self, dialect: Dialect, refusals: Refusals) -> None:
        self._refusals = refusals
        self._known = frozenset(dialect.known_methods)
        self._allowed = frozenset(dialect.allow) | {"REGISTER"}
        self._supported = frozenset(dialect.supported)
        self._accepted = frozenset(dialect.accept)
        self._schemes = frozenset(dialect.uri_schemes)
        self._allow = ", ".join(dialect.allow)
        self._accept = ", ".join(dialect.accept)

    def check_form(self, request: Request, transaction: ServerTransaction) -> None:
        """Syntax and reach, for requests in and outside dialogs. Raises `Refused`."""
        if request.version.upper() != "SIP/2.0":
            raise self._refusals.refuse("version", request.version)
        self.check_syntax(request)
        if transaction.merged_with is not None:
            raise self._refusals.refuse("merged", "this request on another way")

    def check_syntax(self, request: Request) -> None:
        """Raises `Refused` (400), the reason phrase naming the header field."""
        try:
            if request.cseq.method != request.method:
                raise self._bad("CSeq", f"CSeq {request.cseq} of a {request.method}")
            if request.from_.tag is None and request.branch.startswith("z9hG4bK"):
                raise self._bad("From", "no tag")  # RFC 3261 section 8.1.1.3; RFC 2543 knew none
            _ = request.to, request.call_id, request.max_forwards  # each raises when it cannot be read
            self.check_lengths(request)
        except ParseError as error:
            reason = f"Missing {error.part} header" if error.rule.endswith(".missing") else None
            raise self._bad(error.part or "message", str(error), reason) from None

    def check_lengths(self, request: Request) -> None:
        """Raises `Refused` (400) for fields given twice and for a body that is shorter than it says."""
        keys = request.headers.keys
        if len(set(keys)) != len(keys):
            repeated = [key for key, count in Counter(keys).items() if count > 1 and key in SINGLE]
            if repeated:
                raise self._bad(repeated[0].title(), "twice")
        length = request.headers.get("Content-Length")
        if length is None:
            return
        if not (length.isascii() and length.isdigit()):
            raise self._bad("Content-Length", length)
        if int(length) > len(request.body):  # RFC 3261 section 18.3
            raise self._bad("Content-Length", f"{length}, but {len(request.body)} bytes of body")

    def check_reach(self, request: Request) -> None:
        """Request-URI and Max-Forwards, of requests outside dialogs. Raises `Refused` (400, 416, 483)."""
        scheme = request.uri.partition(":")[0].lower()
        if scheme not in self._schemes:
            schemes = ", ".join(sorted(self._schemes))
            raise self._refusals.refuse("uri_scheme", request.uri, schemes=schemes)
        try:
            _ = request.parsed_uri
        except ParseError as error:
            raise self._bad("Request-URI", str(error), "Bad Request-URI") from None
        if request.max_forwards == 0 and request.method != "OPTIONS":
            raise self._refusals.refuse("max_forwards", "Max-Forwards 0")

    def check_wish(self, request: Request) -> None:
        """Method, extensions and body. Raises `Refused` (501, 405, 420, 415)."""
        self.check_method(request.method)
        keys = request.headers.keys
        if "require" in keys or "proxy-require" in keys:
            self.check_extensions(request)
        if request.body or "content-encoding" in keys:
            self.check_body(request)

    def check_method(self, method: str) -> None:
        """Raises `Refused`: 501 for a method nobody knows, 405 with Allow for one the trunk has not."""
        if method in self._allowed:
            return
        rule = "method_not_allowed" if method in self._known else "method_unknown"
        raise self._refusals.refuse(rule, method, [("Allow", self._allow)], methods=self._allow)

    def check_extensions(self, request: Request) -> None:
        """Raises `Refused` (420) with what is unknown in Unsupported."""
        unknown = [tag for tag in request.require if tag.lower() not in self._supported]
        if unknown:
            raise self._unsupported("extension", unknown)
        proxy = request.headers.get_all("Proxy-Require")
        if proxy:
            raise self._unsupported("proxy_extension", proxy)

    def check_body(self, request: Request) -> None:
        """Raises `Refused` (415) with Accept, or Accept-Encoding."""
        encoding = request.headers.get("Content-Encoding")
        if encoding is not None and encoding.lower() != "identity":
            headers = [("Accept-Encoding", "identity")]
            raise self._refusals.refuse("content_encoding", f"Content-Encoding {encoding}", headers)
        media_type = request.media_type
        if request.body and media_type not in self._accepted:
            seen = "a body without Content-Type" if media_type is None else f"Content-Type {media_type}"
            raise self._refusals.refuse("content_type", seen, [("Accept", self._accept)], accept=self._accept)

    def _unsupported(self, rule: str, tags: list[str]) -> Refused:
        shown = ", ".join(tags)
        headers = [("Unsupported", shown)]
        return self._refusals.refuse(rule, shown, headers, supported=", ".join(sorted(self._supported)))

    def _bad(self, part: str, seen: str, reason: str | None = None) -> Refused:
        return self._refusals.refuse("malformed", seen, reason=reason or f"Bad {part} header")
