"""Made-up runs for the tests of reports: as many topics, verdicts and nasty strings as asked for."""

from datetime import UTC, datetime
from types import SimpleNamespace

from harness.results import (
    Finding,
    LadderStep,
    RunResult,
    ScenarioResult,
    TargetInfo,
    Verdict,
    make_run_result,
)

BEGIN = 1_790_000_000.25
TOPICS = ("registration", "authentication", "from_header", "numbering", "call", "cancel", "inbound", "media")

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}]]>&amp; Grüße \U0001f4de \x00\x1b"
"""What a hostile target may put into any field."""

INVITE = """INVITE sip:{number}@sip.skype.com SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:40312;branch=z9hG4bK7d2a91c0;rport
Max-Forwards: 70
From: "Head office" <sip:99051000000231@sip.skype.com>;tag=5f1c9a
To: <sip:{number}@sip.skype.com>
Call-ID: 6f2c17c09b@127.0.0.1
CSeq: {cseq} INVITE
Contact: <sip:99051000000231@127.0.0.1:40312>
Content-Type: application/sdp
Content-Length: 186
"""
RESPONSE = """SIP/2.0 {status}
Via: SIP/2.0/UDP 127.0.0.1:40312;branch=z9hG4bK7d2a91c0;rport=40312;received=127.0.0.1
From: "Head office" <sip:99051000000231@sip.skype.com>;tag=5f1c9a
To: <sip:+442079460000@sip.skype.com>;tag=9911
Call-ID: 6f2c17c09b@127.0.0.1
CSeq: {cseq} {method}
Content-Length: 0
"""


def make_step(
    packet: int, label: str, *, text: str = "", marked: bool = False, count: int = 1, up: bool | None = None
) -> LadderStep:
    """One arrow; responses come from the trunk, requests from the phone, unless `up` says otherwise."""
    to_phone = label[:1].isdigit() if up is None else up
    return LadderStep(
        packet=packet,
        time=BEGIN + packet * 0.0312,
        source="trunk" if to_phone else "phone",
        destination="phone" if to_phone else "trunk",
        label=label,
        kind="rtp" if label.startswith("RTP") else "sip",
        text=text,
        marked=marked,
        count=count,
    )


def make_ladder(number: str = "+442079460000", *, marked: bool = False, first: int = 1) -> list[LadderStep]:
    """An authenticated call that is answered and released."""
    labels = [
        (f"INVITE sip:{number}@sip.skype.com", "INVITE", 1),
        ("407 Proxy Authentication Required", "INVITE", 1),
        (f"ACK sip:{number}@sip.skype.com", "ACK", 1),
        (f"INVITE sip:{number}@sip.skype.com", "INVITE", 2),
        ("100 Trying", "INVITE", 2),
        ("180 Ringing", "INVITE", 2),
        ("200 OK", "INVITE", 2),
        (f"ACK sip:{number}@127.0.0.1:5060", "ACK", 2),
    ]
    steps = [
        make_step(first + place, label, text=_text(label, number, method, cseq), marked=marked and place == 6)
        for place, (label, method, cseq) in enumerate(labels)
    ]
    steps.append(make_step(first + 8, "RTP PCMA", count=147))
    steps.append(make_step(first + 9, "RTP PCMA", count=145, up=True))
    steps.append(make_step(first + 302, f"BYE sip:{number}@127.0.0.1:5060"))
    steps.append(
        make_step(first + 303, "200 OK", text=RESPONSE.format(status="200 OK", cseq=3, method="BYE"))
    )
    return steps


def _text(label: str, number: str, method: str, cseq: int) -> str:
    if label[:1].isdigit():
        return RESPONSE.format(status=label, cseq=cseq, method=method)
    return INVITE.format(number=number, cseq=cseq)


