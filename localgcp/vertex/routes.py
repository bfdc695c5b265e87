from localgcp.routing import Service


def service(store) -> Service:
    return Service(api="aiplatform", version="v1", handlers={})
