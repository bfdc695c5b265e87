class StorageStore:
    def __init__(self, context):
        pass

    def status(self):
        return []

    def listen(self, port):
        pass
