"""The tables of one trunk of several workers, as the parent has them: rows of profiles, channels, credit."""

from pathlib import Path

from reference_server.store.store import Store
from reference_server.workers.channel_table import ChannelTable
from reference_server.workers.credit_table import CreditTable
from reference_server.workers.plan import CHANNELS_FILE, CREDIT_FILE, PROFILE_ROWS_FILE
from reference_server.workers.profile_rows import ProfileRows


class SharedTables:
    """What all processes of a trunk count together."""

    def __init__(self, folder: Path, workers: int) -> None:
        """`folder` is the trunk's own temporary one."""
        self._rows = ProfileRows(folder / PROFILE_ROWS_FILE)
        self.channels = ChannelTable(folder / CHANNELS_FILE, self._rows, workers)
        self.credit = CreditTable(folder / CREDIT_FILE, self._rows, workers)

    def fill(self, store: Store) -> None:
        """Says what each profile can spend, by the ledger. Raises `StoreError`."""
        for profile in store.profiles():
            self.credit.set(profile.sip_username, *store.spendable(profile.sip_username))

    def close(self) -> None:
        """Gives the memory back."""
        self.channels.close()
        self.credit.close()
        self._rows.close()
