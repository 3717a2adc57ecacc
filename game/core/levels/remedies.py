"""Advice for an author about a problem, for the codes whose message does not contain it: keys of the messages."""

from typing import Final

_SAVE: Final = "do_save"
REMEDIES: Final = {
    "E002": "do_pack",
    "E004": "do_merge",
    **dict.fromkeys(("E003", "E005", "E008", "E035"), "do_restore"),  # Tiled cannot open these
    **dict.fromkeys(("E006", "E007", "E009", "E036"), _SAVE),
    **dict.fromkeys(("E018", "E019", "E020", "E021", "E025", "E028", "E034"), _SAVE),
    **dict.fromkeys(("E010", "E011", "E014", "E015"), "do_value"),
    "E013": "do_erase",
    "E016": "do_fewer",
    **dict.fromkeys(("E017", "E033"), "do_tileset"),
    "E023": "do_tile_class",
    "E024": "do_layer",
    **dict.fromkeys(("E026", "E027", "W109", "W112"), "do_beside"),
    **dict.fromkeys(("E031", "E040", "E041", "E049", "W107"), "do_move"),
    "E032": "do_shape",
    "E038": "do_tile_size",
    "E042": "do_start",
    "E043": "do_portals",
    "E044": "do_core",
    "E045": "do_home",
    "E046": "do_cells",
    **dict.fromkeys(("E047", "W103", "W106"), "do_way"),
    "E048": "do_team",
    "E050": "do_rights",
    "W101": "do_show",
    "W104": "do_objective",
    "W105": "do_teams",
    "W108": "do_object_class",
    "W111": "do_update",
    "W114": "do_property",
    "W115": "do_twice",
    "W117": "do_brain",
    "W118": "do_offset",
    "W120": "do_pin",
}
