"""Header field names: their spelling, their compact forms, which of them hold lists (RFC 3261 section 20).

A key is the full name in lower case; it is what `headers` compares.
"""

NAMES = (
    "Accept", "Accept-Contact", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow",
    "Allow-Events", "Authentication-Info", "Authorization", "Call-ID", "Call-Info", "Contact",
    "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Type",
    "CSeq", "Date", "Diversion", "Error-Info", "Event", "Expires", "Feature-Caps", "Flow-Timer", "From",
    "Geolocation", "History-Info", "Identity", "In-Reply-To", "Info-Package", "Join", "Max-Forwards",
    "Min-Expires", "Min-SE", "MIME-Version", "Organization", "P-Access-Network-Info",
    "P-Asserted-Identity", "P-Associated-URI", "P-Preferred-Identity", "Path", "Priority", "Privacy",
    "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Require", "RAck",
    "Reason", "Record-Route", "Recv-Info", "Refer-Sub", "Refer-To", "Referred-By", "Reject-Contact",
    "Remote-Party-ID", "Replaces", "Reply-To", "Request-Disposition", "Require", "Resource-Priority",
    "Retry-After", "Route", "RSeq", "Security-Client", "Security-Server", "Security-Verify", "Server",
    "Service-Route", "Session-Expires", "SIP-ETag", "SIP-If-Match", "Subject", "Subscription-State",
    "Supported", "Target-Dialog", "Timestamp", "To", "Unsupported", "User-Agent", "Via", "Warning",
    "WWW-Authenticate",
)  # fmt: skip
"""Every header field we know, as the RFCs spell it."""

COMPACT = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}
"""Compact form to key (RFC 3261 section 7.3.3 and the IANA registry)."""

CANONICAL = {name.lower(): name for name in NAMES}
"""Key to the spelling that the RFCs use."""

LISTS = frozenset((
    "accept", "accept-contact", "accept-encoding", "accept-language", "alert-info", "allow",
    "allow-events", "call-info", "contact", "content-encoding", "content-language", "diversion",
    "error-info", "feature-caps", "history-info", "in-reply-to", "p-asserted-identity",
    "p-associated-uri", "p-preferred-identity", "path", "proxy-require", "reason", "record-route",
    "recv-info", "reject-contact", "request-disposition", "require", "resource-priority", "route",
    "security-client", "security-server", "security-verify", "service-route", "supported",
    "unsupported", "via", "warning",
))  # fmt: skip
"""Keys of the header fields whose value is a comma-separated list: several lines of one are one list."""

SINGLETONS = (
    "from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type", "expires",
    "min-expires", "date", "content-disposition", "session-expires", "min-se", "rack", "rseq", "replaces",
)  # fmt: skip
"""Keys of the header fields that a message carries once at most."""


class HeaderKeys(dict[str, str]):
    """Spelling to key; knows the usual spellings and works out the others without keeping them."""

    def __missing__(self, name: str) -> str:
        """The key of a rare spelling; "" for a line that goes on from the one before it."""
        if name[:1] in (" ", "\t"):
            return ""
        key = name.strip(" \t").lower()
        return COMPACT.get(key, key)


def usual_spellings() -> HeaderKeys:
    """As in the RFC, in lower case, in upper case, and the compact forms."""
    keys = HeaderKeys()
    for key, name in CANONICAL.items():
        for spelling in (name, key, name.upper(), name.title()):
            keys[spelling] = key
    for compact, key in COMPACT.items():
        keys[compact] = keys[compact.upper()] = CANONICAL[key].lower()
    # one string object per key, so that comparing them is comparing pointers
    interned = {key: key for key in CANONICAL}
    return HeaderKeys((spelling, interned[key]) for spelling, key in keys.items())


KEYS = usual_spellings()


def canonical_name(name: str) -> str:
    """The RFC's spelling of a header name; an unknown name as it came."""
    return CANONICAL.get(KEYS[name], name.strip(" \t"))
