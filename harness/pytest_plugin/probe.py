"""Is anybody there? One OPTIONS, then one REGISTER, before the scenarios begin.

Any answer will do. Judging answers is the scenarios' work.
"""

from harness.drivers.driver import Driver
from harness.drivers.errors import TargetUnreachable, WaitTimeout
from harness.drivers.phone import Phone
from harness.sip.message import Response
from harness.ua.account import Account
from harness.ua.exchange import Exchange

PATIENCE = 1.5  # seconds for each of the two requests: the whole must be told within 5 s


def probe(driver: Driver, account: Account, local: tuple[str, int]) -> str | None:
    """What the target calls itself (Server or User-Agent), None when it does not say.

    Raises `TargetUnreachable` saying what was tried.
    """
    hop = account.registrar
    with Phone(driver, account, local=local, transport=hop.transport) as phone:
        for method in ("OPTIONS", "REGISTER"):
            try:
                answer = phone.request(method, authenticate=False, timeout=PATIENCE)
            except WaitTimeout:
                continue
            except TargetUnreachable as error:
                raise TargetUnreachable(
                    hop, f"{error.reason} (tried {method} over {hop.transport})"
                ) from error
            return _server(answer)
    tried = f"no answer to OPTIONS and REGISTER over {hop.transport} within {2 * PATIENCE:g} s"
    raise TargetUnreachable(hop, tried)


def _server(answer: Exchange) -> str | None:
    message = answer.first
    assert isinstance(message, Response)
    return message.headers.get("Server") or message.headers.get("User-Agent")
