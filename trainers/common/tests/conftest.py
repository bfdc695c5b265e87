"""The libraries that the servers of these tests need; no deadlines, because other tests run at the same time."""

from hypothesis import settings
from trainer_common.testing.warm_process import preload

preload(["pyarrow.fs", "starlette.applications", "uvicorn.protocols.http.h11_impl"])
settings.register_profile("trainers", deadline=None)
settings.load_profile("trainers")
