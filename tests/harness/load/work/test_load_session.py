"""One worker at work, on a fake engine whose time jumps."""

from dataclasses import replace
from typing import Any

from harness.load.engine.call_sample import SampleFinding
from harness.load.load_settings import SearchSettings
from harness.load.work.load_session import LoadSession
from harness.load.work.load_work import OutgoingWork
from tests.harness.load.fake_engine import FakeEngine, workplace


class SelfEndingEngine(FakeEngine):
    """Calls end when the time has gone on."""

    def sleep(self, seconds: float) -> None:
        """Time goes on, and what was told is over."""
        super().sleep(seconds)
        told, self.told = self.told, []
        for each in told:
            self.finish(each)


def session_of(engine: FakeEngine, **options: Any) -> LoadSession:
    return LoadSession(
        OutgoingWork(workplace(engine, number="+1", hold=0.0, **options)), sleep=engine.sleep, name="one"
    )


def test_the_whole_schedule_is_made_and_its_calls_end() -> None:
    engine = SelfEndingEngine()
    session = session_of(engine, rate=20.0, duration=2.0)
    session.run()
    report = session.report()
    assert (session.state, report["planned"], report["in_progress"]) == ("at rest", 40, 0)
    assert session.batch.attempts == 0, "the report has taken them"
    assert report["figures"]["kinds"]["call"]["attempts"] == 40


def test_a_worker_makes_its_share_of_the_schedule() -> None:
    engine = SelfEndingEngine()
    place = workplace(engine, workers=4, rank=3, number="+1", hold=0.0, rate=20.0, duration=2.0)
    session = LoadSession(OutgoingWork(place), sleep=engine.sleep)
    session.run()
    assert session.report()["planned"] == 10


def test_a_step_of_a_search_has_so_many_attempts() -> None:
    engine = SelfEndingEngine()

    def sleep(seconds: float) -> None:
        """Begins one step, and ends the load after it."""
        engine.sleep(seconds)
        if session.state == "beginning":
            session.begin_step(1, rate=50.0, attempts=25)
        elif session.state == "at rest":
            session.drain()

    place = workplace(engine, number="+1", hold=0.0)
    settings = place.settings.model_copy(update={"search": SearchSettings()})
    session = LoadSession(OutgoingWork(replace(place, settings=settings)), sleep=sleep)
    session.run()
    assert (session.step_made, session.step_failed) == (25, 0)


def test_what_the_checks_found_is_told_once() -> None:
    engine = SelfEndingEngine()
    session = session_of(engine)
    engine.judged = 3
    engine.findings.append(SampleFinding("a@b", "call.contact-in-2xx", "no Contact", b"SIP/2.0 200 OK\xff"))
    first, second = session.report()["sample"], session.report()["sample"]
    assert first["judged"] == 3
    assert first["findings"] == [
        {
            "requirement": "call.contact-in-2xx",
            "call_id": "a@b",
            "seen": "no Contact",
            "message": "SIP/2.0 200 OK\\xff",
        }
    ]
    assert second == {"judged": 0, "findings": []}


def test_the_receive_buffer_is_part_of_the_evidence() -> None:
    evidence = session_of(FakeEngine()).report()["evidence"]
    assert (evidence["receive_buffer_asked"], evidence["receive_buffer_granted"]) == (4096, 2048)


def test_draining_ends_everything_once() -> None:
    engine = FakeEngine()
    session = session_of(engine)
    session.drain()
    session.drain()
    assert (engine.closed, session.state) == (True, "over")
