"""apipay: the Python SDK for ApiPay.kz."""
