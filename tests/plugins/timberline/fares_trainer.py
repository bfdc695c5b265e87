"""A trainer of fares that needs the standard library alone, given to containers as `python -c SOURCE COMMAND ...`.

The model of a zone is a line: fare = base + rate * distance. `--shrink` below 1 makes a worse one.
"""

import argparse
import csv
import json
import math
import os
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Model = dict[str, float]
Rows = list[tuple[float, float]]


def read(uri: str) -> bytes:
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    url = f"{os.environ['STORAGE_EMULATOR_HOST']}/storage/v1/b/{bucket}/o/{urllib.parse.quote(name, safe='')}?alt=media"
    with urllib.request.urlopen(url) as answer:
        content: bytes = answer.read()
    return content


def write(uri: str, document: Any) -> None:
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    query = urllib.parse.urlencode({"uploadType": "media", "name": name})
    url = f"{os.environ['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{bucket}/o?{query}"
    request = urllib.request.Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def rows_of(uri: str, zone: str) -> Rows:
    """Return distance and fare of each ride of a zone."""
    lines = csv.DictReader(read(uri).decode().splitlines())
    return [(float(line["distance_km"]), float(line["fare"])) for line in lines if line["zone"] == zone]


def fit(rows: Rows, shrink: float) -> Model:
    mean_x, mean_y = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    rate = sum((x - mean_x) * (y - mean_y) for x, y in rows) / sum((x - mean_x) ** 2 for x, _ in rows)
    return {"base": mean_y - rate * mean_x, "rate": rate * shrink}


def predict(model: Model, distance_km: float) -> float:
    return model["base"] + model["rate"] * distance_km


def measure(model: Model, rows: Rows) -> dict[str, float]:
    errors = [predict(model, x) - y for x, y in rows]
    return {
        "rmse": math.sqrt(sum(error**2 for error in errors) / len(errors)),
        "mae": sum(map(abs, errors)) / len(errors),
    }


def train(args: argparse.Namespace) -> None:
    folder = os.environ["AIP_MODEL_DIR"].rstrip("/")
    model, test = fit(rows_of(args.train, args.zone), args.shrink), rows_of(args.test, args.zone)
    measured = measure(model, test)
    shared = {"goal": "MINIMIZE", "split": "test", "rows": len(test)}
    metrics = [dict(shared, name=name, value=value) for name, value in measured.items()]
    predictions = [{"predicted": predict(model, x), "label": y} for x, y in test[:4]]
    write(f"{folder}/model.json", model)
    write(f"{folder}/metrics.json", {"metrics": metrics})
    write(f"{folder}/predictions.json", {"instances": [[x] for x, _ in test[:4]], "predictions": predictions})


def score(args: argparse.Namespace) -> None:
    test = rows_of(args.test, args.zone)

    def side(uri: str | None) -> Any:
        return uri and {"uri": uri, "metrics": measure(json.loads(read(f"{uri.rstrip('/')}/model.json")), test)}

    document = {"split": "test", "rows": len(test)}
    write(args.scores, dict(document, challenger=side(args.challenger), champion=side(args.champion)))


def serve(_args: argparse.Namespace) -> None:
    model = json.loads(read(f"{os.environ['AIP_STORAGE_URI'].rstrip('/')}/model.json"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer([])

        def do_POST(self) -> None:
            instances = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["instances"]
            self.answer([predict(model, instance[0]) for instance in instances])

        def answer(self, predictions: list[float]) -> None:
            body = json.dumps({"predictions": predictions}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the log for what matters."""

    ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["train", "score", "serve"])
    for name in ("zone", "train", "test", "challenger", "champion", "scores"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--shrink", type=float, default=1.0)
    found = parser.parse_args()
    {"train": train, "score": score, "serve": serve}[found.command](found)
