"""The load generator, a process of its own: ``python -m bench.load``.

It takes jobs from its standard input and writes results to its standard output, one JSON object on
each line. It ends with its input, so that it never outlives the benchmark.
"""
