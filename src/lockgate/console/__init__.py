"""The web console and the REST API. One folder per page; `app.py` puts them together."""
