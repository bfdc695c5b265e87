import json


def render(snapshot):
    return json.dumps(snapshot)
