"""Help to test trainers: rows, processes and a Cloud Storage in memory. The wheel leaves this package out."""
