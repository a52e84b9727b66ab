"""The pages that people see: the payer's, the owner's, and the dashboard.

`app` has the routes, which call the verbs of the world. `templates/` has the HTML, `catalogues/`
every text in Russian, Kazakh and English, `static/` the stylesheet and the script.
"""

from .app import pages_app

__all__ = ["pages_app"]
