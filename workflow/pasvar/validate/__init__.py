"""What `make validate` measures: predictions compared with what laboratories found.

In: data that do not come with the clone (`../shared`). Out: docs/accuracy.md, and the numbers of the error bars.
"""
