"""START HERE for how Locust carries our load: what each of its processes does at which of its events.

Imports Locust. A worker makes load (`load_session`) and reports every second; the master, or the only
process, gathers (`load_gathering`) and writes results.json. Before users are stopped, whoever stops them, all
calls are ended and bindings removed: that is what `test_stopping` is used for.
"""

import json
import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import locust.runners
from gevent.pool import Group
from locust import events
from locust.env import Environment
from locust.rpc import Message
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from harness.drivers.local_address import local_host_towards
from harness.drivers.name_resolution import numeric_hop
from harness.load.engine.answering import Answering
from harness.load.engine.call_audio import Audio
from harness.load.errors import LoadInputError
from harness.load.figures.figures import Figures
from harness.load.generator import Generator
from harness.load.load_settings import LoadSettings
from harness.load.schedule.limits import raise_descriptor_limit
from harness.load.schedule.shares import WorkerShare
from harness.load.swarm import locust_options
from harness.load.swarm.load_gathering import LoadGathering
from harness.load.swarm.locust_page import add_page, serve_metrics
from harness.load.swarm.locust_stats import add_batch
from harness.load.swarm.loop_clock import catch_up_with_the_clock
from harness.load.work.collector import calm_collector
from harness.load.work.counting_session import CountingSession
from harness.load.work.load_session import CLOSE_PATIENCE, LoadSession
from harness.load.work.load_work import WORKS, Workplace
from harness.results import save_load_results
from harness.settings.errors import SettingsError

logger = logging.getLogger(__name__)

REPORT, REFUSED, DRAIN, STEP = "sip_report", "sip_refused", "sip_drain", "sip_step"
REPORT_INTERVAL = 1.0  # seconds
SEARCH_INTERVAL = 0.2  # seconds; a step of a search may be short
DRAIN_PATIENCE = CLOSE_PATIENCE + 3.0  # seconds that the master waits for the workers' last reports
WRONG_INPUT = 2
"""Exit status for what the user must mend."""


