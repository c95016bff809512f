"""The Manager: what an administrator does with SIP Profiles, money, numbers and accounts; no HTTP, no SQL."""
