"""A run as one HTML page that needs neither network nor JavaScript to be read."""