class LoadNode:
    """One Locust process: worker, master, or both in one."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.runner: Any = environment.runner
        self.session: LoadSession | CountingSession | None = None
        """On a worker that makes load."""
        self.gathering: LoadGathering | None = None
        """On the master, or the only process, from the beginning of a test on."""
        self.began_at = 0.0
        self._driver: object | None = None
        self._pumps: list[gevent.Greenlet] = []
        self._leaving = Group()
        self.refused = False
        """The settings can't be used: no load is made."""
        self._written = False

    @property
    def gathers(self) -> bool:
        return not isinstance(self.runner, WorkerRunner)

    @property
    def works(self) -> bool:
        return not isinstance(self.runner, MasterRunner)

    @property
    def settings(self) -> LoadSettings:
        """Raises SettingsError and `LoadInputError`."""
        options = self.environment.parsed_options
        settings = locust_options.settings_of_options(options, carried=not self.gathers)
        names = [each.__name__ for each in self.environment.user_classes]
        chosen = [name for name in names if name in WORKS]
        own = "" if chosen else f"{', '.join(names)} of {self.environment.locustfile}"
        return settings.model_copy(update={"user": chosen[0] if chosen else settings.user, "own_users": own})

    # Events

    def begin(self) -> None:
        """A test begins: settings, shares, the session of this process."""
        self._written = self.refused = False
        self.began_at = time.monotonic()
        try:
            self._begin()
        except (SettingsError, LoadInputError) as error:
            self._refuse(str(error))
        except Exception as error:
            logger.exception("no load can be made")
            self._refuse(f"fault in the harness: {error!r}")

    def _begin(self) -> None:
        settings = self.settings
        if self.gathers:
            ranks = self._ranks()
            if not settings.own_users:
                settings.check_limits(len(ranks), raise_descriptor_limit())
            options = vars(self.environment.parsed_options)
            options[locust_options.HIDDEN] = settings.model_dump_json(by_alias=True)
            options[locust_options.SHARES] = json.dumps(ranks)
            self.gathering = LoadGathering(settings)
            self._pump(self._watch)
        if self.works:
            self.session = self._new_session(settings)
            self._pump(self._report_always, settings.search is not None)

    def _pump(self, work: Callable[..., None], *arguments: object) -> None:
        """Runs beside the load; a fault of ours in it ends the test, for figures would be missing."""
        greenlet = gevent.spawn(work, *arguments)
        greenlet.link_exception(lambda failed: self._refuse(f"fault in the harness: {failed.exception!r}"))
        self._pumps.append(greenlet)

    def _ranks(self) -> dict[str, int]:
        """The workers that take part, by id."""
        if isinstance(self.runner, MasterRunner):
            present = self.runner.clients.ready + self.runner.clients.running + self.runner.clients.spawning
            return {each.id: rank for rank, each in enumerate(present)}
        return {self.runner.client_id: 0}

    def drive(self, user: object) -> None:
        """Called by the task of a fast user: makes the whole load. Of several users in a process one does."""
        while not isinstance(self.session, LoadSession) or self._driver is not None:
            gevent.sleep(0.2)
        self._driver = user
        try:
            self.session.run()
        finally:
            self._driver = None
        while True:  # at rest, until Locust stops the user
            gevent.sleep(0.5)

    def count(self, attempt: Any) -> None:
        """An attempt that no engine made: a scenario's."""
        if self.session is not None:
            self.session.batch.add(attempt)

    def stop(self) -> None:
        """A test is about to be stopped: end all calls first and take the last figures."""
        if self.gathering is not None and not self._ended_by_itself():
            self.gathering.interrupted = True
        if isinstance(self.runner, MasterRunner):
            self.runner.send_message(DRAIN)
            deadline = time.monotonic() + DRAIN_PATIENCE
            while not self._all_over() and time.monotonic() < deadline:
                gevent.sleep(0.05)
        elif self.session is not None:
            self.drain()
        gevent.killall(self._pumps)
        self._pumps.clear()

    def see_off(self, leave: Callable[[], None]) -> None:
        """Lets a user of one's own end its calls and remove its binding, in a greenlet apart.

        Two ends at once (the time is over, and Ctrl-C) kill the user's greenlet twice, the second time here.
        """
        leaving = gevent.spawn(leave)
        self._leaving.add(leaving)
        leaving.join()

    def finish(self) -> None:
        """The process is about to go: who is still leaving gets the time for it."""
        self.drain()
        self._leaving.join(CLOSE_PATIENCE)

    def write(self) -> None:
        """After the end: results.json, where that was asked for.

        Of two ends at once (the last worker goes, and Ctrl-C) Locust kills the first where it waits: it has
        written only when it is through, and otherwise the second writes.
        """
        if self.gathering is None or self._written:
            return
        if self.gathering.settings.outcome_file:
            save_load_results(self.gathering.result(), Path(self.gathering.settings.outcome_file))
        if not self._written:
            self._written = True
            self._tell("end", **self.gathering.progress())

    def serve_metrics(self) -> None:
        """Serves figures for Prometheus where the settings name an address."""
        try:
            address = self.settings.metrics_address
            if address is not None:
                serve_metrics(address, self)
        except OSError as error:
            self._refuse(f"--metrics: {error.strerror or error}; name a free HOST:PORT of this machine")
        except (SettingsError, LoadInputError):
            pass  # told when the test begins

    # Messages

    def drain(self) -> None:
        """Ends this process's calls and sends what is left of its figures."""
        if self.session is not None and self.session.state != "over":
            self.session.drain()
            self._report()

    def on_report(self, environment: Environment, msg: Message, **_kwargs: object) -> None:
        """The gathering process hears of a worker."""
        if self.gathering is not None:
            self.gathering.take(msg.data)

    def on_drain(self, environment: Environment, msg: Message, **_kwargs: object) -> None:
        """The master wants everything ended."""
        self.drain()

    def on_step(self, environment: Environment, msg: Message, **_kwargs: object) -> None:
        """The master wants the next step of a search, or no more of this one."""
        if not isinstance(self.session, LoadSession):
            return
        if "rate" in msg.data:
            self.session.begin_step(**msg.data)
        else:
            self.session.abandon_step(**msg.data)

    def begin_step(self, number: int, rate: float, attempts: int) -> None:
        """The next step of a search, on all workers."""
        self.runner.send_message(STEP, {"number": number, "rate": rate, "attempts": attempts})

    def abandon_step(self, number: int) -> None:
        """That step has failed: no more of it."""
        self.runner.send_message(STEP, {"number": number})

    def tell_step(self, words: str) -> None:
        """A step of a search is over."""
        self._tell("step", message=words)

    # Below

    def _new_session(self, settings: LoadSettings) -> LoadSession | CountingSession | None:
        options = vars(self.environment.parsed_options)
        ranks = json.loads(options[locust_options.SHARES])
        if self.runner.client_id not in ranks:
            logger.warning("This worker came when the load had begun; it makes none.")
            return None
        name = str(self.runner.client_id) if isinstance(self.runner, WorkerRunner) else "local"
        rank = ranks[self.runner.client_id]
        raise_descriptor_limit()
        calm_collector()
        if settings.own_users:
            return CountingSession(name, rank)
        share = settings.shares(len(ranks))[rank]
        target = numeric_hop(settings.target.target.hop())
        generator = Generator(
            target,
            local_host=self._source(share) or local_host_towards(target),
            rtp_ports=share.rtp_ports if settings.audio else None,
            domain=settings.target.target.domain,
            sample_every=settings.sample_every,
            batches=settings.batches,
        )
        place = Workplace(generator, settings, share, Audio, Answering, generator.clock)
        return LoadSession(WORKS[settings.user](place), sleep=gevent.sleep, name=name)

    def _source(self, share: WorkerShare) -> str:
        return share.addresses[0] if share.addresses else os.environ.get(locust_options.SOURCE_VARIABLE, "")

    def _refuse(self, reason: str) -> None:
        self.refused = True
        logger.error(reason)
        self._tell("refused", message=reason)
        self.environment.process_exit_code = WRONG_INPUT
        if isinstance(self.runner, WorkerRunner):
            self.runner.send_message(REFUSED, {"index": self.runner.worker_index, "reason": reason})
        if self.gathers:
            gevent.spawn(self.runner.quit)

    def _report(self) -> None:
        assert self.session is not None
        report = self.session.report()
        report["pid"] = os.getpid()
        add_batch(self.environment.stats, Figures.from_json(report["figures"]))
        self.runner.send_message(REPORT, report)

    def _report_always(self, often: bool) -> None:
        while True:
            gevent.sleep(SEARCH_INTERVAL if often else REPORT_INTERVAL)
            if self.session is not None and self.session.state != "over":
                self._report()

    def _watch(self) -> None:
        """Progress every second, and whether a worker went away."""
        while True:
            gevent.sleep(REPORT_INTERVAL)
            assert self.gathering is not None
            if isinstance(self.runner, MasterRunner):
                here = {each.id for each in self.runner.clients.all if each.state != "missing"}
                for worker in set(self.gathering.workers) - here:
                    self.gathering.lose(worker)
            self._tell("progress", **self.gathering.progress())

    def _all_over(self) -> bool:
        return self.gathering is None or self.gathering.all_in("over")

    def _ended_by_itself(self) -> bool:
        """Users of one's own have no end of their own: whoever stops them meant it."""
        if self.gathering is None or self.gathering.settings.own_users:
            return True
        return self.gathering.all_in("at rest", "over")

    def on_refused(self, environment: Environment, msg: Message, **_kwargs: object) -> None:
        """A worker can't make its load."""
        if self.gathering is not None and isinstance(self.runner, MasterRunner):
            self._refuse(f"worker {msg.data['index']}: {msg.data['reason']}")

    def _tell(self, event: str, **content: object) -> None:
        descriptor = self.gathering.settings.progress_fd if self.gathering is not None else None
        if descriptor is None:
            descriptor = self._progress_fd()
        if descriptor is None:
            return
        try:
            os.write(descriptor, (json.dumps({"event": event, **content}) + "\n").encode())
        except OSError:
            pass  # whoever watched is gone; the load goes on

    def _progress_fd(self) -> int | None:
        try:
            return self.settings.progress_fd
        except (SettingsError, LoadInputError):
            return None


