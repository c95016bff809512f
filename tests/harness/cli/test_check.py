"""`harness check` as its user meets it: tables, files, exit statuses, sentences for what is no capture."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from harness.capture.pcap import read_pcap, write_pcap
from harness.capture.trace import Trace
from harness.cli.check import CheckWishes, check_captures
from harness.cli.check_view import Waiting, printable
from harness.cli.failure import CommandFailure, ExitStatus
from harness.results import load_results
from harness.settings.errors import SettingsError
from harness.sip.hop import Hop, Packet
from tests.harness.cli.test_commands import harness, one_line

CAPTURES = Path(__file__).parents[2] / "data" / "captures"
SETUP = CAPTURES / "setup.toml"


def check(
    *captures: Path,
    out: Path,
    setup: Path | None = None,
    json_file: Path | None = None,
    **options: object,
) -> tuple[ExitStatus, str]:
    """The command within this process: its exit status and what it printed."""
    console = Console(file=io.StringIO(), width=80)
    wishes = CheckWishes(list(captures), setup=setup, options=options, out=out, json_file=json_file)
    status = check_captures(wishes, console)
    assert isinstance(console.file, io.StringIO)
    return status, console.file.getvalue()


def failure(
    capture: Path, out: Path, trunk: list[str] | None = None, online_numbers: list[str] | None = None
) -> CommandFailure:
    """Why nothing could be judged."""
    with pytest.raises(CommandFailure) as caught:
        check(capture, out=out, trunk=trunk or [], online_numbers=online_numbers or [])
    return caught.value


def capture(name: str) -> Path:
    return CAPTURES / f"{name}.pcap"


def test_a_broken_must_is_shown_with_its_line_and_what_to_change(tmp_path: Path) -> None:
    status, shown = check(capture("ast_f_from_ext"), out=tmp_path)
    assert status == ExitStatus.FAILED
    rows = [line.split() for line in shown.splitlines()]
    assert ["fail", "MUST", "14", "1.510", "from_header.pbx-username"] in rows
    assert '▶ From: "Alice Ext" <sip:101@sip.skype.com>' in shown
    assert "ensure that your SIP user name is in the From field" in shown
    assert "from_user=99051000000231" in shown
    assert "inferred: trunk 127.0.1.1" in shown
    assert str(tmp_path / "report.html") in shown


def test_a_proper_pbx_passes_and_what_is_not_seen_is_said(tmp_path: Path) -> None:
    status, shown = check(capture("yate_ok_stale"), out=tmp_path)
    assert status == ExitStatus.PASSED
    assert "0 failed" in shown
    assert "no inbound call" in shown


@pytest.mark.parametrize("name", ["ast_f_from_domain", "kam_ok_noqop"])
def test_a_broken_should_is_told_but_does_not_fail(name: str, tmp_path: Path) -> None:
    status, _ = check(capture(name), out=tmp_path)
    result = load_results(tmp_path / "results.json")
    assert status == ExitStatus.PASSED
    assert result.verdict == "pass"
    assert [finding.level for each in result.scenarios for finding in each.findings] == ["SHOULD"]
    assert "Every MUST that was judged is met; 1 requirement" in (tmp_path / "report.html").read_text()


def test_the_report_has_finding_ladder_and_slice(tmp_path: Path) -> None:
    check(capture("ast_f_ruri_404"), out=tmp_path)
    result = load_results(tmp_path / "results.json")
    broken = next(each for each in result.scenarios if each.name.endswith("inbound.pbx-routes-by-ruri"))
    assert broken.findings[0].marked_line == "SIP/2.0 404 Not Found"
    assert [step.packet for step in broken.ladder if step.marked] == [broken.findings[0].packet]
    assert broken.pcap is not None
    assert {each.packet.data[:7] for each in read_pcap(tmp_path / broken.pcap)} >= {b"INVITE ", b"SIP/2.0"}
    assert "extensions.conf" in (tmp_path / "report.html").read_text()


def test_the_json_has_every_verdict_and_never_the_password(tmp_path: Path) -> None:
    told = tmp_path / "check.json"
    check(capture("ast_f_no_reg"), out=tmp_path, setup=SETUP, json_file=told)
    document = json.loads(told.read_text())
    (judged,) = document["captures"]
    verdicts = {each["id"]: each["verdict"] for each in judged["requirements"]}
    assert document["status"] == 1
    assert verdicts["registration.pbx-registers"] == "fail"
    assert verdicts["registration.pbx-aor"] == "not observed"
    assert verdicts["from_header.pbx-username"] == "pass"
    for path in (told, tmp_path / "results.json", tmp_path / "report.html"):
        assert "Sk7pePass" not in path.read_text()


def test_options_go_before_the_setup_file(tmp_path: Path) -> None:
    status, shown = check(capture("ast_ok"), out=tmp_path, setup=SETUP, sip_username="99051000000999")
    assert status == ExitStatus.FAILED
    assert "From names 99051000000231" in shown


def test_several_captures_are_judged_one_by_one(tmp_path: Path) -> None:
    told = tmp_path / "check.json"
    status, _ = check(capture("ast_ok"), capture("yate_f_national"), out=tmp_path, json_file=told)
    result = load_results(tmp_path / "results.json")
    assert status == ExitStatus.FAILED
    assert {each.name.partition("/")[0] for each in result.scenarios} == {"ast_ok", "yate_f_national"}
    assert len(json.loads(told.read_text())["captures"]) == 2


def test_a_wrong_file_among_others_is_told_and_the_others_are_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, shown = check(capture("ast_ok"), tmp_path / "missing.pcap", out=tmp_path)
    assert status == ExitStatus.WRONG_INPUT
    assert "ast_ok.pcap" in shown
    assert "missing.pcap: there is no such file" in capsys.readouterr().err


def test_tcp_is_judged_as_udp_is(tmp_path: Path) -> None:
    status, shown = check(capture("ast_ok_tcp"), out=tmp_path, setup=SETUP)
    assert status == ExitStatus.PASSED
    assert " 0 failed" in shown
    assert "inbound.pbx-routes-by-ruri" in shown


def test_a_trace_that_the_harness_wrote_is_judged_like_the_capture(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcap"
    write_pcap(read_pcap(capture("ast_f_from_ext")), path)
    _, once = check(capture("ast_f_from_ext"), out=tmp_path, json_file=tmp_path / "a.json")
    _, again = check(path, out=tmp_path, json_file=tmp_path / "b.json")
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("a.json", "b.json"))
    assert first["captures"][0]["requirements"] == second["captures"][0]["requirements"]
    assert once.splitlines()[1:-1] == again.splitlines()[1:-1]


def test_a_cut_capture_is_judged_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture("ast_ok").read_bytes()[:3000])
    status, shown = check(path, out=tmp_path)
    assert status == ExitStatus.NOT_TESTED
    assert "the file ends within a frame; it was judged as far as it goes" in shown


def test_what_is_no_capture_is_said(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no packets")
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(b"")
    assert "not a pcap or pcapng file" in str(failure(text, out=tmp_path))
    assert "not a pcap or pcapng file: it is empty; name a capture as" in str(failure(empty, out=tmp_path))
    assert "is a folder; name capture files" in str(failure(tmp_path, out=tmp_path))
    assert failure(text, out=tmp_path).status == ExitStatus.WRONG_INPUT


@pytest.mark.parametrize(
    ("data", "words"), [(b"\x17\x03\x03\x00\x01x", "it is encrypted"), (b"\x00" * 12, "there is no SIP")]
)
def test_a_capture_without_sip_says_what_it_holds(data: bytes, words: str, tmp_path: Path) -> None:
    trace = Trace()
    trace.append(0.0, Packet(data, Hop("tcp", "192.0.2.1", 40000), Hop("tcp", "192.0.2.2", 5061)), "other")
    write_pcap(trace, tmp_path / "tls.pcap")
    problem = failure(tmp_path / "tls.pcap", out=tmp_path)
    assert words in str(problem)
    assert problem.status == ExitStatus.NOT_TESTED


def test_wrong_settings_are_said_with_their_place(tmp_path: Path) -> None:
    setup = tmp_path / "setup.toml"
    setup.write_text('sip_username = "99051000000231"\ntrunk = ["127.0.1.1:port"]\n')
    with pytest.raises(SettingsError, match=r"setup\.toml:2: trunk: .*is no address"):
        check(capture("ast_ok"), out=tmp_path, setup=setup)
    setup.write_text('mode = "foo"\n')
    with pytest.raises(
        SettingsError, match=r"setup\.toml:1: mode: seen 'foo'; write \"registration\" or \"ip\""
    ):
        check(capture("ast_ok"), out=tmp_path, setup=setup)
    assert "'hello' is no number; write it as +442079460123" in str(
        failure(capture("ast_ok"), out=tmp_path, online_numbers=["hello"])
    )
    problem = failure(capture("ast_ok"), out=tmp_path, trunk=["here:there"])
    assert str(problem).startswith("--trunk: 'here:there' is no address; write ")
    assert problem.status == ExitStatus.WRONG_INPUT


def test_what_a_capture_says_cannot_paint_the_screen() -> None:
    assert printable("a\x1b[31mb") == "a\\x1b[31mb"


def test_what_was_seen_is_indented_on_every_line(tmp_path: Path) -> None:
    shown = check(capture("ast_f_from_ext"), out=tmp_path)[1]
    table = shown.partition("verdict")[2].partition("\n\n")[0].splitlines()[1:]
    names = table[0].index("authentication.")
    told = [line for line in table if line.strip() and not line[:names].strip()]
    assert len(told) > 20
    assert all(line.startswith(" " * (names + 2)) for line in told)


def test_nothing_is_said_of_quick_work(capsys: pytest.CaptureFixture[str]) -> None:
    with Waiting("reading"):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["check", "missing.pcap"], 2, "missing.pcap: there is no such file"),
        (["check", str(capture("ast_ok")), "--trunk", "192.0.2.9"], 3, "no SIP passed to or from 192.0.2.9"),
    ],
)
def test_problems_are_one_line_and_a_status(
    arguments: list[str], status: int, words: str, tmp_path: Path
) -> None:
    done = harness(*arguments, cwd=tmp_path)
    assert done.returncode == status
    assert words in one_line(done.stderr)


def test_the_command_takes_its_options(tmp_path: Path) -> None:
    options = ["--username", "99051000000231", "--number", "+14155550123", "--password", "Sk7pePass"]
    done = harness("check", str(capture("ast_f_badpw")), *options, "--out", "o", "--json", "-", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert done.returncode == document["status"] == 1
    broken = {each["id"] for each in document["captures"][0]["requirements"] if each["verdict"] == "fail"}
    assert broken == {"registration.pbx-registers", "authentication.pbx-password"}
    assert (tmp_path / "o" / "report.html").exists()
