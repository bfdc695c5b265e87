"""Everything that the package raises itself.

TimberlineError
├── FinalError                 asking again would end the same way: the task is not retried
│   ├── SettingsError          a setting is missing or points elsewhere than it may
│   ├── InputError             a parameter of the run cannot be used
│   │   ├── IdentifierError    a project, dataset, table or bucket name that is none
│   │   ├── JobFileError       a job file with an unknown key or an impossible value
│   │   ├── AiPlatformError    a body of AI Platform v1 that is wrong, or has no equivalent on Vertex AI
│   │   └── SplitSchemeError   splits that overlap, or a scheme that does not exist
│   ├── DataError              the rows are not what the pipeline needs
│   │   ├── ColumnError        a column is missing or misnamed
│   │   └── SplitError           a split is empty, or two splits share rows
│   ├── UnknownState           a service reports a state that this package does not know
│   ├── NoUsableTrial          a tuning job without a single trial to choose
│   ├── BuildFailed            the trainer's image could not be built
│   ├── QueryFailed            BigQuery refused or failed a job
│   ├── DeployFailed           a version does not come up on its endpoint
│   ├── RolledBack             a version answered wrongly, and was taken from its endpoint
│   ├── Superseded             another version was promoted in the meantime
│   ├── LeftoversRemain        what runs left behind could not be looked at, or not be removed
│   └── JobsFailed             too few remote jobs succeeded
│       └── JobsTimedOut       the deadline passed
└── RetryableError             a later try may succeed
    └── ServiceUnavailable     a service did not answer in time
"""


class TimberlineError(Exception):
    """The root: whatever this package raises itself."""


class FinalError(TimberlineError):
    """Raised when another try would end the same way."""


class SettingsError(FinalError):
    """Raised when a setting of the deployment is missing or wrong."""


class InputError(FinalError):
    """Raised when a parameter of the run cannot be used."""


class IdentifierError(InputError):
    """Raised when a text is no name of the resource that it should name."""


class JobFileError(InputError):
    """Raised when a job file says something that cannot be done."""


class AiPlatformError(InputError):
    """Raised when a body of AI Platform v1 is wrong, or asks for what Vertex AI has no equivalent of."""


class SplitSchemeError(InputError):
    """Raised when a split's splits overlap, lie outside their modulus, or the scheme is unknown."""


class DataError(FinalError):
    """Raised when a table or file does not hold what the pipeline needs."""


class ColumnError(DataError):
    """Raised when a column is missing or misnamed."""


class SplitError(DataError):
    """Raised when a split has no rows, or shares rows with another one."""


class UnknownState(FinalError):
    """Raised when a service reports a state that is not in `timberline.jobs.states`."""


class NoUsableTrial(FinalError):
    """Raised when no trial of a tuning job has a metric to compare."""


class BuildFailed(FinalError):
    """Raised when Cloud Build ended without the image."""


class QueryFailed(FinalError):
    """Raised when BigQuery refused or failed a job for a reason that stays."""


class DeployFailed(FinalError):
    """Raised when a version does not come up on its endpoint; the endpoint serves as before."""


class RolledBack(FinalError):
    """Raised after a version that answers wrongly was taken from its endpoint."""


class Superseded(FinalError):
    """Raised when a version other than the one that was compared is in service by now."""


class LeftoversRemain(FinalError):
    """Raised when what runs left behind could not be looked at, or not be removed."""


class JobsFailed(FinalError):
    """Raised when fewer remote jobs succeeded than the run needs."""


class JobsTimedOut(JobsFailed):
    """Raised when the deadline of the jobs passed."""


class RetryableError(TimberlineError):
    """Raised when a later try may succeed."""


class ServiceUnavailable(RetryableError):
    """Raised when a service did not answer, or not in time."""
