"""Running the generators: noise and conditions in, tokens out; their files and their contract."""
