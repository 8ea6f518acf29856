"""What a fresh installation ranks with, measured on several kinds of goods and several languages at once."""
