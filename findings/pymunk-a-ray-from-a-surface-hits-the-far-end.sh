#!/usr/bin/env bash
# pymunk: a ray that begins on a wall or in it is hit at once, and the point of impact is the ray's far END
#
# Guess:  such a ray either leaves the wall unhindered, or is hit where it begins. alpha and point say the same: point = start + alpha * ray.
# Really: alpha is 0, the place of the start, and point is the end, however far behind other walls. In a circle's middle the normal
#         is (0, 0). With `radius` it begins that much before the surface. Box2D's ray from inside a shape reports no hit.
# Hurts:  a bouncing shot that goes on from its point of impact never leaves the wall; a gun's muzzle in a wall makes
#         the explosion at full range, on the other side.
# Seen with pymunk 7.3.1 (Chipmunk), Python 3.11.
# Output seen:
#   from outside: alpha 0.25 point (0.0, 8.0) along the ray (0.0, 8.0)
#   from the surface, away: alpha 0.0 point (-100.0, 8.0) along the ray (0.0, 8.0)
#   from inside: alpha 0.0 point (300.0, 8.0) along the ray (8.0, 8.0)
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pymunk==7.3.1
venv/bin/python - <<'PROOF'
import pymunk

space = pymunk.Space()
for left in (0, 100):
    space.add(pymunk.Poly(space.static_body, [(left, 0), (left + 16, 0), (left + 16, 16), (left, 16)]))
RAYS = {
    "from outside": ((-20, 8), (60, 8)),
    "from the surface, away": ((0, 8), (-100, 8)),
    "from inside": ((8, 8), (300, 8)),
}
found = {}
for name, (start, end) in RAYS.items():
    hit = space.segment_query_first(start, end, 0, pymunk.ShapeFilter())
    along = tuple(a + hit.alpha * (b - a) for a, b in zip(start, end, strict=True))
    found[name] = hit.alpha, hit.point.x, along[0]
    print(f"{name}: alpha {hit.alpha} point {tuple(hit.point)} along the ray {tuple(map(float, along))}")
assert found["from outside"] == (0.25, 0, 0)
assert found["from the surface, away"] == (0, -100, 0)
assert found["from inside"] == (0, 300, 8)
PROOF
