"""GoogleSQL texts parsed into statements, and scripts into trees of statements."""
