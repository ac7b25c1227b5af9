"""Everything durable: the only package that speaks SQL and touches blobs. Repositories return `model` objects.

Rule: only `unit_of_work` commits. A repository is made for one unit and dies with it.
"""
