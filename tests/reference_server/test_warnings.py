"""Every refusal says in a Warning what was seen and what was expected, those of a call's own too."""

import pytest

from tests.reference_server.raw_peer import RawPeer, uri_of
from tests.reference_server.test_dispatch import established
from tests.reference_server.trunk_play import ECHO


class TestWarnings:
    """RFC 3261 section 20.43: refusals inside a dialog, too, say what was seen and what was expected."""

    @pytest.mark.parametrize(
        ("method", "cseq", "status", "seen"),
        [
            ("INVITE", 4, 500, "CSeq 4"),
            ("INFO", 6, 405, "INFO"),
            ("CONFUSE", 6, 501, "CONFUSE"),
            ("PRACK", 6, 481, "PRACK"),
        ],
    )
    def test_a_refusal_in_a_dialog_carries_one(self, method: str, cseq: int, status: int, seen: str) -> None:
        peer, tag = established(cseq=5)
        answer = peer.ask(method, uri_of(ECHO), cseq=cseq, to_tag=tag)
        assert answer.status == status
        assert f'"seen {seen}; expected ' in (answer.headers.get("Warning") or "")

    def test_the_481_to_a_cancel_carries_one(self) -> None:
        answer = RawPeer().ask("CANCEL", uri_of(ECHO))
        assert answer.status == 481
        assert '"seen CANCEL; expected ' in (answer.headers.get("Warning") or "")
