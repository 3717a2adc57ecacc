"""Files from strangers are read within bounds; files of ours are written whole or not at all.

`writing` replaces a file in one step. `sqlite_file` opens a database of ours, brings it to the present form or sets it
aside; `write_thread` writes in order without making anybody wait. `onnx_guard` reads a model as a stranger's file,
`onnx_smoke` runs it once in a child process, `onnx_session` runs it here. A refusal is a `FileRefused` of one line.
This package knows no game and no plugin, so that each of them may use it.
"""
