from localgcp.routing import Service


def service(store) -> Service:
    return Service(api="cloudbuild", version="v1", handlers={})
