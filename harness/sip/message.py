"""SIP messages: requests and responses, kept as they came and read when asked. START HERE for `harness.sip`.

`parse_message` takes bytes apart no further than lines; typed values (`from_`, `vias`, `cseq` ...) are
views, made on first use and dropped when a header field changes. ``bytes()`` of a parsed message is what
was parsed; a change touches its own line only. Framing on a byte stream is `stream`'s work, judging a
message `validation`'s.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self

from harness.sip.body_parts import BodyPart, split_parts
from harness.sip.core_fields import read_call_id, read_cseq, read_from, read_to, read_top_via, read_vias
from harness.sip.cseq import CSeq
from harness.sip.errors import Defect, LocalError, ParseError
from harness.sip.grammar import is_digits, is_token
from harness.sip.head import split_head
from harness.sip.header_names import CANONICAL
from harness.sip.headers import Headers
from harness.sip.name_addr import NameAddr
from harness.sip.reason_phrases import REASON_PHRASES as REASON_PHRASES
from harness.sip.start_line import VERSION, StatusLine, parse_start_line
from harness.sip.uri import Uri, parse_uri
from harness.sip.validation import Layout, find_defects
from harness.sip.via import Via

ALWAYS_COPIED = frozenset(
    {"from", "to", "call-id", "cseq"}
)  # RFC 3261 section 8.2.6.2; Via is copied line by line
DIALOG_FORMING = frozenset({"INVITE", "SUBSCRIBE", "REFER"})  # their 1xx and 2xx carry the route set: 12.1.1
METHODS = frozenset((
    "INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "PRACK", "UPDATE", "SUBSCRIBE", "NOTIFY",
    "PUBLISH", "INFO", "REFER", "MESSAGE",
))  # fmt: skip
NUMBER_DIGITS = 64  # a longer number is no number


class Message:
    """What requests and responses have in common."""

    __slots__ = ("_body", "_layout", "_source", "_start_line", "_start_parts", "headers")

    headers: Headers
    _start_line: str
    """The start line as it came; holds as long as `_start_parts` are the parts of today."""
    _start_parts: tuple[object, ...]
    _body: bytes
    _source: bytes | None
    """What was parsed; None for a message built here."""
    _layout: tuple[int, int, int, int]
    """Where in `_source` the head starts and ends, and the body starts and ends."""

    @property
    def body(self) -> bytes:
        """The body. Setting it corrects a Content-Length that is there and adds one that is not."""
        return self._body

    @body.setter
    def body(self, body: bytes) -> None:
        self.headers.set("Content-Length", str(len(body)))
        self._body = body
        if self._source is not None:
            start, end, body_start, _ = self._layout
            self._layout = (
                start,
                end,
                body_start,
                len(self._source),
            )  # what lay behind the old body goes with it

    @property
    def discarded(self) -> bytes:
        """Bytes of the datagram behind the body that Content-Length cuts off (RFC 3261 section 18.3)."""
        return self._source[self._layout[3] :] if self._source is not None else b""

    @property
    def start_line(self) -> str:
        """The request line or status line."""
        return self._start_line if self._start_parts == self._current_parts() else self._make_start_line()

    def __bytes__(self) -> bytes:
        source = self._source
        if source is None:
            text = "\r\n".join([self.start_line, *self.headers.lines, "\r\n"])
            return text.encode("utf-8", "surrogateescape") + self._body
        if not self.headers.modified and self._start_parts == self._current_parts():
            return source
        head = "\r\n".join([self.start_line, *self.headers.lines, "\r\n"]).encode("utf-8", "surrogateescape")
        return b"".join((source[: self._layout[0]], head, self._body, source[self._layout[3] :]))

    def fill(
        self,
        headers: Headers,
        start_line: str,
        body: bytes,
        source: bytes | None = None,
        layout: tuple[int, int, int, int] = (0, 0, 0, 0),
    ) -> None:
        """Give a new message its content, when its start line is set: for `parse_message` and builders."""
        self.headers = headers
        self._start_line = start_line
        self._start_parts = self._current_parts()
        self._body = body
        self._source = source
        self._layout = layout

    def copy(self) -> Self:
        """An independent copy."""
        twin = type(self).__new__(type(self))
        for base in type(self).__mro__[:-1]:
            for name in base.__dict__.get("__slots__", ()):
                setattr(twin, name, getattr(self, name))
        twin.headers = self.headers.copy()
        return twin

    # Typed views. Each raises ParseError when its header field is missing (the first five) or cannot be read.

    @property
    def via(self) -> Via:
        """The topmost Via."""
        found: Via = self._view("via", read_top_via)
        return found

    @property
    def vias(self) -> list[Via]:
        """Every Via, topmost first."""
        found: list[Via] = self._view("vias", read_vias)
        return found

    @property
    def branch(self) -> str:
        """The branch of the topmost Via; "" when it has none."""
        line = self.headers.top_line("via")
        before, found, rest = line.partition(";branch=")
        if found and "," not in before and '"' not in line and "\n" not in line:
            return rest.partition(";")[0].partition(",")[0].strip(" \t")
        return self.via.branch

    @property
    def from_(self) -> NameAddr:
        """The From."""
        found: NameAddr = self._view("from", read_from)
        return found

    @property
    def to(self) -> NameAddr:
        """The To."""
        found: NameAddr = self._view("to", read_to)
        return found

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        found: str = self._view("call-id", read_call_id)
        return found

    @property
    def cseq(self) -> CSeq:
        """The CSeq."""
        found: CSeq = self._view("cseq", read_cseq)
        return found

    @property
    def contacts(self) -> list[NameAddr]:
        """Every Contact; none for ``Contact: *``, see `contact_is_star`."""
        return [] if self.contact_is_star else self._addresses("Contact")

    @property
    def contact_is_star(self) -> bool:
        """Whether this is the ``Contact: *`` that removes all bindings (RFC 3261 section 10.2.2)."""
        return self.headers.get("Contact") == "*"

    @property
    def routes(self) -> list[NameAddr]:
        """Every Route, the next one first."""
        return self._addresses("Route")

    @property
    def record_routes(self) -> list[NameAddr]:
        """Every Record-Route, topmost first."""
        return self._addresses("Record-Route")

    @property
    def max_forwards(self) -> int | None:
        """The Max-Forwards; None when there is none."""
        return self._number("Max-Forwards")

    @property
    def expires(self) -> int | None:
        """The Expires in seconds; None when there is none."""
        return self._number("Expires")

    @property
    def require(self) -> tuple[str, ...]:
        """The option tags of Require, as they came."""
        return tuple(self.headers.get_all("Require"))

    @property
    def supported(self) -> tuple[str, ...]:
        """The option tags of Supported, as they came."""
        return tuple(self.headers.get_all("Supported"))

    @property
    def allow(self) -> tuple[str, ...]:
        """The methods of Allow."""
        return tuple(self.headers.get_all("Allow"))

    @property
    def content_type(self) -> str | None:
        """The Content-Type with its parameters, as it came."""
        return self.headers.get("Content-Type")

    @property
    def media_type(self) -> str | None:
        """The Content-Type without parameters and white space, in lower case."""
        value = self.headers.get("Content-Type")
        return None if value is None else "".join(value.partition(";")[0].split()).lower()

    @property
    def parts(self) -> tuple[BodyPart, ...]:
        """The parts of a multipart body; any other body is one. Raises ParseError ``multipart.boundary``."""
        return split_parts(self.content_type, self._body)

    @property
    def defects(self) -> tuple[Defect, ...]:
        """Everything that is wrong with this message as bytes, in the order of the bytes."""
        if self._source is None or bytes(self) is not self._source:
            return parse_message(bytes(self)).defects
        found: tuple[Defect, ...] = self._view("defects", self._find_defects)
        return found

    def _find_defects(self, headers: Headers) -> tuple[Defect, ...]:
        return find_defects(self._source or b"", Layout(*self._layout), self._start_line, headers)

    def _addresses(self, name: str) -> list[NameAddr]:
        found: list[NameAddr] = self._view(
            name.lower(), lambda headers: [NameAddr.parse(text) for text in headers.get_all(name)]
        )
        return found

    def _number(self, name: str) -> int | None:
        value = self.headers.get(name)
        if value is None:
            return None
        if not is_digits(value) or len(value) > NUMBER_DIGITS:
            raise ParseError(f"{name.lower()}.number", 0, value, "digits", name)
        return int(value)

    def _view(self, key: str, read: Callable[[Headers], Any]) -> Any:
        views = self.headers.views
        if key in views:
            return views[key]
        try:
            found = views[key] = read(self.headers)
        except ParseError as failure:
            raise failure.moved(0, failure.part or CANONICAL.get(key, key)) from None
        return found

    def _current_parts(self) -> tuple[object, ...]:
        raise NotImplementedError

    def _make_start_line(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        size = f"{len(self.headers)} fields, {len(self._body)} bytes of body"
        return f"<{type(self).__name__} {self.start_line!r}, {size}>"


class Request(Message):
    """A request."""

    __slots__ = ("method", "uri", "version")

    method: str
    """As it came: methods are case-sensitive."""
    uri: str
    """The Request-URI, as it came."""
    version: str

    @classmethod
    def build(
        cls, method: str, uri: str | Uri, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> "Request":
        """Make a request; Content-Length is added unless given. Raises LocalError."""
        uri = str(uri)
        if not is_token(method) or not uri or any(character in uri for character in " \r\n\t"):
            raise LocalError(f"{method!r} {uri!r} is no request line; give a token and a URI without spaces")
        request = cls.__new__(cls)
        request.method = method
        request.uri = uri
        request.version = VERSION
        request.fill(with_length(Headers(headers), body), f"{method} {uri} {VERSION}", body)
        return request

    @property
    def parsed_uri(self) -> Uri:
        """The Request-URI. Raises ParseError ``uri.*``."""
        return parse_uri(self.uri)

    def response(
        self,
        status: int,
        reason: str | None = None,
        *,
        to_tag: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> "Response":
        """Make a response to this request (RFC 3261 section 8.2.6).

        Copies Via, From, To, Call-ID and CSeq as they came. `to_tag` goes to a To that has none, except for
        100. Copies Record-Route where the response forms a dialog, and Timestamp into a 100. Raises
        LocalError.
        """
        if 100 < status < 300 and self.method in DIALOG_FORMING:
            copied = self._copied_fields("record-route")
        else:
            copied = self._copied_fields("timestamp" if status == 100 else "")
        extra = Headers(headers)
        lines = copied.lines + extra.lines
        if copied.to >= 0 and to_tag and status != 100:
            lines[copied.to] = self._tagged(lines[copied.to], to_tag)
        extra.keys, extra.lines = copied.keys + extra.keys, lines
        return Response.from_headers(status, reason, with_length(extra, body), body)

    def _copied_fields(self, besides: str) -> "_CopiedFields":
        """What responses repeat, Via, From, To, Call-ID, CSeq and `besides`; found once for all of them."""
        mine = self.headers
        name = "copied and " + besides if besides in mine.keys else "copied"
        found: _CopiedFields | None = mine.views.get(name)
        if found is None:
            keys: list[str] = []
            lines: list[str] = []
            for key, line in zip(mine.keys, mine.lines, strict=True):
                is_once = (key in ALWAYS_COPIED or key == besides == "timestamp") and key not in keys
                if key == "via" or is_once or key == besides == "record-route":
                    keys.append(key)
                    lines.append(line)
            to = keys.index("to") if "to" in keys else -1
            found = mine.views[name] = _CopiedFields(keys, lines, to)
        return found

    def _tagged(self, line: str, to_tag: str) -> str:
        """The To line with a tag, unless it has one. Raises LocalError."""
        if "tag" in line.lower() and self._has_to_tag(line):
            return line
        if not is_token(to_tag):
            raise LocalError(f"tag {to_tag!r} is no token; use letters, digits and -.!%*_+`'~")
        return f"{line.rstrip()};tag={to_tag}"

    def _has_to_tag(self, line: str) -> bool:
        """Whether the To has a tag, as far as one can tell of a To that breaks the grammar."""
        try:
            return self.to.tag is not None
        except ParseError:
            return ";tag=" in line.lower()

    def _current_parts(self) -> tuple[object, ...]:
        return self.method, self.uri, self.version

    def _make_start_line(self) -> str:
        return f"{self.method} {self.uri} {self.version}"


class _CopiedFields(NamedTuple):
    """The header fields of a request that stand in its responses too."""

    keys: list[str]
    lines: list[str]
    to: int
    """The index of To; -1 when there is none."""


class Response(Message):
    """A response."""

    __slots__ = ("reason", "status", "version")

    version: str
    status: int
    reason: str
    """The reason phrase as it came; "" when there is none."""

    @classmethod
    def build(
        cls,
        status: int,
        reason: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> "Response":
        """Make a response; without `reason` the registered phrase. Content-Length is added unless given.

        `Request.response` copies what a response must repeat. Raises LocalError.
        """
        return cls.from_headers(status, reason, with_length(Headers(headers), body), body)

    @classmethod
    def from_headers(cls, status: int, reason: str | None, headers: Headers, body: bytes) -> "Response":
        """Make a response of header fields that are complete; keeps them. Raises LocalError."""
        if reason is None:
            reason = REASON_PHRASES.get(status, "")
        elif "\n" in reason or "\r" in reason:
            raise LocalError(f"reason phrase {reason!r} breaks the status line; remove the line end")
        if not 100 <= status <= 699:
            raise LocalError(f"status {status} is none of 100 to 699")
        response = cls.__new__(cls)
        response.version = VERSION
        response.status = status
        response.reason = reason
        response.fill(headers, f"{VERSION} {status} {reason}", body)
        return response

    def _current_parts(self) -> tuple[object, ...]:
        return self.version, self.status, self.reason

    def _make_start_line(self) -> str:
        return f"{self.version} {self.status} {self.reason}"


def parse_message(data: bytes, *, strict: bool = False) -> Request | Response:
    """Read one message, a datagram or what `stream` cut off.

    Lenient, it raises ParseError only when there is no start line to be made out; what else is wrong stands
    in `Message.defects`. Strict, it raises the first defect, with its byte offset in `data`.
    """
    end = data.find(b"\r\n\r\n")
    text = data[:end].decode("utf-8", "surrogateescape") if end > 0 else ""
    start_line, *lines = text.split("\r\n")
    start, body_start = 0, end + 4
    headers = Headers.from_lines(lines)
    if not start_line or "" in headers.keys or text.count("\n") != len(lines):
        lines, start, end, body_start = split_head(data)
        start_line, *lines = lines
        headers = Headers.from_lines(lines)
    message = read_start_line(start_line)
    body_end = end_of_body(headers, body_start, len(data))
    body = data[body_start:body_end]
    message.fill(headers, start_line, body, data, (start, end, body_start, body_end))
    if strict and message.defects:
        first = message.defects[0]
        raise ParseError(first.rule, first.offset, first.seen, first.expected, first.part)
    return message


def read_start_line(line: str) -> Request | Response:
    """A message that has its start line and nothing else yet. Raises ParseError ``start-line.*``."""
    method, _, rest = line.partition(" ")
    if method in METHODS and rest[-8:] == " SIP/2.0" and rest.count(" ") == 1 and len(rest) > len(" SIP/2.0"):
        request = Request.__new__(Request)
        request.method, request.uri, request.version = method, rest[:-8], VERSION
        return request
    parsed = parse_start_line(line)
    if isinstance(parsed, StatusLine):
        response = Response.__new__(Response)
        response.version, response.status, response.reason = parsed
        return response
    request = Request.__new__(Request)
    request.method, request.uri, request.version = parsed
    return request


def with_length(headers: Headers, body: bytes) -> Headers:
    """The same header fields, with a Content-Length if they had none."""
    if "content-length" not in headers.keys:
        headers.keys.append("content-length")
        headers.lines.append(f"Content-Length: {len(body)}")
    return headers


def end_of_body(headers: Headers, start: int, length: int) -> int:
    """Where the body ends: where Content-Length says, or with the data (RFC 3261 section 18.3)."""
    value = headers.get("Content-Length")
    if value is None or not is_digits(value) or len(value) > NUMBER_DIGITS:
        return length
    return min(start + int(value), length)
