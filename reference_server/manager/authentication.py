"""Registration details of profiles: shown, revealed after the own password, made anew; and IP authentication.

Quick Start Guide step 3, "Authentication details". SIP passwords lie encrypted in the store; whoever sees one
is written to the audit log.
"""

import random
from ipaddress import ip_address

from reference_server.manager.actor import Actor, may_change
from reference_server.manager.problem import Problem, wrong_value
from reference_server.manager.profile_lookup import any_profile, managed_profile
from reference_server.manager.profile_pages import ProfilePages
from reference_server.manager.profile_view import PasswordShown, ProfileView, RegistrationDetails
from reference_server.store import profile_rows
from reference_server.store.profile_rows import ProfileRow
from reference_server.store.vault import WrongKey

CONNECT_ADDRESS = "sip.skype.com"
"""The profile page of Skype Connect: "Skype Connect address: sip.skype.com"."""
UDP_PORT = 5060
PASSWORD_LENGTH = 14
"""The same page: "Password", 14 random mixed-case alphanumerics."""
CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
"""Without those that look alike: I, l, 1, O and 0."""


class Authentication(ProfilePages):
    """How PBXs prove who they are. Methods raise `Problem`."""

    def registration_details(self, username: str) -> RegistrationDetails:
        """SIP user, address and UDP port."""
        with self._means.orders.reading() as connection:
            row = any_profile(connection, username)
        return RegistrationDetails(
            sip_user=row.sip_username, address=CONNECT_ADDRESS, port=UDP_PORT, password_set=bool(row.password)
        )

    def first_password(self, actor: Actor, username: str) -> PasswordShown:
        """The password, shown once after the first purchase ("Your profile's registration details are
        displayed"). Raises `Problem` 403 afterwards: then `reveal_password`."""
        may_change(actor)
        with self._means.orders.changing() as connection:
            row = managed_profile(connection, username)
            if row.password_shown:
                detail = "the password was shown already; give your own password to see it again"
                raise Problem("password-shown", 403, "The password is shown once", detail)
            profile_rows.note_password_shown(connection, username)
            self._means.note(connection, actor, "password shown", username, "after it was made")
        return self._shown(row)

    async def reveal_password(self, actor: Actor, username: str, own_password: str) -> PasswordShown:
        """The password, to an administrator who gives the own one again.

        Raises `Problem` 403 when the own password is wrong, 429 after too many of them.
        """
        may_change(actor)
        await self._means.people.administrators.confirm_password(actor, own_password)
        with self._means.orders.changing() as connection:
            row = any_profile(connection, username)
            self._means.note(connection, actor, "password revealed", username)
        return self._shown(row)

    def regenerate_password(self, actor: Actor, username: str) -> PasswordShown:
        """Another password, shown now; the old one is refused from now on."""
        may_change(actor)
        password = make_password(self._means.rng)
        with self._means.orders.changing(username) as connection:
            managed_profile(connection, username)
            profile_rows.change(connection, username, password=self._means.vault.encrypt(password))
            profile_rows.note_password_shown(connection, username)
            self._means.note(connection, actor, "password regenerated", username)
        return PasswordShown(sip_user=username, password=password)

    def set_ip_authentication(self, actor: Actor, username: str, address: str, port: int) -> ProfileView:
        """The PBX is known by its public IP address and UDP port. Raises `Problem` 409 when another profile
        has both."""
        may_change(actor)
        try:
            address = str(ip_address(address.strip()))
        except ValueError:
            detail = f'seen {address[:45]!r}; write the public IP address of the PBX, as "203.0.113.7"'
            raise wrong_value("address", detail) from None
        if not 1 <= port <= 65535:
            raise wrong_value("port", f"seen {port}; write the UDP port of the PBX, 1 to 65535, as 5060")
        with self._means.orders.changing(username) as connection:
            managed_profile(connection, username)
            owner = profile_rows.at_address(connection, address, port)
            if owner not in (None, username):
                detail = (
                    f"profile {owner} is known by {address}, port {port}; each profile needs one of its own"
                )
                raise Problem(
                    "address-taken", 409, "The address belongs to another profile", detail, "address"
                )
            profile_rows.change(connection, username, auth="ip", address=address, port=port)
            self._means.note(connection, actor, "ip authentication set", username, f"{address}:{port}")
        return self.get(username)

    def set_registration(self, actor: Actor, username: str) -> ProfileView:
        """The PBX registers with SIP user and password."""
        may_change(actor)
        with self._means.orders.changing(username) as connection:
            managed_profile(connection, username)
            profile_rows.change(connection, username, auth="registration")
            self._means.note(connection, actor, "registration set", username)
        return self.get(username)

    def _shown(self, row: ProfileRow) -> PasswordShown:
        try:
            return PasswordShown(sip_user=row.sip_username, password=self._means.vault.decrypt(row.password))
        except WrongKey:
            detail = "it was encrypted with another key; regenerate it"
            raise Problem("wrong-key", 500, "The password cannot be read", detail) from None


def make_password(rng: random.Random) -> str:
    """A SIP password."""
    return "".join(rng.choices(CHARACTERS, k=PASSWORD_LENGTH))
