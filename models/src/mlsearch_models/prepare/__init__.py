"""Prepares training texts: pairs.jsonl, parallel.jsonl and passages.jsonl from published data sets.

models/DATA.md describes the files, the sources and the rules.
"""
