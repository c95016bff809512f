"""A phone behind the PBX, played by the harness: an extension that dials out and takes what comes in.

`InsideLine` and `InsideCall` are what scenarios know; `SipLine` is the one over SIP, `inside_device` the ones
moved by commands or by a person. What the trunk sees of their calls is `trunk_side`'s.
"""

from collections.abc import Callable
from typing import Protocol

from harness.checks.breach import Inconclusive
from harness.checks.expect import sentence_of
from harness.drivers.driver import Driver
from harness.drivers.errors import DriverError
from harness.drivers.local_address import local_host_towards
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.settings.pbx import PbxFile
from harness.settings.pbx_phone import InsidePhone
from harness.sip.errors import SipError
from harness.ua.account import Account
from harness.ua.call_state import CallState

REGISTER_AGAIN = 200.0
"""Seconds after which an extension registers anew before it is used."""
EXPIRES = 600
END_PATIENCE = 2.0
"""Seconds that calls have to end between two scenarios."""
PHONE_PATIENCE = 2.0
"""Seconds from the trunk's answer until the phone behind the PBX must know of it."""


class InsideCall(Protocol):
    """A call of an extension, either way."""

    @property
    def sip(self) -> PhoneCall:
        """What the phone sees and hears of it. Inconclusive where nobody can look into the phone."""

    def ring(self) -> None:
        """Say that the phone rings; a device does so by itself."""

    def answer(self) -> None: ...

    def reject(self, status: int = 486) -> None: ...

    def wait_refused(self, timeout: float) -> int:
        """Until the call that it made is refused; the status it is told. Raises WaitTimeout."""

    def wait_ended(self, timeout: float) -> None:
        """Until its call is over, whatever ended it. Raises WaitTimeout."""

    def is_over(self) -> bool:
        """Whether its call has come to an answer or an end; False where nobody can look into the phone."""

    def hang_up(self) -> None:
        """End it, as its state demands; does not wait."""

    def hold(self) -> None: ...

    def resume(self) -> None: ...

    def send_dtmf(self, digits: str) -> None: ...

    def play_tone(self, hz: float) -> None: ...


class InsideLine(Protocol):
    """An extension."""

    @property
    def extension(self) -> str: ...

    @property
    def shows_calls(self) -> bool:
        """Whether anybody can see that it rings."""

    def dial(self, number: str, **options: object) -> InsideCall:
        """Call a number, as people behind this PBX dial it."""

    def wait_incoming(self, timeout: float) -> InsideCall:
        """Until it rings. Raises WaitTimeout; a phone that cannot be looked into counts as ringing."""

    def ring(self) -> bool:
        """Let the phone say that it rings when it is called; whether it is. Not of one nobody looks into."""

    def make_ready(self) -> None:
        """Registered and idle. Raises Inconclusive."""

    def end_calls(self) -> None:
        """Whatever happened: no call is left."""

    def close(self) -> None: ...


class SipCall:
    """A call of a phone that the harness plays."""

    def __init__(self, call: PhoneCall, driver: Driver) -> None:
        self.sip = call
        self._driver = driver

    def ring(self) -> None:
        self.sip.ring()

    def answer(self) -> None:
        self.sip.answer(timeout=0)

    def reject(self, status: int = 486) -> None:
        self.sip.reject(status, timeout=0)

    def wait_refused(self, timeout: float) -> int:
        return self.sip.wait_final(timeout=timeout).status or 0

    def wait_ended(self, timeout: float) -> None:
        self.sip.wait_ended(timeout=timeout)

    def is_over(self) -> bool:
        return self.sip.status is not None

    def hang_up(self) -> None:
        self.sip.core.hang_up(self._driver.now())

    def hold(self) -> None:
        self._wait(lambda: self.sip.state is CallState.ANSWERED, "that its call was answered")
        self.sip.core.hold(self._driver.now())

    def resume(self) -> None:
        self.sip.core.resume(self._driver.now())

    def send_dtmf(self, digits: str) -> None:
        self._wait(self._has_media, "of any audio to send or to receive")
        self.sip.send_dtmf(digits)

    def play_tone(self, hz: float) -> None:
        self._wait(self._has_media, "of any audio to send or to receive")
        self.sip.play_tone(hz)

    def _has_media(self) -> bool:
        """Whether it may send audio."""
        return self.sip.core.media is not None

    def _wait(self, is_told: Callable[[], bool], what: str) -> None:
        """Until the phone knows what the trunk does, which the PBX may answer before it tells the phone."""
        if not self._driver.run_until(is_told, PHONE_PATIENCE):
            raise Inconclusive(f"the phone was not told {what}")


