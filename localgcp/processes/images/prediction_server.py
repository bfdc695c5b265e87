"""The server of Google's prebuilt prediction containers, for one model of scikit-learn or XGBoost.

The environment of the image runs this file with `sklearn` or `xgboost` as its argument; it uses the framework, NumPy
and the standard library alone. Model files: https://cloud.google.com/vertex-ai/docs/training/exporting-model-artifacts.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

_FILES = {"sklearn": ("model.joblib", "model.pkl"), "xgboost": ("model.bst", "model.joblib", "model.pkl")}

Predict = Callable[[Any], Any]


class PredictionFailed(Exception):
    """The model refuses the instances."""


def fetch(uri: str, names: tuple[str, ...], folder: Path) -> Path:
    """Copy the only model file of a `gs://` folder, without its subfolders, and return the copy.

    Raises:
        SystemExit: the folder has no model file, or several.
    """
    bucket, _, prefix = uri.removeprefix("gs://").partition("/")
    base = f"{os.environ['STORAGE_EMULATOR_HOST']}/storage/v1/b/{bucket}/o"
    # With a delimiter, the objects of subfolders are not listed.
    with urllib.request.urlopen(f"{base}?delimiter=/&prefix={quote(prefix.rstrip('/') + '/', safe='')}") as reply:
        there = {item["name"].rpartition("/")[2]: item["name"] for item in json.load(reply).get("items", ())}
    found = [name for name in names if name in there]
    if len(found) != 1:
        listed = ", ".join(f"[{name}]" for name in names)
        raise SystemExit(f"Model directory {uri} is expected to contain exactly one of: {listed}.")
    with urllib.request.urlopen(f"{base}/{quote(there[found[0]], safe='')}?alt=media") as reply:
        (folder / found[0]).write_bytes(reply.read())
    return folder / found[0]


def load(framework: str, path: Path) -> Predict:
    """Return the function that predicts for an array of instances."""
    if path.suffix == ".bst":
        model = import_module("xgboost").Booster()
        model.load_model(path)
    elif path.suffix == ".joblib":
        model = import_module("joblib").load(path)
    else:
        with path.open("rb") as file:
            model = pickle.load(file)
    return _sklearn(model) if framework == "sklearn" else _xgboost(model)


def _sklearn(model: Any) -> Predict:
    numpy = import_module("numpy")

    def predict(instances: Any) -> Any:
        try:
            return model.predict(numpy.array(instances)).tolist()
        except Exception as error:
            raise PredictionFailed(f"Exception during sklearn prediction: {error}") from error

    return predict


def _xgboost(model: Any) -> Predict:
    numpy, xgboost = import_module("numpy"), import_module("xgboost")
    booster = model.get_booster() if hasattr(model, "get_booster") else model

    def predict(instances: Any) -> Any:
        try:
            matrix = xgboost.DMatrix(numpy.array(instances))
        except Exception as error:
            raise PredictionFailed(f"Could not initialize DMatrix from inputs: {error}") from error
        try:
            return booster.predict(matrix).tolist()
        except Exception as error:
            raise PredictionFailed(f"Exception during xgboost prediction: {error}") from error

    return predict


class Handler(BaseHTTPRequestHandler):
    """Answers the health route and the predict route."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # send head and body in one packet

    def do_GET(self) -> None:
        """Answer the health route: the server starts after the model was loaded."""
        self._answer(200 if self.path == os.environ["AIP_HEALTH_ROUTE"] else 404, {})

    def do_POST(self) -> None:
        """Answer the predict route."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != os.environ["AIP_PREDICT_ROUTE"]:
            self._answer(404, {"error": f"The server has no route {self.path}."})
            return
        try:
            instances = json.loads(body)["instances"]
        except (ValueError, TypeError, KeyError):
            self._answer(400, {"error": "Prediction failed: the request is not a JSON object with instances."})
            return
        try:
            self._answer(200, {"predictions": self.server.predict(instances)})  # type: ignore[attr-defined]
        except PredictionFailed as error:
            self._answer(400, {"error": f"Prediction failed: {error}"})

    def log_message(self, *_: object) -> None:
        """Log errors alone, not each request."""

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class PredictionServer(ThreadingHTTPServer):
    """One model behind HTTP."""

    request_queue_size = 128

    def __init__(self, port: int, predict: Predict) -> None:
        """Listen on the port; requests wait until `serve_forever`."""
        self.predict = predict
        super().__init__(("127.0.0.1", port), Handler)


def main(framework: str) -> None:
    """Load the model and serve it."""
    with tempfile.TemporaryDirectory() as folder:
        predict = load(framework, fetch(os.environ["AIP_STORAGE_URI"], _FILES[framework], Path(folder)))
    PredictionServer(int(os.environ["AIP_HTTP_PORT"]), predict).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
