"""Verdicts and how they merge."""

from hypothesis import given
from hypothesis import strategies as st

from harness.results import JUDGED, Verdict, merge

verdicts = st.lists(st.sampled_from(list(Verdict)), max_size=8)


def test_merging_follows_the_order_of_ttcn3() -> None:
    assert merge(JUDGED) is Verdict.ERROR
    assert merge([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE]) is Verdict.FAIL
    assert merge([Verdict.INCONCLUSIVE, Verdict.PASS]) is Verdict.INCONCLUSIVE


def test_not_applicable_gives_way_to_anything_judged() -> None:
    assert merge([Verdict.NOT_APPLICABLE, Verdict.PASS]) is Verdict.PASS
    assert merge([Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE]) is Verdict.NOT_APPLICABLE


def test_merging_nothing_gives_what_the_caller_says() -> None:
    assert merge([]) is Verdict.NOT_APPLICABLE
    assert merge([], nothing=Verdict.NOT_COVERED) is Verdict.NOT_COVERED


@given(verdicts, st.sampled_from(list(Verdict)))
def test_one_more_verdict_never_betters_the_merger(some: list[Verdict], more: Verdict) -> None:
    both = merge([*some, more], nothing=Verdict.NOT_COVERED)
    assert merge([both, merge(some, nothing=Verdict.NOT_COVERED)]) is both
