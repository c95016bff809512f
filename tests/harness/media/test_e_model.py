"""The E-model, ITU-T G.107, at its control figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.media.e_model import G711_CONCEALED_LOSS_ROBUSTNESS, e_model, mean_opinion_score


def test_five_percent_loss_without_concealment() -> None:
    assert round(e_model(5.0, 0.0).mos, 2) == 2.17


def test_five_percent_loss_with_concealment() -> None:
    rating = e_model(5.0, 0.0, loss_robustness=G711_CONCEALED_LOSS_ROBUSTNESS)
    assert round(rating.mos, 2) == 3.92


def test_a_perfect_stream_has_the_best_rating() -> None:
    rating = e_model(0.0, 0.0)
    assert (rating.r, round(rating.mos, 2)) == (93.2, 4.41)


def test_delay_hurts_more_beyond_177_ms() -> None:
    assert e_model(0.0, 177.3).delay_impairment == pytest.approx(0.024 * 177.3)
    assert e_model(0.0, 277.3).delay_impairment == pytest.approx(0.024 * 277.3 + 11)


def test_the_inputs_travel_with_the_result() -> None:
    rating = e_model(1.0, 50.0, equipment_impairment=11.0, loss_robustness=19.0, burst_ratio=2.0)
    assert (rating.loss_percent, rating.delay_ms, rating.burst_ratio) == (1.0, 50.0, 2.0)
    assert (rating.equipment_impairment, rating.loss_robustness) == (11.0, 19.0)
    assert rating.effective_equipment_impairment == pytest.approx(11 + 84 / 19.5)


@given(st.floats(-50, 150))
def test_a_score_stays_on_its_scale(r: float) -> None:
    assert 1.0 <= mean_opinion_score(r) <= 4.5
