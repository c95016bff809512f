"""The reference trunk as a process of its own on free ports, seen through its control API.

What the trunk itself says of a call or a registration is here; what the foreign program says is with it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.waiting import PATIENCE, wait_for

DOMAIN = "sip.skype.com"
ECHO_NUMBER = "+17606604690"
PASSWORD = "secret"
EXTENSION_TAG = "200"
HEAD = """
[trunk]
listen = ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"]
control = "127.0.0.1:0"
database = "trunk.sqlite"
"""
PROFILE = """
[[profile]]
name = "Profile {username}"
sip_username = "{username}"
password = "{password}"
{auth}
channels = 10
online_numbers = ["{online_number}"]
extension_tags = {{ "{account}" = "{tag}" }}
"""
ACCOUNT = """
[[account]]
name = "{name}"
display = "{display}"
password = "{password}"
"""
ANN, BOB = "ann.example", "bob.example"
"""Business accounts that are attached to no profile."""
ANNS_NAME = "Ann Example"

Json = dict[str, Any]


def username(index: int) -> str:
    """The SIP username of a profile, from 0; each test takes one of its own, so that none sees another's."""
    return f"9905100000{index:04}"


def online_number(sip_username: str) -> str:
    """The Online Number of a profile."""
    return f"+44207946{sip_username[-4:]}"


def account(sip_username: str) -> str:
    """The business account attached to a profile; it belongs to that profile only."""
    return f"sales-{sip_username[-4:]}.example"


class TrunkProcess:
    """A trunk that listens."""

    def __init__(self, process: PeerProcess, announced: dict[str, str], client: httpx.Client) -> None:
        self.process = process
        self._announced = announced
        self._client = client

    def address(self, transport: str) -> str:
        """HOST:PORT of the listener for `udp` or `tcp`."""
        return self._announced[transport]

    def contacts(self, sip_username: str) -> list[str]:
        """The contacts that a profile has registered."""
        profile: Json = self._get(f"/profiles/{sip_username}")
        return [binding["contact"] for binding in profile["bindings"]]

    def channels_used(self, sip_username: str) -> int:
        """How many calls of a profile hold a channel."""
        profile: Json = self._get(f"/profiles/{sip_username}")
        return int(profile["channels_used"])

    def wait_contact(self, sip_username: str) -> str:
        """Waits until a profile has a contact."""
        return wait_for(f"a contact of {sip_username}", lambda: self.contacts(sip_username))[0]

    def wait_no_contact(self, sip_username: str) -> None:
        """Waits until a profile has no contact any more."""
        wait_for(f"no contact of {sip_username}", lambda: not self.contacts(sip_username))

    def place_call(self, sip_username: str, *, media: str = "silence", **order: Any) -> str:
        """Lets the trunk call a profile; returns the id of the call."""
        body = {"profile": sip_username, "behaviour": {"media": media}, **order}
        answer = self._client.post("/calls", json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return str(answer.json()["id"])

    def end_call(self, call: str) -> None:
        """Ends a call from the trunk's side."""
        self._client.delete(f"/calls/{call}").raise_for_status()

    def call(self, call: str) -> Json:
        """One call as the trunk sees it."""
        shown: Json = self._get(f"/calls/{call}")
        return shown

    def wait_call(self, call: str, state: str) -> Json:
        """Waits until a call is `answered`, or `ended` for good, with the answer to its BYE."""

        def look() -> Json | None:
            shown = self.call(call)
            assert state == "ended" or shown["state"] != "ended", f"the call ended: {shown}"
            is_settled = state != "ended" or shown["ended"] is not None
            return shown if shown["state"] == state and is_settled else None

        return wait_for(f"call {call} to be {state}", look)

    def wait_media(self, call: str, packets: int = 25) -> Json:
        """Waits until a call has received so many RTP packets; 25 are half a second."""

        def look() -> Json | None:
            shown = self.call(call)
            return shown if shown["media"] and shown["media"]["received_packets"] >= packets else None

        return wait_for(f"{packets} RTP packets of call {call}", look)

    def wait_outbound_call(self, sip_username: str) -> str:
        """Waits for an answered call that the profile placed; returns its id."""

        def look() -> list[str]:
            calls: list[Json] = self._get("/calls")
            return [
                call["id"]
                for call in calls
                if (call["profile"], call["direction"], call["state"])
                == (sip_username, "outbound", "answered")
            ]

        return wait_for(f"an answered call of {sip_username}", look)[0]

    def records(self, sip_username: str) -> list[Json]:
        """The profile's call records, the newest last."""
        records: list[Json] = self._get("/records")
        return [record for record in records if record["profile"] == sip_username]

    def wait_record(self, sip_username: str, before: int = 0) -> Json:
        """Waits until a profile has more call records than `before`; returns the newest."""

        def look() -> list[Json]:
            return self.records(sip_username)[before:]

        return wait_for(f"call record {before + 1} of {sip_username}", look)[-1]

    def _get(self, path: str) -> Any:
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_trunk(
    processes: Processes,
    folder: Path,
    profiles: int,
    *,
    ip_mode: Mapping[int, tuple[str, int]] | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[TrunkProcess]:
    """Starts a trunk with so many profiles in an empty folder, and sees to it that it ends cleanly.

    `ip_mode`: those that are known by address and port instead. `options`: more of the command line's.
    """
    settings = folder / "trunk.toml"
    known = ip_mode or {}
    written = (_profile(username(index), known.get(index)) for index in range(profiles))
    settings.write_text(HEAD + "".join(written) + _accounts(profiles), "utf-8")
    command = [sys.executable, "-m", "reference_server", "--config", str(settings), "--announce", *options]
    process = processes.start("trunk", command, folder)
    announced = json.loads(process.wait_output(r"(?m)^\{.*\}$")[0])
    with httpx.Client(base_url=announced["control"], trust_env=False, timeout=PATIENCE) as client:
        yield TrunkProcess(process, announced, client)
    assert process.end() == 0, f"the trunk did not end cleanly:\n{process.output}"


def _accounts(profiles: int) -> str:
    """Two accounts that sign in, and each profile's, which cannot."""
    names = [(ANN, ANNS_NAME), (BOB, ""), *((account(username(index)), "") for index in range(profiles))]
    return "".join(ACCOUNT.format(name=name, display=shown, password=PASSWORD) for name, shown in names)


def _profile(sip_username: str, known_by: tuple[str, int] | None) -> str:
    registration = 'auth = "registration"'
    auth = f'auth = "ip"\naddress = "{known_by[0]}"\nport = {known_by[1]}' if known_by else registration
    return PROFILE.format(
        auth=auth,
        username=sip_username,
        password=PASSWORD,
        online_number=online_number(sip_username),
        account=account(sip_username),
        tag=EXTENSION_TAG,
    )
