"""What people read: the terminal's text, the pages, the pictures."""
