"""Live events over REST: a call's life, as it happens."""

import asyncio
import json

from reference_server.rest.events import SIGN_OF_LIFE_EVERY, call_events
from tests.reference_server.rest.rest_play import RestPlay
from tests.reference_server.trunk_play import ECHO


def test_a_call_is_told_as_it_begins_is_answered_and_ends() -> None:
    api = RestPlay()
    phone = api.trunk.phone()
    phone.register()
    call = phone.call(ECHO)
    looks = 0

    async def next_step(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            call.hang_up()
        api.trunk.wait(0.5)

    async def collect() -> list[str]:
        return [event async for event in call_events(api.manager.calls, 4, next_step)]

    told = asyncio.run(collect())
    assert all(event.startswith("event: call\ndata: ") for event in told)
    states = [json.loads(event.partition("data: ")[2])["state"] for event in told]
    assert states == ["answered", "ended"], "it was answered at the first look"


def test_a_stream_without_news_gives_signs_of_life() -> None:
    api = RestPlay()

    async def at_once(_seconds: float) -> None:
        return

    async def collect() -> list[str]:
        looks = 2 * SIGN_OF_LIFE_EVERY
        return [event async for event in call_events(api.manager.calls, looks, at_once)]

    assert asyncio.run(collect()) == [": still here\n\n"] * 2


def test_what_runs_now_is_told_without_waiting() -> None:
    api = RestPlay()
    phone = api.trunk.phone()
    phone.register()
    phone.call(ECHO).wait_answered()
    answer = api.ask("GET", "/events?seconds=0")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text.count("event: call\n") == 1


def test_a_rate_tells_the_row_of_the_tariff_and_whether_a_bundle_pays() -> None:
    api = RestPlay()
    british = api.ask("GET", "/rates?number=%2B442079460700").json()
    american = api.ask("GET", "/rates?number=%2B12125550100").json()
    assert (british["prefix"][:3], british["us_minute_bundle"]) == ("+44", False)
    assert (american["prefix"][:2], american["us_minute_bundle"]) == ("+1", True)
