"""The prediction server, as clients and the prediction service see it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from trainer_common.serving.app import MAX_BODY_BYTES
from trainer_common.testing.server_process import ServerProcess, serving

MODEL = str(Path(__file__).with_name("adding_model.py"))
ROW = {"value": 1, "note": "x"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "addend").write_text("5")
    return tmp_path


@pytest.fixture(scope="module")
def adder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("adder")
    (folder / "addend").write_text("5")
    with serving(MODEL, uri=folder) as served:
        served.wait_for("ready")
        yield served


def test_each_instance_gets_its_prediction_in_order(adder: ServerProcess) -> None:
    assert adder.predict(ROW, {"value": 2.5, "note": 7}) == (200, {"predictions": [{"sum": 6.0}, {"sum": 7.5}]})


def test_a_connection_serves_many_requests(adder: ServerProcess) -> None:
    connection = adder.connect()
    for _ in range(3):
        connection.request("POST", "/predict", json.dumps({"instances": [ROW]}))
        answer = connection.getresponse()
        assert (answer.status, answer.will_close, json.loads(answer.read())) == (
            200,
            False,
            {"predictions": [{"sum": 6}]},
        )
    connection.close()


def test_a_wrong_request_is_400_with_one_line(adder: ServerProcess) -> None:
    status, answer = adder.predict(ROW, ROW, ROW, ROW | {"value": "abc"})
    assert (status, answer) == (400, {"error": "instances[3].value: expected a number, found 'abc'"})


def test_a_body_of_the_limit_is_read_and_one_byte_more_is_413(adder: ServerProcess) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    assert adder.send("POST", "/predict", body.ljust(MAX_BODY_BYTES))[0] == 200
    status, answer = adder.send("POST", "/predict", body.ljust(MAX_BODY_BYTES + 1))
    assert status == 413
    assert "expected at most 1,572,864 bytes, found 1,572,865" in str(answer["error"])


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/predict", 405)])
def test_an_unknown_path_or_method_is_an_error_of_the_same_form(
    adder: ServerProcess, method: str, path: str, status: int
) -> None:
    assert adder.send(method, path) == (status, {"error": f"{method} {path}: no such method here"})


def test_a_defect_is_500_without_details_and_the_log_has_the_traceback(folder: Path) -> None:
    with serving(MODEL, uri=folder) as served:
        served.wait_for("ready")
        status, answer = served.predict(ROW | {"note": "defect"})
        assert (status, list(answer)) == (500, ["error"])
        assert "secret" not in str(answer)
        assert served.predict(ROW)[0] == 200
        assert served.end() == 0
    assert "RuntimeError: a secret of the model" in "".join(served.lines)


def test_a_server_is_unhealthy_until_its_model_is_loaded(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "addend")
    with serving(MODEL, uri=tmp_path) as served:
        served.wait_for("listening on 127.0.0.1:")
        assert served.send("GET", "/health") == (503, {"error": "the model is not loaded yet"})
        assert served.predict(ROW)[0] == 503
        (tmp_path / "addend").write_text("5")
        served.wait_for("ready")
        assert served.send("GET", "/health") == (200, {"status": "ok"})


def test_a_model_that_cannot_be_loaded_ends_the_process_with_one_line(folder: Path) -> None:
    (folder / "addend").write_text("five")
    with serving(MODEL, uri=folder) as served:
        assert served.exit_code() == 2
    assert served.lines[-1] == "error: addend: expected a number, found 'five'\n"
    assert "Traceback" not in "".join(served.lines)


def test_the_environment_sets_the_routes(folder: Path) -> None:
    route = "/v1/endpoints/1/deployedModels/2"
    with serving(MODEL, uri=folder, AIP_PREDICT_ROUTE=f"{route}:predict", AIP_HEALTH_ROUTE=route) as served:
        served.wait_for("ready")
        assert served.send("GET", route)[0] == 200
        assert served.predict(ROW, path=f"{route}:predict")[0] == 200
        assert served.predict(ROW)[0] == 404


def test_a_request_in_flight_is_answered_before_the_server_stops(folder: Path) -> None:
    with serving(MODEL, uri=folder) as served:
        served.wait_for("ready")
        body = json.dumps({"instances": [ROW]}).encode()
        connection = served.connect()
        connection.putrequest("POST", "/predict")
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 100")  # the server waits for the body
        served.terminate()
        served.wait_for("stopping")
        connection.send(body)
        assert json.loads(connection.getresponse().read()) == {"predictions": [{"sum": 6.0}]}
        connection.close()
        assert served.exit_code() == 0


def test_a_server_stops_while_it_is_loading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "addend")
    with serving(MODEL, uri=tmp_path) as served:
        served.wait_for("listening")
        assert served.end() == 0


def test_a_taken_port_is_one_line(adder: ServerProcess, folder: Path) -> None:
    with serving(MODEL, uri=folder, AIP_HTTP_PORT=str(adder.port)) as served:
        assert served.exit_code() == 2
    assert "AIP_HTTP_PORT: expected a free port" in served.lines[-1]


def test_a_server_without_a_model_is_one_line() -> None:
    with serving(MODEL, uri="") as served:
        assert served.exit_code() == 2
    assert "AIP_STORAGE_URI is not set" in served.lines[-1]
