"""What every request must satisfy before anybody asks what it wants: syntax, version, reach, method, body.

Each check raises `Refused` with the answer of the dialect (400, 405, 415, 416, 420, 482, 483, 501, 505) and
says nothing when all is well. `check_form` runs before authentication, `check_wish` after it (RFC 3261
section 8.2).
"""

from collections import Counter

from harness.sip.cseq import MAXIMUM
from harness.sip.dialog import is_target
from harness.sip.errors import ParseError
from harness.sip.grammar import is_digits
from harness.sip.message import NUMBER_DIGITS, Request
from harness.sip.transaction import ServerTransaction
from harness.sip.uri import SCHEME
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
        self._answered = self._accepted | {"*/*"} | {f"{one.partition('/')[0]}/*" for one in dialect.accept}
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
            if request.cseq.number > MAXIMUM:  # RFC 3261 section 8.1.1.5, RFC 4475 section 3.1.2.4
                raise self._bad("CSeq", f"CSeq {request.cseq}")
            if ";;" in request.headers.top_line("via"):  # RFC 4475 section 3.1.2.1
                raise self._bad("Via", "an empty parameter")
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
        if not is_digits(length):
            raise self._bad("Content-Length", length)
        if len(length) > NUMBER_DIGITS or int(length) > len(request.body):  # RFC 3261 section 18.3
            raise self._bad("Content-Length", f"{length}, but {len(request.body)} bytes of body")

    def check_reach(self, request: Request) -> None:
        """Request-URI and Max-Forwards, of requests outside dialogs. Raises `Refused` (400, 416, 483)."""
        scheme = request.uri.partition(":")[0].lower()
        if scheme not in self._schemes:
            if not SCHEME.fullmatch(scheme):  # <sip:...>, RFC 4475 section 3.1.2.7
                raise self._bad("Request-URI", request.uri, "Bad Request-URI")
            schemes = ", ".join(sorted(self._schemes))
            raise self._refusals.refuse("uri_scheme", request.uri, schemes=schemes)
        try:
            _ = request.parsed_uri
        except ParseError as error:
            raise self._bad("Request-URI", str(error), "Bad Request-URI") from None
        if request.max_forwards == 0 and request.method != "OPTIONS":
            raise self._refusals.refuse("max_forwards", "Max-Forwards 0")

    def check_dialog(self, request: Request) -> None:
        """Contact and Record-Route, of which a dialog is made. Raises `Refused` (400)."""
        try:
            addresses = [("Contact", one) for one in request.contacts]
            if "record-route" in request.headers.keys:
                addresses += [("Record-Route", one) for one in request.record_routes]
        except ParseError as error:
            raise self._bad(error.part, str(error)) from None
        for part, address in addresses:
            if not is_target(address.uri):
                raise self._bad(part, str(address))

    def check_answer_type(self, request: Request) -> None:
        """Raises `Refused` (406) when the sender takes no session description (RFC 3261 section 21.4.7)."""
        if "accept" not in request.headers.keys:
            return
        taken = {one.partition(";")[0].strip().lower() for one in request.headers.get_all("Accept")}
        if taken.isdisjoint(self._answered):
            seen = f"Accept {', '.join(sorted(taken)) or 'nothing'}"
            raise self._refusals.refuse("accept", seen, accept=self._accept)

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
        if request.body and media_type not in self._accepted and not self.may_be_ignored(request):
            seen = "a body without Content-Type" if media_type is None else f"Content-Type {media_type}"
            raise self._refusals.refuse("content_type", seen, [("Accept", self._accept)], accept=self._accept)

    def may_be_ignored(self, request: Request) -> bool:
        """Whether a body of foreign type is optional, or has a part that is understood (RFC 5621)."""
        disposition = (request.headers.get("Content-Disposition") or "").lower().replace(" ", "")
        if ";handling=optional" in disposition:  # RFC 3261 section 20.11
            return True
        if request.media_type != "multipart/mixed":
            return False
        try:
            parts = request.parts
        except ParseError:
            return False
        return any(part.content_type.partition(";")[0].strip().lower() in self._accepted for part in parts)

    def _unsupported(self, rule: str, tags: list[str]) -> Refused:
        shown = ", ".join(tags)
        headers = [("Unsupported", shown)]
        return self._refusals.refuse(rule, shown, headers, supported=", ".join(sorted(self._supported)))

    def _bad(self, part: str, seen: str, reason: str | None = None) -> Refused:
        return self._refusals.refuse("malformed", seen, reason=reason or f"Bad {part} header")
