"""Serves a model that `trainer.fit` left; a broken one ends it before it is healthy."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from trainer.model import load, predict


def main():
    probability = load(os.environ["AIP_STORAGE_URI"])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.answer(b"{}")

        def do_POST(self):
            instances = json.loads(self.rfile.read(int(self.headers["content-length"])))["instances"]
            self.answer(json.dumps({"predictions": predict(probability, instances)}).encode())

        def answer(self, body):
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Keep the log for what matters."""

    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
