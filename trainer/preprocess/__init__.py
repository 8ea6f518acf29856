"""What happens to texts, pictures and numbers on their way in: pure functions, one concept a file."""
