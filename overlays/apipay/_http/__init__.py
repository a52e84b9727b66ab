"""One call: pace, send, classify, retry or confirm."""
