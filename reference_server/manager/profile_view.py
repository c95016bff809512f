"""A SIP Profile as its page shows it: pydantic models, the same for the console and the REST API.

Nothing here reads or decides; `profile_pages` puts the values together. Times are seconds since the epoch.
"""

from typing import Literal

from pydantic import BaseModel

from reference_server.control.models import BindingShown
from reference_server.manager.account_view import AccountView
from reference_server.manager.amount import Amount
from reference_server.manager.number_view import NumberView

ProfileState = Literal["new", "active", "inactive"]

BUY_TO_ACTIVATE = "Buy a channel subscription to activate this profile"
"""What an inactive profile is told, in the words of Skype's public pages."""


class Quote(BaseModel):
    """What channels and bundles would cost for one term."""

    channels: int
    us_minute_bundles: int
    currency: str
    channel_cost: Amount
    bundle_cost: Amount
    total: Amount
    days: int
    """Length of a term in calendar days."""


class SubscriptionView(BaseModel):
    """The channel subscription that runs, or ran last."""

    channels: int
    us_minute_bundles: int
    price: Amount
    """Paid for this term."""
    started: float
    ends: float
    """When the term ends: it is renewed then, or ended unpaid."""
    renews: bool
    """False when it ended: nothing is renewed."""


class RechargeView(BaseModel):
    """Auto-recharge of one profile."""

    enabled: bool
    amount: Amount
    minimum: Amount
    """Recharged when this or less is available."""
    state: Literal["off", "active", "waiting"]
    """`waiting`: enabled, but the Manager's balance was too small at the last try."""
    words: str
    """For people: "Auto-recharge active", or why it waits and when it is tried again."""
    retry_at: float | None


class ProfileView(BaseModel):
    """One SIP Profile with all that belongs to it."""

    sip_username: str
    name: str
    origin: Literal["file", "manager"]
    """`file`: kept in the settings file; its channels, password and numbers are changed there."""
    state: ProfileState
    """`new`: set up, nothing bought yet; `inactive`: the subscription ended unpaid."""
    notice: str
    """What to do to make it active; empty when it is."""
    channels: int
    """0 while it is new."""
    us_minute_bundles: int
    channels_used: int
    """Calls that run now."""
    registered: bool
    bindings: list[BindingShown]
    credit: Amount
    """Its balance in the ledger."""
    available: Amount
    """Its credit without what running calls have reserved: what can be taken back."""
    bundle_seconds_used: int
    """Seconds of US bundle minutes used in this month, running calls' reservations included."""
    bundle_seconds_left: int
    subscription: SubscriptionView | None
    recharge: RechargeView
    auth: Literal["registration", "ip"]
    address: str | None
    """Public IP address of the PBX, for `ip`."""
    port: int
    """Public UDP port of the PBX, for `ip`."""
    caller_id: str | None
    """What those who are called are shown; None: the SIP username."""
    landlines: list[str]
    """Verified landlines that may be its caller ID."""
    numbers: list[NumberView]
    accounts: list[AccountView]


class RegistrationDetails(BaseModel):
    """What a PBX is configured with: the four fields of the profile's page. Quick Start Guide step 3."""

    sip_user: str
    address: str
    """The "Skype Connect address"."""
    port: int
    """The "UDP Port"."""
    password_set: bool
    """The password itself is shown once after it was made, later by `reveal_password` alone."""


class PasswordShown(BaseModel):
    """A SIP password in plain text, to be shown once."""

    sip_user: str
    password: str
