"""`harness load`: exit statuses, documents, and what is said of wrong input."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE = 250  # seconds for a short load on a busy machine


def harness(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli", "load", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_a_short_load_against_an_embedded_trunk(tmp_path: Path) -> None:
    ended = harness(
        "--rate", "5", "--duration", "1s", "--hold", "200ms", "--out", str(tmp_path), "--json", "-"
    )
    result = json.loads(ended.stdout)
    assert result["kind"] == "load"
    assert result["totals"][0]["attempts"] == 5
    written = {each.name for each in tmp_path.iterdir()}
    assert {"report.html", "results.json", "junit.xml"} <= written
    assert ended.returncode == {"pass": 0, "fail": 1, "void": 3}[result["verdict"]], ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--user", "Nobody"), "--user: seen 'Nobody'"),
        (("--shape", "up and away"), "is no shape"),
        (("--rate", "100", "--hold", "60s"), "6000 calls at once"),
        (("--target", "nowhere.toml"), "there is no such file"),
        (("--calls", "5"), "--calls: OutgoingCaller makes calls at a rate"),
        (("--attempts", "5"), "--attempts: seen without --find-limit"),
        (("--source", "192.0.2.77"), "--source: 192.0.2.77 can't be called from"),
        (("--duration", "0s"), "--duration: seen 0 s"),
        (("--metrics", "127.0.0.1:99999"), "--metrics: seen '127.0.0.1:99999'"),
        (("--", "-f", "nowhere.py"), "-f nowhere.py: there is no such file"),
        (("Nobody",), "Nobody: no user of Locust is called so"),
    ],
)
def test_wrong_input_is_told_in_one_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ended = harness("--out", str(tmp_path), *words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_options_for_locust_go_to_locust(tmp_path: Path) -> None:
    ended = harness("--out", str(tmp_path), "--", "--no-such-option")
    assert ended.returncode == 2
    assert "unrecognized arguments: --no-such-option" in ended.stderr


def test_a_target_that_is_not_there_is_told(tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    target.write_text(
        '[target]\naddress = "127.0.0.1:9"\n[[profile]]\nsip_username = "1"\npassword = "x"\n',
        encoding="utf-8",
    )
    ended = harness("--target", str(target), "--out", str(tmp_path / "out"))
    assert ended.returncode == 3
    assert "127.0.0.1:9" in ended.stderr
