#!/usr/bin/env bash
# pymunk: segment_query with a radius does not see a wall that the thin ray passes by
#
# Guess:  a ray of radius 6 is a shot 12 wide: it hits whatever comes within 6 of the line.
# Really: the search tree drops every shape whose bounding box the THIN line misses; only then is the radius looked at. So it
#         only moves the point of impact forward. In a space of one wall there is no tree and the answer is right, so a
#         small test passes; one more wall, far away, and the hit is gone.
# Hurts:  "does the shot fit through", "can the tank drive there" say yes where it does not; a swept shot passes by a tank that it grazes.
#         A shape_query with a circle, or each shape's own segment_query, is right.
# Seen with pymunk 7.3.1 (Chipmunk), Python 3.11.
# Output seen:
#   the line is -1 above a box: one wall 34.0, two walls 34.0, a moving circle 34
#   the line is 1 above a box: one wall 34.08, two walls None, a moving circle 35
#   the line is 5 above a box: one wall 36.68, two walls None, a moving circle 37
#   the line is 7 above a box: one wall None, two walls None, a moving circle None
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pymunk==7.3.1
venv/bin/python - <<'PROOF'
import pymunk

WALL = [(40, 0), (56, 0), (56, 16), (40, 16)]
FAR = [(40, 900), (56, 900), (56, 916), (40, 916)]


def world(*walls):
    space = pymunk.Space()
    for wall in walls:
        space.add(pymunk.Poly(space.static_body, wall))
    return space


def swept(space, height):
    """Where along the line a ray of radius 6 first touches a wall."""
    hit = space.segment_query_first((0, height), (100, height), 6, pymunk.ShapeFilter())
    return round(hit.alpha * 100, 2) if hit else None


def moved(space, height):
    """Where along the line a circle of radius 6 first touches a wall."""
    body = pymunk.Body(body_type=pymunk.Body.KINEMATIC)
    circle = pymunk.Circle(body, 6)
    for x in range(100):
        body.position = x, height
        if space.shape_query(circle):
            return x
    return None


one, two = world(WALL), world(WALL, FAR)
found = {}
for gap in (-1, 1, 5, 7):
    found[gap] = swept(one, 16 + gap), swept(two, 16 + gap), moved(two, 16 + gap)
    print("the line is %d above a box: one wall %s, two walls %s, a moving circle %s" % (gap, *found[gap]))
assert found[-1] == (34, 34, 34)
for gap in (1, 5):
    assert found[gap][1] is None and 0 <= found[gap][2] - found[gap][0] < 1
assert found[7] == (None, None, None)
PROOF
