"""Any answer to OPTIONS is a sign of life; none is not."""

from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import later, recording, rulings, sip, until, verdict, without

OPTIONS = "liveness.pbx-answers-options"


def test_404_is_a_sign_of_life() -> None:
    ruling = rulings(until(recording("ast_f_no_rereg"), sip(b"SIP/2.0 404")))[OPTIONS]
    assert (ruling.verdict, ruling.seen) == (Observed.PASS, "OPTIONS was answered 404")


def test_silence_is_none_after_ten_seconds() -> None:
    asked = until(without(recording("ast_f_no_rereg"), sip(b"SIP/2.0 404")), sip(b"OPTIONS"))
    assert verdict(OPTIONS, later(asked, 5)) is Observed.NOT_OBSERVED
    assert verdict(OPTIONS, later(asked, 12)) is Observed.FAIL
