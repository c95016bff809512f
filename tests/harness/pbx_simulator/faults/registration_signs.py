"""How faults of registration and credentials show."""

from collections.abc import Callable

from tests.harness.pbx_simulator.faults.play import Sign, call_echo, header_missing
from tests.harness.pbx_simulator.virtual_office import PROFILE, VirtualOffice


def unauthenticated(method: str) -> Sign:
    """No request of a method has credentials."""

    def sign(office: VirtualOffice) -> bool:
        call_echo(office)
        found = office.sent(method)
        names = ("Authorization", "Proxy-Authorization")
        return bool(found) and not any(name in request.headers for request in found for name in names)

    return sign


def credentials(method: str, holds: Callable[[str], bool]) -> Sign:
    """Every credential of a method looks so, and there are some."""

    def sign(office: VirtualOffice) -> bool:
        call_echo(office)
        call_echo(office)
        lines = [
            line
            for request in office.sent(method)
            for name in ("Authorization", "Proxy-Authorization")
            for line in request.headers.get_lines(name)
        ]
        return bool(lines) and all(holds(line) for line in lines)

    return sign


def nonce_reused(office: VirtualOffice) -> bool:
    call_echo(office)
    call_echo(office)
    seen: set[str] = set()
    for request in office.sent("INVITE"):
        for line in request.headers.get_lines("Proxy-Authorization"):
            key = line.partition("nonce=")[2].partition(",")[0] + line.partition("nc=")[2][:8]
            if key in seen and request.to.tag is None:
                return True
            seen.add(key)
    return False


def never_registers(office: VirtualOffice) -> bool:
    office.wait(20)
    return not office.sent("REGISTER")


def lapsed(office: VirtualOffice) -> bool:
    office.wait(310)
    return not office.trunk.control.profile(PROFILE.sip_username)["bindings"]


def refused_registration(office: VirtualOffice) -> bool:
    office.wait(3)
    tried = any("Authorization" in request.headers for request in office.sent("REGISTER"))
    return tried and not office.trunk.control.profile(PROFILE.sip_username)["bindings"]


def every_second(office: VirtualOffice) -> bool:
    office.wait(30)
    return len(office.sent("REGISTER")) > 40


def storm(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, register={"status": 503})
    office.wait(10)
    return len(office.sent("REGISTER")) > 20


def given_up(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, register={"status": 503, "times": 1})
    office.wait(60)
    return not office.trunk.control.profile(PROFILE.sip_username)["bindings"]


def stays(office: VirtualOffice) -> bool:
    office.wait(1)
    office.pbx.stop(office.network.now())
    office.wait(3)
    return bool(office.trunk.control.profile(PROFILE.sip_username)["bindings"])


def brief(office: VirtualOffice) -> bool:
    office.trunk.control.direct(PROFILE.sip_username, register={"min_expires": 600})
    office.wait(10)
    return not office.trunk.control.profile(PROFILE.sip_username)["bindings"]


def stale_given_up(office: VirtualOffice) -> bool:
    office.wait(1)
    office.trunk.control.direct(PROFILE.sip_username, invite={"stale": True, "times": 1})
    call_echo(office)
    return not office.sent("BYE")


def extension_registers(office: VirtualOffice) -> bool:
    office.wait(1)
    return "sip:101@" in str(office.sent("REGISTER")[0].to.uri)


def unregister_unfinished(office: VirtualOffice) -> bool:
    return stays(office) and office.sent("REGISTER")[-1].headers.get("Expires") == "0"


def repeated_credentials(office: VirtualOffice) -> bool:
    office.wait(2)
    return len([each for each in office.sent("REGISTER") if "Authorization" in each.headers]) > 3


SIGNS: dict[str, Sign] = {
    "never-registers": never_registers,
    "register-challenge-ignored": unauthenticated("REGISTER"),
    "no-refresh": lapsed,
    "late-refresh": lapsed,
    "registers-every-second": every_second,
    "no-backoff": storm,
    "gives-up-after-failure": given_up,
    "never-unregisters": stays,
    "min-expires-ignored": brief,
    "stale-ignored": stale_given_up,
    "register-contact-missing": header_missing("REGISTER", "Contact"),
    "wrong-password": refused_registration,
    "challenge-ignored": unauthenticated("INVITE"),
    "wrong-realm": credentials("INVITE", lambda line: 'realm="asterisk"' in line),
    "qop-ignored": credentials("INVITE", lambda line: "qop=" not in line),
    "nc-not-counted": nonce_reused,
    "sha256-answered-with-md5": credentials("REGISTER", lambda line: "SHA-256" not in line),
    "registers-extension": extension_registers,
    "unregister-unfinished": unregister_unfinished,
    "rejected-credentials-repeated": repeated_credentials,
}
"""Fault -> how it shows."""
