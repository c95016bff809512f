"""The From rules flip when From is changed, and the display name is free."""

import pytest

from harness.checks.pbx.ruling import Observed
from tests.harness.checks.pbx.recordings import recording, rewritten, rulings, verdict

USERNAME, DOMAIN = "from_header.pbx-username", "from_header.pbx-domain"


@pytest.mark.parametrize("name", ["ast_ok", "yate_ok", "kam_ok", "bare_ok_hold", "ast_ok_tcp"])
def test_an_extension_in_from_is_seen(name: str) -> None:
    trace = rewritten(recording(name), b"INVITE", b"<sip:99051000000231@sip", b"<sip:101@sip")
    ruling = rulings(trace)[USERNAME]
    assert ruling.verdict is Observed.FAIL
    assert ruling.seen.startswith("From names 101")
    assert ruling.deciding is not None
    assert ruling.deciding.line == "From"
    assert ruling.breach is not None


def test_another_host_breaks_the_domain_rule_alone() -> None:
    trace = rewritten(recording("ast_ok"), b"INVITE", b"0231@sip.skype.com>;tag", b"0231@127.0.2.1>;tag")
    assert verdict(DOMAIN, trace) is Observed.FAIL
    assert verdict(USERNAME, trace) is Observed.PASS


def test_the_display_name_is_not_judged() -> None:
    trace = rewritten(recording("ast_ok_nophone"), b"INVITE", b'"Anonymous"', b'"101"')
    assert verdict(USERNAME, trace) is Observed.PASS
