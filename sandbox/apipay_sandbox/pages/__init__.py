"""The pages that people see: the payer's, the owner's, and the dashboard.

Server-rendered, without JavaScript. `app` has the routes, which call the verbs of the world.
"""

from .app import pages_app

__all__ = ["pages_app"]