def node_of(environment: Environment) -> LoadNode:
    """The node of this process."""
    return _NODES[id(environment)]


_NODES: dict[int, LoadNode] = {}


@events.init_command_line_parser.add_listener
def _on_parser(parser: Any, **_kwargs: object) -> None:
    locust_options.add_options(parser)


@events.init.add_listener
def _on_init(environment: Environment, runner: Any, web_ui: Any = None, **_kwargs: object) -> None:
    locust.runners.WORKER_REPORT_INTERVAL = REPORT_INTERVAL
    node = _NODES[id(environment)] = LoadNode(environment)
    node.runner = runner
    if node.gathers:
        runner.register_message(REPORT, node.on_report)
        runner.register_message(REFUSED, node.on_refused)
    if node.works:
        runner.register_message(DRAIN, node.on_drain, concurrent=not isinstance(runner, LocalRunner))
        runner.register_message(STEP, node.on_step)
    events.test_start.add_listener(lambda **_: node.begin())
    events.test_stopping.add_listener(lambda **_: node.stop())
    events.test_stop.add_listener(lambda **_: node.write())
    events.quitting.add_listener(lambda **_: node.finish())
    events.quit.add_listener(lambda **_: node.write())  # of two ends at once the second may skip test_stop
    if web_ui is not None:
        add_page(web_ui, node)
    if node.gathers:
        _lead_interrupts_to(gevent.getcurrent())
        node.serve_metrics()
    catch_up_with_the_clock()


def _lead_interrupts_to(main: Any) -> None:
    """Lets Ctrl-C arrive where Locust waits for it; otherwise it ends whatever greenlet is running just then,
    a report of figures or a page of the web UI, and Locust hears of a fault or of nothing.
    """
    gevent.signal_handler(signal.SIGINT, gevent.kill, main, KeyboardInterrupt)
