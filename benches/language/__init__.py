"""The parts of benches/language_detection.py."""
