"""Pages of the site itself: the home page with its editions and search, health and readiness."""
