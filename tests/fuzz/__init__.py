"""`make fuzz`: damaged and hostile inputs for every reader, and how each of them ends."""
