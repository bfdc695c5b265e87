from localgcp.routing import Service


def service(store) -> Service:
    return Service(api="storage", version="v1", handlers={})
