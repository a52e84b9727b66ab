"""Makes a typed Python client package from an OpenAPI 3.0 file. Run it by `python -m generator`.

A development tool: it is not in the wheel, and knows nothing of any particular API.
"""
