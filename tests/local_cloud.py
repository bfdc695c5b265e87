"""The local cloud as the tests drive it."""

import time
from collections.abc import Sequence

from localgcp.testing.local_cloud import LocalCloud as RealCloud
from localgcp.testing.local_cloud import ServerProcess
from tests.forks import forks_of

__all__ = ["LocalCloud", "RealCloud"]

_LOOK_S = 0.005


class LocalCloud(RealCloud):
    """A local cloud whose server is a fork of a process that has the imports: a start costs a tenth."""

    def _launch(self, command: Sequence[str]) -> tuple[ServerProcess, str]:
        output = self.state_dir.with_name(f"{self.state_dir.name}.out")
        output.unlink(missing_ok=True)
        process = forks_of("tests.server_imports").launch(command, output, self.log)
        while not (text := output.read_text() if output.exists() else "").endswith("\n") and process.poll() is None:
            time.sleep(_LOOK_S)
        return process, text