class SipLine:
    """An extension of the PBX over SIP."""

    shows_calls = True

    def __init__(self, driver: Driver, pbx: PbxFile, settings: InsidePhone) -> None:
        self.extension = settings.extension
        self._driver = driver
        self._settings = settings
        self._registrar = pbx.phone_hop(settings)
        self._domain = settings.domain or self._registrar.host
        self._phone: Phone | None = None
        self._registered = 0.0

    @property
    def phone(self) -> Phone:
        """The phone itself; its socket is opened at the first use."""
        if self._phone is None:
            account = Account(
                username=self._settings.extension,
                password=self._settings.password,
                registrar=self._registrar,
                domain=self._domain,
                auth_username=self._settings.authentication_name,
            )
            local = (local_host_towards(self._registrar), 0)
            self._phone = Phone(
                self._driver,
                account,
                local=local,
                transport=self._registrar.transport,
                user_agent="Inside phone",
            )
        return self._phone

    @property
    def is_open(self) -> bool:
        """Whether the phone has its socket."""
        return self._phone is not None

    def dial(self, number: str, **options: object) -> SipCall:
        return SipCall(self.phone.call(number, **options), self._driver)

    def wait_incoming(self, timeout: float) -> SipCall:
        return SipCall(self.phone.wait_call(timeout), self._driver)

    def ring(self) -> bool:
        called = self.phone.incoming_calls
        for call in called:
            if call.state in (CallState.CALLING, CallState.PROCEEDING):
                call.ring()
        return bool(called)

    def make_ready(self) -> None:
        try:
            self.phone.incoming_calls.clear()
            if self._driver.now() - self._registered < REGISTER_AGAIN:
                return
            status = self.phone.register(EXPIRES, timeout=4).status
        except (DriverError, SipError) as error:
            raise Inconclusive(
                f"extension {self.extension} can't register with the PBX: {sentence_of(error)}"
            ) from None
        if status != 200:
            words = f"the PBX answered the REGISTER of extension {self.extension} with {status}"
            raise Inconclusive(f"{words}; correct its password in pbx.toml")
        self._registered = self._driver.now()

    def is_answered(self) -> bool:
        """Whether the PBX answers this extension at all."""
        try:
            self.phone.register(EXPIRES, timeout=2)
        except (DriverError, SipError):
            return False
        return True

    def forget_registration(self) -> None:
        """The PBX has been started anew: register before the next use."""
        self._registered = 0.0

    def end_calls(self) -> None:
        phone = self._phone
        if phone is None:
            return
        open_calls = [call for call in phone.calls if not call.core.ended]
        for call in open_calls:
            self._end(call)
        if open_calls:
            self._driver.run_until(lambda: all(call.core.ended for call in open_calls), END_PATIENCE)
        for call in open_calls:
            call.core.drop(self._driver.now())
        phone.calls.clear()
        phone.incoming_calls.clear()

    def _end(self, call: PhoneCall) -> None:
        try:
            if (
                call.state is CallState.RINGING
                and call.core.ended_by is None
                and call in self.phone.incoming_calls
            ):
                call.reject(480, timeout=0)
            else:
                call.core.hang_up(self._driver.now())
        except (SipError, DriverError):
            pass  # how a phone lets go is no finding

    def close(self) -> None:
        if self._phone is not None:
            self._phone.close()
