"""Switches off the telemetry of libraries before they are imported.

onnxruntime 1.29 and newer records events, a persistent device id among them, in the user's cache folder and sends them,
unless `ORT_DISABLE_TELEMETRY` is set before its first import; its own `disable_telemetry_events` comes too late
(measured with 1.32.0 on Linux). Importing `safefiles` sets it, for this process and its children.
"""

import logging
import os
import sys
from typing import Final

ONNXRUNTIME_SWITCH: Final = "ORT_DISABLE_TELEMETRY"
_log = logging.getLogger(__name__)


def switch_off() -> bool:
    """Set the switch unless it is set already; return whether this was in time.

    It is too late if a host program imported onnxruntime before without the switch; that is logged.
    """
    in_time = ONNXRUNTIME_SWITCH in os.environ or "onnxruntime" not in sys.modules
    os.environ.setdefault(ONNXRUNTIME_SWITCH, "1")
    if not in_time:
        _log.warning(
            "onnxruntime was imported before this package and without %s=1, so its telemetry may be on; set the "
            "variable before the first import",
            ONNXRUNTIME_SWITCH,
        )
    return in_time
