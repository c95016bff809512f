"""One-time links: the first administrator's and those of invitations."""

import asyncio

import pytest

from reference_server.manager.people.invitations import LIFETIME
from reference_server.manager.problem import Problem
from tests.reference_server.manager.people.crowd import ADA, PASSWORD, START, Crowd, await_


def secret_of(link: str | None) -> str:
    assert link is not None
    return link.rpartition("/")[2]


def test_the_first_link_makes_an_administrator_once() -> None:
    crowd = Crowd(first=False)
    secret = secret_of(crowd.people.invitations.first_link())
    crowd.now += 100 * LIFETIME
    crowd.accept(secret, "Ada")
    (ada,) = crowd.people.administrators.list()
    assert (ada.name, ada.role, ada.created_by) == ("Ada", "administrator", "system")
    with pytest.raises(Problem) as caught:
        crowd.accept(secret, "Eve")
    assert caught.value.status == 404
    assert crowd.people.invitations.first_link() is None


def test_each_start_makes_the_first_link_anew() -> None:
    crowd = Crowd(first=False)
    old, new = (secret_of(crowd.people.invitations.first_link()) for _ in range(2))
    assert old != new
    with pytest.raises(Problem):
        crowd.people.invitations.of(old)
    assert crowd.people.invitations.of(new).role == "administrator"
    assert crowd.people.invitations.list() == [], "it is nobody's invitation"


@pytest.mark.parametrize("role", ["administrator", "viewer"])
def test_an_invitation_gives_its_role_once(role: str) -> None:
    crowd = Crowd()
    crowd.add("vera", role)
    found = crowd.people.administrators.named("vera")
    assert found is not None
    assert (found.role, found.created_by) == (role, "Ada")
    assert crowd.people.invitations.list() == []
    assert crowd.actions()[:2] == ["account made", "invited"]


def test_an_invitation_is_good_for_seven_days() -> None:
    crowd = Crowd()
    invited = crowd.people.invitations.invite(ADA, "viewer", "for Vera")
    assert invited.invitation.expires == START + 7 * 86_400
    crowd.now += LIFETIME - 1
    assert [waiting.note for waiting in crowd.people.invitations.list()] == ["for Vera"]
    crowd.now += 1
    assert crowd.people.invitations.list() == []
    with pytest.raises(Problem) as caught:
        crowd.accept(invited.secret, "vera")
    assert caught.value.status == 404


def test_a_revoked_invitation_is_worthless() -> None:
    crowd = Crowd()
    invited = crowd.people.invitations.invite(ADA, "viewer")
    crowd.people.invitations.revoke(ADA, invited.invitation.id)
    with pytest.raises(Problem):
        crowd.accept(invited.secret, "vera")
    with pytest.raises(Problem) as caught:
        crowd.people.invitations.revoke(ADA, invited.invitation.id)
    assert caught.value.status == 404


def test_a_link_used_twice_at_the_same_time_makes_one_account() -> None:
    crowd = Crowd()
    secret = crowd.people.invitations.invite(ADA, "viewer").secret

    async def both() -> list[object]:
        accept = crowd.people.invitations.accept
        names = ("vera", "eve")
        work = (accept(secret, name, PASSWORD) for name in names)
        return list(await asyncio.gather(*work, return_exceptions=True))

    results = await_(both())
    assert sorted(isinstance(result, Problem) for result in results) == [False, True]
    assert len(crowd.people.administrators.list()) == 2


def test_a_name_that_is_taken_leaves_the_link_good() -> None:
    crowd = Crowd()
    secret = crowd.people.invitations.invite(ADA, "viewer").secret
    with pytest.raises(Problem) as caught:
        crowd.accept(secret, "ada")
    assert caught.value.status == 409
    crowd.accept(secret, "vera")


def test_the_secret_is_not_in_the_database() -> None:
    crowd = Crowd()
    secret = crowd.people.invitations.invite(ADA, "viewer").secret
    with crowd.database.read() as connection:
        for table in ("invitation", "audit_entry"):
            assert secret not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
