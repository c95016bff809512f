"""All eight steps of the Quick Start Guide in a browser, against a trunk with a PBX that registers."""

import pytest
from playwright.sync_api import Browser

from tests.reference_server.console.console_process import ConsoleProcess, Desk, OfficePbx
from tests.reference_server.console.guide_walk import ECHO, GuideWalk

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]


def test_an_administrator_follows_the_guide_to_its_end(browser: Browser, console: ConsoleProcess) -> None:
    """Quick Start Guide, steps 1 to 8."""
    shown: list[str] = []
    with Desk(browser, console) as desk:
        walk = GuideWalk(desk, shown.append)
        walk.step_1_set_up_skype_manager()
        walk.step_2_create_your_sip_profile()
        walk.step_3_be_reminded_of_the_credentials()
        with OfficePbx(walk.username, walk.password, console.sip) as pbx:
            assert pbx.registered == 200
            walk.step_4_allocate_skype_credit()
            walk.step_5_make_a_test_outgoing_call(pbx)
            walk.step_6_add_a_business_account()
            walk.step_7_add_an_online_number()
            walk.step_8_make_a_test_incoming_call()
        assert pbx.results == [200]
        assert walk.number in pbx.called[0]
        assert desk.complaints == []
        records = desk.open("/records").locator("table").inner_text()
    assert ECHO in records
    assert walk.number in records
    assert len(shown) == 11


def test_the_one_time_link_works_once(browser: Browser, console: ConsoleProcess) -> None:
    """The link of the first start dies when it is used."""
    with Desk(browser, console) as desk:
        desk.arrive()
        desk.page.goto(console.first_link)
        assert "The link can't be used" in desk.page.locator("main").inner_text()
