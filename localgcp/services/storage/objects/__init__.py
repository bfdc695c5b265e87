"""Objects: bytes, versions, lists, retention, and the changes of one object."""
