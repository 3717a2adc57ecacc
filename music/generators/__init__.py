"""The generators at play time: noise and conditions in, tokens out; their files and their contract."""
