"""One tick of Bankshot: the rules of the game.

Hover-tanks of two to four teams share an arena of tiles. Sixty times a second, every seat gives a move (stand or
one of eight directions), an aim (one of 256), whether it holds the trigger, and whether it presses its special. A tick then
runs these phases, in this order:

 1. timers count down (reload, special, shield, boosts);
 2. turrets turn, specials act (scout: dash, ranger: mine, heavy: shield) and guns fire, before the tanks move;
 3. tanks move, stop at walls, bricks, water, mirrors, the core and each other, and pass portals;
 4. shots fly: they bank off walls, up to their class's limit; mirrors turn them and portals move them without using a
    bank; bricks crack, then break, and end the shot; the core takes damage from attackers;
 5. shots damage the tanks that they touch: an enemy always, and after a bank any tank, also the shooter;
 6. shots of different tanks that meet cancel each other;
 7. mines arm and explode under enemies; pick-ups and energy cells are taken; cells are brought home;
 8. destroyed tanks respawn if the objective, and the number of lives, allow it;
 9. tanks in cover are hidden, until they fire or an enemy is within two tiles;
10. the objective is checked: waves, victory, time limit.

Everything is integer arithmetic on `World`. Only these phases change a world, and they do not draw, play sound, log or
read files. They report what happened as events (`sim.events`).
"""

from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.flight import tile_map
from game.core.sim.jit import jit
from game.core.sim.objectives import update_match_outcome
from game.core.sim.objects import carry_cells, take_pickups, update_visibility
from game.core.sim.shots import cancel_shots, hit_tanks, move_shots, remove_ended_shots, update_mines
from game.core.sim.state import World
from game.core.sim.tanks import count_down, move_tanks, respawn, turn_and_fire


@jit
def tick(world: World, levels: ar.Levels, w: int, actions: IntArray) -> None:
    """Advance world `w` by one tick; a finished match does not change.

    actions: (N, S, ACTION_SIZE) int64. Writes world[w] and its events of this tick.
    """
    head = world.head
    head[w, st.N_EVENTS] = 0
    if head[w, st.DONE] != 0:
        return
    head[w, st.TICK] += 1
    ground = tile_map(world, levels, w)
    count_down(world, w)
    turn_and_fire(world, ground, w, actions)
    move_tanks(world, ground, w, actions)
    if head[w, st.N_SHOTS] > 0:
        move_shots(world, ground, w)
        hit_tanks(world, w)
        cancel_shots(world, w)
        remove_ended_shots(world, w)
    if head[w, st.N_MINES] > 0:
        update_mines(world, w)
    take_pickups(world, w)
    carry_cells(world, w)
    respawn(world, w)
    update_visibility(world, w)
    update_match_outcome(world, w)
