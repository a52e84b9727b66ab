"""Contract tests: requests and responses compared with openapi.yaml.

`python -m apipay.contract --base-url URL` looks for differences between a running service and the
specification. `apipay.testing.validating_transport` does the same for each call of a test. Both
need the extra `testing`.
"""
