"""Measurements, each a plain module: `python -m benchmarks.cpu_per_page`. See README.md."""
