"""The names of the ledger's accounts.

Accounts need no opening: one exists as soon as an entry names it. Those of the operator's side (payments,
income, bundles) may go below zero; the Manager's, a profile's credit and a profile's bundle may not.
"""

PAYMENTS = "payments"
"""Where money comes from: what was paid in has left it."""
MANAGER = "manager"
"""The Manager's balance, from which subscriptions and numbers are paid and profiles get credit."""
OPENING = "opening"
"""Where the credit of profiles of the settings file comes from."""

INCOME_CHANNELS = "income:channels"
INCOME_BUNDLES = "income:bundles"
INCOME_NUMBERS = "income:numbers"
INCOME_CALLS = "income:calls"

BUNDLES_GRANTED = "bundles:granted"
"""Where the seconds of US minute bundles come from."""
BUNDLES_USED = "bundles:used"
BUNDLES_LAPSED = "bundles:lapsed"
"""Seconds that were left at the end of a month."""

PROFILE_PREFIX = "profile:"
BUNDLE_PREFIX = "bundle:"


def profile(username: str) -> str:
    """The account of a profile's Skype Credit."""
    return PROFILE_PREFIX + username


def bundle(username: str) -> str:
    """The account of what is left of a profile's US minute bundles, in seconds."""
    return BUNDLE_PREFIX + username


def may_be_overdrawn(account: str) -> bool:
    """Whether an account may go below zero."""
    return account != MANAGER and not account.startswith((PROFILE_PREFIX, BUNDLE_PREFIX))
