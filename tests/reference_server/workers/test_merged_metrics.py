"""Metrics of several workers as one trunk's."""

from reference_server.workers.merged_metrics import merged_metrics

ONE = b"""\
# HELP trunk_calls_total Calls that ended, by outcome
# TYPE trunk_calls_total counter
trunk_calls_total{direction="outbound",outcome="answered"} 3.0
# HELP trunk_calls_now Calls that hold a channel
# TYPE trunk_calls_now gauge
trunk_calls_now 2.0
# HELP trunk_channels_used Channels in use
# TYPE trunk_channels_used gauge
trunk_channels_used{sip_username="joe"} 5.0
# HELP trunk_loop_lag_seconds Lateness of the event loop, last seen
# TYPE trunk_loop_lag_seconds gauge
trunk_loop_lag_seconds 0.25
# HELP trunk_responses_total Responses sent, by status
# TYPE trunk_responses_total counter
"""
OTHER = ONE.replace(b'outcome="answered"} 3.0', b'outcome="503"} 1.0').replace(b"0.25", b"0.5")


def test_counts_are_added_and_what_all_know_is_taken_once() -> None:
    text = merged_metrics([ONE, OTHER, ONE], alive=3).decode()
    for line in (
        'trunk_calls_total{direction="outbound",outcome="answered"} 6.0',
        'trunk_calls_total{direction="outbound",outcome="503"} 1.0',
        "trunk_calls_now 6.0",
        'trunk_channels_used{sip_username="joe"} 5.0',
        "trunk_loop_lag_seconds 0.5",
        "# TYPE trunk_responses_total counter",
        "trunk_workers 3.0",
    ):
        assert line in text.splitlines()


def test_without_any_worker_only_their_number_is_told() -> None:
    assert "trunk_workers 0.0" in merged_metrics([], alive=0).decode()
