"""Find, read and write files on local disks and in Cloud Storage."""
