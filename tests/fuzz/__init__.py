"""A laboratory of damaged and hostile files: mutants of every format that the product reads, and what must come of them.

`mutate`, `containers`, `models`, `databases` and `tiled` change a sound file as damage or malice would; `formats` is the
one table of what is read, by which reader, with which refusals; `check` judges one mutant; `journey` takes mutants
through the game itself. `python -m tests.fuzz` is the long run; a mutant that failed stays in `kept/FORMAT/`.
"""
