"""What goes wrong because of what the user gave."""


class InputError(ValueError):
    """A file, a record or a setting of the user's is wrong; the message says which one, what was expected and what to do."""
