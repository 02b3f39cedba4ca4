"""`make interrupt`: runs that are killed, that find the disk full, or that meet other runs; the same command ends with the same
bytes."""
