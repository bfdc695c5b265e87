"""From a request to its handler."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.discovery import Method
from localgcp.core.http.routing import Reply, Request, Router, Service, parse_json


def _echo(request: Request) -> dict:
    return {"method": request.method_id, **request.params}


def _call(router: Router, verb: str, path: str, body: bytes = b"", **query: str) -> Reply:
    target, params = router.resolve(verb, path)
    request = Request(
        method_id=target.method.id, verb=verb, path=path, params=params, body=body,
        query={name: [value] for name, value in query.items()}, is_upload=target.method.is_upload,
    )  # fmt: skip
    return router.dispatch(target, request)


@pytest.fixture(scope="module")
def router() -> Router:
    ids = ["storage.objects.get", "storage.objects.list", "storage.buckets.insert", "storage.objects.insert"]
    build_ids = ["cloudbuild.projects.locations.operations.get", "cloudbuild.projects.builds.cancel"]
    ping = Method(id="storage.ping", verb="GET", path="/ping/{what}", parameters={}, request_schema=None)
    loud = Method(id="storage.loudPing", verb="GET", path="/ping/{what}:loud", parameters={}, request_schema=None)
    storage = Service(
        api="storage", version="v1", handlers=dict.fromkeys([*ids, ping.id, loud.id], _echo), extra=(ping, loud)
    )
    build = Service(api="cloudbuild", version="v1", handlers=dict.fromkeys(build_ids, _echo))
    return Router([Service(api="aiplatform", version="v1", handlers={}), storage, build])


def test_method_is_found_by_verb_and_path(router: Router) -> None:
    reply = _call(router, "GET", "/storage/v1/b/x/o/a%2Fb")
    assert reply.body == {"method": "storage.objects.get", "bucket": "x", "object": "a/b"}
    assert _call(router, "GET", "/storage/v1/b/x/o").body == {"method": "storage.objects.list", "bucket": "x"}


def test_custom_verb_wins_over_a_plain_name(router: Router) -> None:
    assert _call(router, "GET", "/ping/me:loud").body == {"method": "storage.loudPing", "what": "me"}


def test_custom_verb_that_is_not_implemented_does_not_fall_back_to_a_plain_name() -> None:
    service = Service(api="aiplatform", version="v1", handlers={"aiplatform.projects.locations.models.get": _echo})
    with pytest.raises(ApiError, match=r"models\.listCheckpoints") as caught:
        _call(Router([service]), "GET", "/v1/projects/p/locations/l/models/m:listCheckpoints")
    assert caught.value.code == 501


def test_path_of_several_apis_goes_to_the_one_that_implements_it(router: Router) -> None:
    body = _call(router, "GET", "/v1/projects/p/locations/l/operations/1").body
    assert isinstance(body, dict)
    assert body["method"] == "cloudbuild.projects.locations.operations.get"


@pytest.mark.parametrize("owner", ["aiplatform", "artifactregistry", "cloudbuild"])
def test_path_of_several_apis_goes_to_the_owner_of_the_resource(owner: str) -> None:
    def service(api: str) -> Service:
        handlers = {f"{api}.projects.locations.operations.get": _echo}
        name = f"projects/p/locations/l/operations/{api}"
        return Service(api=api, version="v1", handlers=handlers, owns=lambda params: params["name"] == name)

    router = Router([service(api) for api in ("cloudbuild", "aiplatform", "artifactregistry")])
    body = _call(router, "GET", f"/v1/projects/p/locations/l/operations/{owner}").body
    assert isinstance(body, dict)
    assert body["method"] == f"{owner}.projects.locations.operations.get"
    unknown, _ = router.resolve("GET", "/v1/projects/p/locations/l/operations/unknown")
    assert unknown.method.id == "cloudbuild.projects.locations.operations.get"


def test_extra_method_is_served(router: Router) -> None:
    assert _call(router, "GET", "/ping/me").body == {"method": "storage.ping", "what": "me"}


def test_method_without_handler_is_a_501_by_name(router: Router) -> None:
    with pytest.raises(ApiError, match=r"storage\.buckets\.getIamPolicy") as caught:
        _call(router, "GET", "/storage/v1/b/x/iam")
    assert caught.value.code == 501


@pytest.mark.parametrize("path", ["/nothing/here", "/storage/v1/nothing", "/compute/v1/projects/p/zones/z/instances"])
def test_path_without_an_api_is_a_404_that_names_the_path(router: Router, path: str) -> None:
    with pytest.raises(ApiError, match=f"No API served here has the path GET {path}") as caught:
        router.resolve("GET", path)
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_verb_that_a_path_does_not_have_is_a_404(router: Router) -> None:
    with pytest.raises(ApiError, match="No API served here has the path PUT /storage/v1/b/x/o") as caught:
        router.resolve("PUT", "/storage/v1/b/x/o")
    assert caught.value.code == 404


def test_body_is_checked_against_the_document(router: Router) -> None:
    with pytest.raises(ApiError, match='Unknown name "nme"'):
        _call(router, "POST", "/storage/v1/b", b'{"nme": "x"}', project="p")


def test_body_of_an_upload_is_not_checked_as_json(router: Router) -> None:
    assert _call(router, "POST", "/upload/storage/v1/b/x/o", b"bytes", uploadType="media").status == 200


def test_query_is_checked_against_the_document(router: Router) -> None:
    with pytest.raises(ApiError, match='Unknown name "prefx"'):
        _call(router, "GET", "/storage/v1/b/x/o", prefx="a")


def test_handler_without_a_method_is_refused() -> None:
    with pytest.raises(ValueError, match=r"storage v1 has no method storage\.object\.get"):
        Router([Service(api="storage", version="v1", handlers={"storage.object.get": _echo})])


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff"])
def test_body_other_than_a_json_object_is_a_400(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        parse_json(body)
    assert caught.value.code == 400


def test_empty_body_is_an_empty_object() -> None:
    assert parse_json(b" \n") == {}
