class BuildStore:
    def __init__(self, context, storage, images):
        pass

    def status(self):
        return []

    def listen(self, port):
        pass
