"""When what a session holds is removed."""

from localgcp.services.bigquery.scripts.environment import ScriptEnvironment
from localgcp.services.bigquery.scripts.sessions import Sessions


def test_what_a_session_holds_is_removed_while_no_other_can_use_it() -> None:
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
