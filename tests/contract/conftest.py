"""What contract tests share."""

from collections.abc import Iterator

import pytest

from tests.contract.discovery import Discovery
from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def discovery(localgcp: LocalCloud) -> Iterator[Discovery]:
    """Google's discovery client of any API."""
    found = Discovery(localgcp)
    yield found
    found.close()
