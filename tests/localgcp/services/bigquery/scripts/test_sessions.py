"""When the tables of a session are removed."""

from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.sessions import Sessions


def test_session_is_locked_while_its_tables_are_removed() -> None:
    held: list[bool] = []

    def end(_names: ScriptEnvironment) -> None:
        held.append(session.busy.locked())

    sessions = Sessions(end)
    session = sessions.of_query("p", {"createSession": True})
    assert session is not None
    with sessions.using(session):
        sessions.end("p", session.session_id)
        assert held == []
    assert held == [True]
