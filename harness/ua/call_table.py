"""The calls of one owner, found by what comes in.

A phone keeps all its calls here, a trunk those that live. Events inside transactions name their
call themselves; requests inside dialogs are found by Call-ID and tag.
"""

from collections.abc import Iterator

from harness.sip.errors import ParseError
from harness.sip.transaction_events import (
    AckReceived,
    CancelReceived,
    RequestReceived,
    ResponseReceived,
    TransactionEvent,
    TransactionTimedOut,
    TransportFailed,
)
from harness.ua.call import Call


class CallTable:
    """Calls by Call-ID; both legs of a call to oneself share one."""

    def __init__(self) -> None:
        self._by_call_id: dict[str, list[Call]] = {}

    def __iter__(self) -> Iterator[Call]:
        return (call for calls in self._by_call_id.values() for call in calls)

    def __len__(self) -> int:
        return sum(len(calls) for calls in self._by_call_id.values())

    def add(self, call: Call) -> None:
        self._by_call_id.setdefault(call.call_id, []).append(call)

    def discard(self, call: Call) -> None:
        """Forget a call; one that is not here is ignored."""
        calls = self._by_call_id.get(call.call_id, [])
        if call in calls:
            calls.remove(call)
            if not calls:
                del self._by_call_id[call.call_id]

    def find(self, event: TransactionEvent) -> Call | None:
        """The call that an event is about; None: it is about none of these."""
        match event:
            case ResponseReceived(transaction=transaction):
                owner = (transaction.cancels or transaction).owner
                return owner if isinstance(owner, Call) else None
            case (
                TransactionTimedOut(transaction=any_transaction)
                | TransportFailed(transaction=any_transaction)
            ):
                return any_transaction.owner if isinstance(any_transaction.owner, Call) else None
            case CancelReceived(transaction=server):
                return server.owner if isinstance(server.owner, Call) else None
            case RequestReceived(request=request) | AckReceived(request=request):
                try:
                    calls = self._by_call_id.get(request.call_id, ())
                    return next((call for call in calls if call.owns(event)), None)
                except ParseError:
                    return None
            case _:
                return None
