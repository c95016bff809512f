"""The far ends that numbers select, as the dialect's table has them."""

import pytest

from harness.drivers.phone_call import PhoneCall
from reference_server.far_end import fits
from tests.reference_server.trunk_play import ECHO, TrunkPlay, play


def call(number: str, seconds: float = 3.0, **options: object) -> tuple[TrunkPlay, PhoneCall]:
    trunk = play()
    made = trunk.phone().call(number, **options)
    trunk.wait(seconds)
    return trunk, made


def statuses(made: PhoneCall) -> list[int]:
    return [one.status for one in made.responses if one.cseq.method == "INVITE" and one.status != 407]


def test_patterns_take_one_digit_for_each_n() -> None:
    assert fits("+4420794604NN", "+442079460486")
    assert not fits("+4420794604NN", "+442079460586")
    assert not fits("+4420794604NN", "+4420794604861")
    assert fits("*", "+1")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (ECHO, [100, 180, 200]),
        ("+14155550199", [100, 180, 200]),
        ("+442079460200", [100, 180]),
        ("+442079460201", [100]),
        ("+442079460202", [100, 183, 200]),
        ("+442079460211", [100, 180, 180, 200]),
        ("+442079460486", [100, 486]),
        ("+442079460503", [100, 503]),
        ("+442079460603", [100, 603]),
    ],
)
def test_a_number_selects_its_answers(number: str, expected: list[int]) -> None:
    assert statuses(call(number)[1]) == expected


def test_nn_is_a_number_of_seconds() -> None:
    trunk, made = call("+442079460005", 4.5)
    assert statuses(made) == [100, 180]
    trunk.wait(1)
    assert statuses(made)[-1] == 200


def test_the_far_end_hangs_up_and_the_record_says_so() -> None:
    trunk, made = call("+442079460102")
    assert made.ended_by == "remote"
    assert trunk.store.records()[-1].released_by == "callee"


def test_a_reliable_provisional_response_waits_for_prack() -> None:
    _, made = call("+442079460203", supported=("100rel",))
    assert "RSeq" in next(one for one in made.responses if one.status == 183).headers
    assert statuses(made)[-1] == 200


@pytest.mark.parametrize(
    ("number", "method", "count"),
    [("+442079460204", "INVITE", 2), ("+442079460205", "INVITE", 1), ("+442079460206", "UPDATE", 1)],
)
def test_the_far_end_changes_the_session(number: str, method: str, count: int) -> None:
    _, made = call(number, 4.0)
    requests = [one for one in made.requests if one.method == method and one.to.tag == made.invite.from_.tag]
    assert len(requests) == count
    assert made.status == 200


def test_the_echo_number_is_free_and_others_are_not() -> None:
    trunk = play()
    poor = trunk.phone("99051000000234", "poor")
    free, paid = poor.call(ECHO), poor.call("+442079460000")
    trunk.wait(1)
    assert (free.status, paid.status) == (200, 402)


def test_an_inactive_profile_calls_nobody() -> None:
    trunk = play()
    made = trunk.phone("99051000000235", "idle").call(ECHO)
    trunk.wait(1)
    assert made.status == 403
