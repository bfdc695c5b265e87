"""Write the files that a trainer leaves behind."""
