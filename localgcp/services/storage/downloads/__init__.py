"""The bytes of an object as a response: the whole object, a range of it, or its decompressed content."""
