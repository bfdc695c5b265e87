"""The messages of the audit of the lock."""

from local.audit import report

_SAFE = {"name": "yarl", "version": "1.2", "vulns": []}
_BAD = {"name": "idna", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
_UNSEEN = {"name": "zipp", "skip_reason": "not found"}


def test_a_known_vulnerability_is_named_with_its_fix_and_fails_the_audit() -> None:
    lines, found = report([_SAFE, _BAD])
    assert found
    assert lines[0] == "idna 1.0: PYSEC-1, fixed in 1.1, 2.0"


def test_packages_that_were_not_looked_up_are_reported() -> None:
    lines, found = report([_SAFE, _UNSEEN])
    assert not found
    assert lines == [
        "audit: 1 packages of requirements.txt looked up, 0 known vulnerabilities; "
        "1 NOT looked up: this machine cannot reach the advisories"
    ]
