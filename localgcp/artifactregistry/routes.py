from localgcp.routing import Service


def service(store) -> Service:
    return Service(api="artifactregistry", version="v1", handlers={})
