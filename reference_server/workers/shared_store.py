"""The store of one worker: the database is everybody's, each profile's bindings are written by one worker.

A binding that lapses is noticed by every worker; only its home deletes it, for another one might delete what
was just registered anew.
"""

from collections.abc import Callable
from pathlib import Path

from reference_server.store.rows import BindingRow
from reference_server.store.store import Store


class SharedStore(Store):
    """A store that tells of changed bindings."""

    def __init__(
        self,
        url: str,
        is_home: Callable[[str], bool],
        changed: Callable[[str], None],
        *,
        writer: int = 0,
        key_file: Path | None = None,
    ) -> None:
        """`is_home` tells whether this worker writes a profile's bindings; `changed` hears of changes.

        `writer` is the worker's number, `key_file` as `Database` wants it. Raises `StoreError`.
        """
        super().__init__(url, writer=writer, key_file=key_file)
        self._is_home = is_home
        self._changed = changed

    def keep_binding(self, binding: BindingRow) -> None:
        """Queues `binding` to be written."""
        super().keep_binding(binding)
        self._changed(binding.sip_username)

    def drop_binding(self, sip_username: str, contact_key: str) -> None:
        """Queues a binding to be deleted, where its home is."""
        if self._is_home(sip_username):
            super().drop_binding(sip_username, contact_key)
            self._changed(sip_username)
