"""The environment variables by which Google's own libraries and tools find this server."""

import json
import os


def client_environment(port: int, project: str) -> dict[str, str]:
    """Return the variables for a client process.

    `GCE_METADATA_HOST` names this server, which is not a metadata server, so that no library mistakes this machine for
    a virtual machine of Google; `NO_GCE_CHECK` saves the probe. `NO_PROXY` keeps loopback calls off the user's proxy.
    """
    base = f"http://127.0.0.1:{port}"
    connection = {"conn_type": "google_cloud_platform", "extra": {"is_anonymous": True, "project": project}}
    return {
        "STORAGE_EMULATOR_HOST": base,
        # google-cloud-cpp, which pyarrow.fs uses, reads this variable.
        "CLOUD_STORAGE_EMULATOR_ENDPOINT": base,
        # gcsfs would ask over gRPC for the type of the bucket, and wait two minutes for the response.
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        "BIGQUERY_EMULATOR_HOST": base,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM": f"{base}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY": f"{base}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBUILD": f"{base}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING": f"{base}/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"{base}/compute/v1/",
        "CLOUDSDK_CORE_PROJECT": project,
        "GCE_METADATA_HOST": f"127.0.0.1:{port}",
        "NO_GCE_CHECK": "true",
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY", ""), "127.0.0.1,localhost"])),
        "GOOGLE_CLOUD_PROJECT": project,
        "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT": json.dumps(connection),
    }
