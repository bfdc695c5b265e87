from localgcp.routing import Service


def service(store) -> Service:
    return Service(api="bigquery", version="v2", handlers={})
