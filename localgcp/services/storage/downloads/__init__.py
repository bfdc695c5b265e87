"""The bytes of an object as a response: whole, a range, or decompressed."""
