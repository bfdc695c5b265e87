"""Where the rows of each data set come from, and what columns they have."""
