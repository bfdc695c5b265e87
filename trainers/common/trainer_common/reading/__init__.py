"""Read the rows of a data set: tables, columns, labels and splits."""
