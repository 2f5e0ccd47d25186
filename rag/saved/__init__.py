"""Answers that were kept in a file: read again, checked against the articles as they are now, asked anew, shown."""
