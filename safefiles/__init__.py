"""Files from outside are read within bounds; files of ours are written whole or not at all.

`foreign` is the entrance for everything that somebody else may have made or damaged, `text` cleans what is shown of it.
`writing` replaces a file in one step. `sqlite_file` opens a database of ours, brings it to the present form or sets it
aside; `write_thread` writes in order without making anybody wait. `onnx_guard` reads a model as an untrusted file,
`onnx_smoke` runs it once in a child process, `onnx_session` runs it here, with its telemetry off (`telemetry`). A refusal
is a `FileRefused` of one line. This package knows no game and no plugin, so that each of them may use it.
"""

from safefiles.telemetry import switch_off

switch_off()
