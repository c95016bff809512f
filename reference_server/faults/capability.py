"""Faults of what the trunk says it can and cannot do."""

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import responses, without
from harness.sip.message import Request, Response
from harness.sip.transaction import ServerTransaction
from harness.sip.transaction_events import RequestReceived
from reference_server.capability import Capability
from reference_server.dispatch import Dispatch
from reference_server.faults.fault import Fault, value


class _AnyBody(Capability):
    def check_body(self, request: Request) -> None:
        pass


class _AnyExtension(Capability):
    def check_extensions(self, request: Request) -> None:
        pass


class _AnyReach(Capability):
    def check_reach(self, request: Request) -> None:
        if request.max_forwards != 0:
            super().check_reach(request)


class _AnyVersion(Capability):
    def check_form(self, request: Request, transaction: ServerTransaction) -> None:
        request.version = "SIP/2.0"
        super().check_form(request, transaction)


class _MergedAccepted(Capability):
    def check_form(self, request: Request, transaction: ServerTransaction) -> None:
        transaction.merged_with = None
        super().check_form(request, transaction)


class _OptionsRefused(Dispatch):
    __slots__ = ()

    def options(self, event: RequestReceived, now: float) -> None:
        self.respond(event, 404, now)


def _with_long_content_length(response: Response) -> Response:
    response.headers.set("Content-Length", str(len(response.body) + 5))
    return response


FAULTS = (
    Fault(
        "unknown-method-500",
        "capability.method-unknown-501",
        "an unknown method is answered with 500",
        value({"refusal": {"method_unknown": {"status": 500}}}),
    ),
    Fault(
        "allow-missing",
        "capability.method-not-allowed-405",
        "405 comes without Allow",
        sip_out(responses(without("Allow"), statuses=(405,))),
    ),
    Fault(
        "any-body-accepted",
        "capability.content-type-415",
        "a body of unknown type is passed over",
        part(capability=_AnyBody),
    ),
    Fault(
        "foreign-scheme-404",
        "capability.uri-scheme-416",
        "a Request-URI of unknown scheme is answered with 404",
        value({"refusal": {"uri_scheme": {"status": 404}}}),
    ),
    Fault(
        "require-ignored",
        "capability.extension-420",
        "unknown extensions in Require are passed over",
        part(capability=_AnyExtension),
    ),
    Fault(
        "max-forwards-ignored",
        "capability.max-forwards-483",
        "Max-Forwards 0 is passed over",
        part(capability=_AnyReach),
    ),
    Fault(
        "not-acceptable-606",
        "capability.not-acceptable-488",
        "an offer that cannot be met is answered with 606",
        value({"refusal": {"not_acceptable": {"status": 606}}}),
    ),
    Fault(
        "any-version-accepted",
        "capability.version-505",
        "any SIP version is accepted",
        part(capability=_AnyVersion),
    ),
    Fault(
        "malformed-500",
        "capability.malformed-400",
        "a malformed request is answered with 500",
        value({"refusal": {"malformed": {"status": 500}}}),
    ),
    Fault(
        "content-length-wrong",
        "capability.content-length",
        "Content-Length of responses is five too many",
        sip_out(responses(_with_long_content_length)),
    ),
    Fault(
        "merged-accepted",
        "capability.merged-482",
        "a merged request is answered like a new one",
        part(capability=_MergedAccepted),
    ),
    Fault(
        "options-refused",
        "liveness.options-200",
        "OPTIONS is answered with 404",
        part(dispatch=_OptionsRefused),
    ),
    Fault(
        "options-allow-missing",
        "liveness.options-allow",
        "the 200 to OPTIONS has no Allow",
        sip_out(responses(without("Allow"), method="OPTIONS")),
    ),
)
