"""Calls to the phones of accounts: as calls to a PBX, but to the contact as it is."""

from harness.sip.name_addr import NameAddr
from harness.sip.uri import SipUri
from reference_server.calls import Calls
from reference_server.community.account import Accounts
from reference_server.dialect import Dialect
from reference_server.endpoints import Endpoints
from reference_server.inbound import InboundCalls, Order, UnknownCallee
from reference_server.profile import Profile
from reference_server.registrar import Registrar
from reference_server.store.rows import BindingRow


class ContactCalls(InboundCalls):
    """Places calls to accounts that are signed in. An `Order` names the account as its profile."""

    def __init__(
        self,
        dialect: Dialect,
        accounts: Accounts,
        registrar: Registrar,
        calls: Calls,
        endpoints: Endpoints,
    ) -> None:
        super().__init__(dialect, accounts.profiles, registrar, calls, endpoints)
        self._accounts = accounts

    def profile_of(self, order: Order) -> Profile:
        """The account that is to ring. Raises `UnknownCallee`."""
        account = self._accounts.named(order.profile or "")
        if account is None:
            raise UnknownCallee(f"no account is called {order.profile}")
        return account

    def request_uri(self, binding: BindingRow, profile: Profile, called: str) -> str:
        """The registered contact (RFC 3261 section 16.5), without what stands only in header fields."""
        uri = NameAddr.parse(binding.contact).uri
        if not isinstance(uri, SipUri):
            return f"sip:{profile.username}@{self._dialect.domain}"
        return str(uri.replace(headers=""))