def make_finding(requirement: str = "numbering.national-refused", **changes: object) -> Finding:
    """A finding with every part filled."""
    evidence = RESPONSE.format(status="200 OK", cseq=2, method="INVITE")
    parts: dict[str, object] = {
        "requirement": requirement,
        "level": "MUST",
        "seen": "INVITE to 02079460000 was answered 200 OK; a call to a national number went through.",
        "required": "All numbers must be dialled in E.164 format: +, country code, number.",
        "source": "guide line 160",
        "packet": 7,
        "time": BEGIN + 7 * 0.0312,
        "call_id": "6f2c17c09b@127.0.0.1",
        "how_to_see": "harness run --target target.toml -k test_a_national_number_is_refused",
        "what_to_change": "Refuse numbers that do not begin with + and a country code, with 404 or 484.",
        "evidence": evidence,
        "marked_line": "SIP/2.0 200 OK",
    }
    return Finding.model_validate(parts | changes)


def make_scenario(name: str, verdict: Verdict = Verdict.PASS, **changes: object) -> ScenarioResult:
    """A scenario of this name and verdict with a whole call as its ladder."""
    topic = name.partition("/")[0]
    words = name.partition("/test_")[2].replace("_", " ").capitalize()
    parts: dict[str, object] = {
        "name": name,
        "title": f"{words}.",
        "topic": topic,
        "requirements": [f"{topic}.rule-1"],
        "verdict": verdict,
        "reason": "" if verdict is Verdict.PASS else f"It was {verdict.words}: the target did otherwise.",
        "duration_s": 0.4,
        "ladder": make_ladder(marked=verdict is Verdict.FAIL),
        "pcap": f"pcap/{name.replace('/', '-')}.pcap",
        "first_packet": 1,
        "last_packet": 304,
    }
    return ScenarioResult.model_validate(parts | changes)


def make_requirement(requirement_id: str, **changes: str) -> SimpleNamespace:
    """What a catalogue entry looks like to the results."""
    topic, _, slug = requirement_id.partition(".")
    parts = {
        "id": requirement_id,
        "level": "MUST",
        "title": f"{topic.replace('_', ' ').capitalize()} obeys {slug.replace('-', ' ')}",
        "words": f"An implementation MUST obey {slug} whenever {topic} is in use.",
        "source": "RFC 3261 section 17.1.1.2",
    }
    return SimpleNamespace(**(parts | changes))


TARGET = TargetInfo(
    name="reference trunk",
    address="127.0.0.1:5060",
    transport="udp",
    domain="sip.skype.com",
    server_header="sip-harness reference trunk 0.1.0",
)


def make_run(
    scenarios: list[ScenarioResult], *, target: TargetInfo = TARGET, fault: str | None = None
) -> RunResult:
    """A run of `scenarios`; eight rules a topic, of which the last is judged by nothing."""
    rules = [make_requirement(f"{topic}.rule-{number}") for topic in TOPICS for number in range(1, 9)]
    named = {finding.requirement for scenario in scenarios for finding in scenario.findings}
    known = {rule.id for rule in rules}
    rules += [make_requirement(requirement) for requirement in sorted(named - known)]
    return make_run_result(
        requirements=rules,
        scenarios=scenarios,
        target=target,
        started=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC),
        duration_s=41.7,
        harness_version="0.1.0",
        catalogue_version="8cf1971b935c",
        fault=fault,
        files={"trace": "trace.pcap", "junit": "junit.xml"},
        environment={"command": "harness run --target target.toml", "python": "3.11.7"},
    )


def make_mixed_run(count: int = 80, *, fault: str | None = None) -> RunResult:
    """A run with every verdict in it: mostly passed, some of each other."""
    others = {
        3: Verdict.NOT_APPLICABLE,
        11: Verdict.FAIL,
        20: Verdict.INCONCLUSIVE,
        33: Verdict.ERROR,
        34: Verdict.NOT_APPLICABLE,
        50: Verdict.FAIL,
    }
    scenarios = []
    for number in range(count):
        topic = TOPICS[number * len(TOPICS) // count]
        verdict = others.get(number, Verdict.PASS)
        rules = [f"{topic}.rule-{number % 7 + 1}"]
        findings = [make_finding()] if verdict is Verdict.FAIL else []
        if findings:
            rules.append(findings[0].requirement)
        scenarios.append(
            make_scenario(
                f"{topic}/test_scenario_number_{number}_does_what_it_should",
                verdict,
                requirements=rules,
                findings=findings,
                duration_s=0.05 + (number * 37 % 11) ** 2 * 0.03 + (32.0 if number == 60 else 0),
            )
        )
    return make_run(scenarios, fault=fault)
