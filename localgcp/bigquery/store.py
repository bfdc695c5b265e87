class BigQueryStore:
    def __init__(self, context, storage):
        pass

    def status(self):
        return []

    def listen(self, port):
        pass
