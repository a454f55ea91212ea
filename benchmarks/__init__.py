"""How fast, small and light Jukwaa is, against what it has promised: `python -m benchmarks`, or `make bench`.

Every figure is taken beside its yardstick within one run, in alternating rounds, since machines and their load
differ; README.md says what each means.
"""
