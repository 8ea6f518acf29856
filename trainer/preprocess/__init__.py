"""What happens to texts, images and numbers on their way in: pure functions, one concept a file."""
