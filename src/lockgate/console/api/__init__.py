"""The REST API, version 1: what the console can do, for programs. Described by OpenAPI."""
