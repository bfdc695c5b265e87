class VertexStore:
    def __init__(self, context, images):
        pass

    def status(self):
        return []

    def listen(self, port):
        pass
