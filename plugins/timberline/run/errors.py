"""The errors that the package raises.

TimberlineError
├── FinalError                 another try would end the same way: the task is not retried
│   ├── SettingsError          a setting is missing or has a forbidden value
│   ├── InputError             a parameter of the run cannot be used
│   │   ├── IdentifierError    an invalid name of a project, dataset, table or bucket
│   │   ├── JobFileError       a job file with an unknown key or an impossible value
│   │   ├── AiPlatformError    an AI Platform body that is wrong, or has no equivalent on Vertex AI
│   │   └── SplitSchemeError   splits that overlap, or a scheme that does not exist
│   ├── DataError              the rows are not what the pipeline needs
│   │   ├── ColumnError        a column is missing or misnamed
│   │   └── SplitError         a split is empty, or two splits share rows
│   ├── UnknownState           a service reports a state that this package does not know
│   ├── NoUsableTrial          a tuning job without a single trial to choose
│   ├── BuildFailed            the trainer's image could not be built
│   ├── QueryFailed            BigQuery refused or failed a job
│   ├── DeployFailed           a version does not come up on its endpoint
│   ├── RolledBack             a version answered wrongly, and was taken from its endpoint
│   ├── Superseded             another version was promoted in the meantime
│   ├── LeftoversRemain        left-overs of runs could not be listed or removed
│   └── JobsFailed             too few remote jobs succeeded
│       └── JobsTimedOut       the deadline passed
└── RetryableError             a later try may succeed
    └── ServiceUnavailable     a service did not answer in time
"""


class TimberlineError(Exception):
    """The root of all errors that this package raises."""


class FinalError(TimberlineError):
    """Raised when another try would end the same way."""


class SettingsError(FinalError):
    """Raised when a setting of the deployment is missing or wrong."""


class InputError(FinalError):
    """Raised when a parameter of the run cannot be used."""


class IdentifierError(InputError):
    """Raised when a text is not a valid name of a resource."""


class JobFileError(InputError):
    """Raised when a job file has an unknown key or an impossible value."""


class AiPlatformError(InputError):
    """Raised when an AI Platform body is wrong, or asks for something without an equivalent on Vertex AI."""


class SplitSchemeError(InputError):
    """Raised when the splits of a scheme overlap or lie outside their modulus, or the scheme is unknown."""


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
    """Raised when BigQuery refused or failed a job, and another try would not help."""


class DeployFailed(FinalError):
    """Raised when a version does not come up on its endpoint; the endpoint serves as before."""


class RolledBack(FinalError):
    """Raised after a version that answered wrongly was taken from its endpoint."""


class Superseded(FinalError):
    """Raised when the version in service is no longer the version that the gate compared with."""


class LeftoversRemain(FinalError):
    """Raised when left-overs of runs could not be listed or removed."""


class JobsFailed(FinalError):
    """Raised when fewer remote jobs succeeded than the run needs."""


class JobsTimedOut(JobsFailed):
    """Raised when the deadline of the jobs passed."""


class RetryableError(TimberlineError):
    """Raised when a later try may succeed."""


class ServiceUnavailable(RetryableError):
    """Raised when a service did not answer, or not in time."""
