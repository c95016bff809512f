"""MOS of all calls, with inputs."""

import pytest

from harness.load.figures.media_figures import MOST_WORST, MediaFigures
from harness.media.e_model import G711_CONCEALED_LOSS_ROBUSTNESS, e_model
from tests.harness.load.attempts import call, heard


def test_the_score_of_five_percent_loss_is_that_of_the_standard() -> None:
    """ITU-T G.107: the control figures of G.711 with 5 % random loss and no delay."""
    assert e_model(5.0, 0.0).mos == pytest.approx(2.17, abs=0.005)
    concealed = e_model(5.0, 0.0, loss_robustness=G711_CONCEALED_LOSS_ROBUSTNESS)
    assert concealed.mos == pytest.approx(3.92, abs=0.005)


def test_scores_are_counted_by_tenths_and_the_worst_calls_keep_their_inputs() -> None:
    figures = MediaFigures()
    for mos, lost in ((4.41, 0), (4.39, 1), (2.17, 5)):
        figures.add(call(), heard(mos, lost=lost))
    assert figures.distribution == {"4.4": 1, "4.3": 1, "2.1": 1}
    assert figures.mos_lowest == 2.17
    assert figures.mos_mean == pytest.approx((4.41 + 4.39 + 2.17) / 3, abs=1e-4)
    assert figures.worst[0].lost == 5
    assert figures.loss_percent == pytest.approx(2.0)
    assert figures.loss_percent_highest == pytest.approx(5.0)


def test_only_some_of_the_worst_calls_are_kept() -> None:
    figures = MediaFigures()
    for number in range(20):
        figures.add(call(), heard(4.0 - number / 10))
    assert [kept.mos for kept in figures.worst] == pytest.approx([2.1, 2.2, 2.3, 2.4, 2.5])
    assert len(figures.worst) == MOST_WORST


def test_audio_of_another_call_is_counted_and_named() -> None:
    figures = MediaFigures()
    figures.add(call(), heard(foreign=7, names=("tone 12",)))
    figures.add(call(), heard())
    assert (figures.foreign, figures.calls_with_foreign) == (7, 1)
    assert figures.foreign_calls == {"tone 12"}


def test_a_call_in_which_nothing_was_heard_lost_everything() -> None:
    figures = MediaFigures()
    figures.add(call(), heard(1.0, lost=100))
    assert figures.silent_calls == 1
    assert figures.loss_percent_highest == 100.0
