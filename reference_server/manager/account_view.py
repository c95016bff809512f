"""A business account as pages and the REST API show it."""

from typing import Self

from pydantic import BaseModel

from reference_server.store.account_rows import AccountRow


class AccountView(BaseModel):
    """One business account. The password is never shown."""

    name: str
    display: str
    """Name for people, shown to those who are called."""
    created: float
    sip_username: str | None
    """The profile it is attached to; None: it may sign in with a phone of its own."""
    extension: str | None
    """The extension tag: what calls to the account have in their Request-URI; None: the SIP username."""

    @classmethod
    def of(cls, row: AccountRow) -> Self:
        """A row of the store."""
        return cls(
            name=row.name,
            display=row.display,
            created=row.created,
            sip_username=row.sip_username,
            extension=row.extension,
        )
