"""Objects: their bytes, versions, lists and retention, and the changes of objects."""
