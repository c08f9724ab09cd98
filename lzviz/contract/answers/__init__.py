"""What is answered, a file a family of questions."""
