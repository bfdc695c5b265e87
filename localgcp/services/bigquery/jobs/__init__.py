"""Jobs: their queue, their resources, and the results of queries."""
