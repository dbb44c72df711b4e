"""What people look at: the page with its styles compiled in."""
