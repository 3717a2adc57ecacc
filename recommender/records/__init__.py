"""What is known of players and items, as records, arrays and files."""
