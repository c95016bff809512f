"""The audit log: what stands in it, in pages."""

from reference_server.manager.actor import Actor
from tests.reference_server.manager.people.crowd import ADA, START, Crowd


def test_an_entry_tells_who_did_what_to_which_when_and_from_where() -> None:
    crowd = Crowd(first=False)
    crowd.now += 5
    with crowd.database.begin() as connection:
        crowd.people.audit.note(connection, ADA, "password revealed", "99051000000231", "in the console")
    (entry,) = crowd.people.audit.entries()
    assert (entry.at, entry.actor, entry.via, entry.address) == (START + 5, "Ada", "console", "192.0.2.1")
    assert (entry.action, entry.subject) == ("password revealed", "99051000000231")


def test_entries_come_newest_first_in_pages() -> None:
    crowd = Crowd(first=False)
    for number in range(5):
        with crowd.database.begin() as connection:
            crowd.people.audit.note(connection, ADA, "counted", str(number))
    newest = crowd.people.audit.entries(2)
    assert [entry.subject for entry in newest] == ["4", "3"]
    assert [entry.subject for entry in crowd.people.audit.entries(2, newest[-1].id)] == ["2", "1"]


def test_words_that_are_too_long_or_no_text_are_borne_with() -> None:
    crowd = Crowd(first=False)
    with crowd.database.begin() as connection:
        actor = Actor("x" * 300, "viewer", "console")
        crowd.people.audit.note(connection, actor, "a" * 300, "nul\0 \udcff" * 100, "b" * 3000)
    (entry,) = crowd.people.audit.entries()
    assert (len(entry.actor), len(entry.action), len(entry.subject), len(entry.detail)) == (64, 64, 200, 3000)
    assert "\0" not in entry.subject
