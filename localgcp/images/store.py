class ImageStore:
    def __init__(self, context):
        pass
