"""A model server of the standard library alone, given to containers as `python -c SOURCE`.

Each prediction says which model made it and repeats the instance. The variables TINY_* make it misbehave at its start,
instances with a known key do so later.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200 if self.path == os.environ["AIP_HEALTH_ROUTE"] else 404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path != os.environ["AIP_PREDICT_ROUTE"]:
            self.answer(404, b"no such route")
        elif self.headers["content-type"] != "application/json":
            self.answer(200, b"raw " + body)
        else:
            self.predict(json.loads(body))

    def predict(self, request: dict[str, Any]) -> None:
        for instance in request["instances"]:
            if isinstance(instance, dict):
                if "crash" in instance:
                    os._exit(3)
                if instance.get("status", 200) != 200:
                    return self.answer(int(instance["status"]), b"the model's own words")
                if "seconds" in instance:
                    time.sleep(instance["seconds"])
        found = [self.one(instance, request.get("parameters")) for instance in request["instances"]]
        return self.answer(200, json.dumps({"predictions": found}).encode())

    def one(self, instance: Any, parameters: Any) -> Any:
        if isinstance(instance, dict) and "variable" in instance:
            return os.environ.get(instance["variable"])
        if isinstance(instance, dict) and "pid" in instance:
            return os.getpid()
        return {"model": os.environ.get("TINY_NAME", ""), "instance": instance, "parameters": parameters}

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the log for what matters."""


class Server(ThreadingHTTPServer):
    request_queue_size = 64


if __name__ == "__main__":
    sys.stdout.write(f"the tiny server starts {sys.argv[1:]}\n")
    sys.stdout.flush()
    if "TINY_EXIT" in os.environ:
        sys.exit(int(os.environ["TINY_EXIT"]))
    time.sleep(float(os.environ.get("TINY_SLEEP", "0")))
    Server(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()
