"""The E-model: from loss and delay to a rating R and a mean opinion score (ITU-T G.107, simplified).

A formula and its inputs, which always travel with the result. Measuring them is `quality`'s work.
"""

from dataclasses import dataclass

G711_LOSS_ROBUSTNESS = 4.3  # Bpl without concealment, ITU-T G.113 appendix I
G711_CONCEALED_LOSS_ROBUSTNESS = 25.1  # Bpl with concealment (G.711 appendix I), ITU-T G.113 appendix I
G729A_IMPAIRMENT, G729A_LOSS_ROBUSTNESS = 11.0, 19.0  # Ie and Bpl, ITU-T G.113 appendix I
_BASE = 93.2  # R0 - Is with all defaults, ITU-T G.107


@dataclass(frozen=True, slots=True)
class Rating:
    """A result together with everything it was computed from."""

    r: float
    """Transmission rating factor, 0 to 93.2 here."""
    mos: float
    """Estimated mean opinion score, 1 to 4.5."""
    delay_impairment: float
    """Id."""
    effective_equipment_impairment: float
    """Ie,eff."""
    loss_percent: float
    """Ppl, late packets included."""
    delay_ms: float
    """d, one way, the jitter buffer included."""
    equipment_impairment: float
    """Ie."""
    loss_robustness: float
    """Bpl."""
    burst_ratio: float
    """BurstR; 1 is random loss."""


def e_model(
    loss_percent: float,
    delay_ms: float,
    *,
    equipment_impairment: float = 0.0,
    loss_robustness: float = G711_LOSS_ROBUSTNESS,
    burst_ratio: float = 1.0,
) -> Rating:
    """Rate a stream; the defaults are G.711 without concealment and random loss."""
    delay_impairment = 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - 177.3)
    effective = equipment_impairment + (95 - equipment_impairment) * loss_percent / (
        loss_percent / burst_ratio + loss_robustness
    )
    r = _BASE - delay_impairment - effective
    return Rating(
        r=r,
        mos=mean_opinion_score(r),
        delay_impairment=delay_impairment,
        effective_equipment_impairment=effective,
        loss_percent=loss_percent,
        delay_ms=delay_ms,
        equipment_impairment=equipment_impairment,
        loss_robustness=loss_robustness,
        burst_ratio=burst_ratio,
    )


def mean_opinion_score(r: float) -> float:
    """MOS of a rating factor (ITU-T G.107 annex B), at least 1."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
