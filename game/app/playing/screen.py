"""A match on the screen: ticks, picture, sound, hints, pause, end. Also for watching the AI and replays."""

import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.level_library import LevelInfo, time_text
from game.app.input.actions import InputContext
from game.app.input.hub import Press
from game.app.playing.choice import MatchChoice
from game.app.playing.combat_intensity import CombatIntensity
from game.app.playing.control import HumanControl
from game.app.playing.countdown import Countdown
from game.app.playing.debugging import choose_debug_seat, debug_info
from game.app.playing.hints import HintGuide
from game.app.playing.hot_reload import HotReload
from game.app.playing.launch import build_match, name_seats, opponents_of
from game.app.playing.newcomer import raise_difficulty_after_streak
from game.app.playing.replay_shelf import save_replay
from game.app.playing.session import HumanDriver, Match, own_class, special_name
from game.app.playing.sight import own_sight_line
from game.app.playing.viewing import make_renderer, picture_size, render_options
from game.app.sound.match_sounds import play_events
from game.app.ui import theme
from game.app.ui.prompts import draw_prompts
from game.app.ui.screen import Screen
from game.core.sim import events as ev
from game.core.sim import state as st
from game.player.profile import MatchRecord
from game.view.debug import DebugInfo

if TYPE_CHECKING:
    from game.app.stage import Stage

END_SECONDS: Final = 1.6  # between the last tick and the results
NEXT_WATCH_SECONDS: Final = 3.5  # between two watched matches of a limited run (`--seconds`)


class PlayScreen(Screen):
    """Runs one match after the other on the same screen."""

    name = "play"
    pinned_share = 0.3
    toasts_top = theme.BELOW_CLOCK
    context = InputContext.PLAY
    backdrop = False
    has_match = True

    def __init__(self, stage: "Stage", info: LevelInfo, choice: MatchChoice) -> None:
        super().__init__(stage)
        self.info = info
        self.choice = choice
        self.watch = choice.watch
        self.retries = 0
        self.control = HumanControl(stage.hub, dead_zone=stage.settings.number("stick_dead_zone"))
        self.debug = False
        self._random = random.Random(choice.seed)
        self._focus_seat = -1
        self._over_for = 0.0
        self._recorded = False
        self._other_level = False  # whether the level differs from the last one in the settings file
        self._tick_ms = 0.0
        self._named_in = ""  # the language of the names over the tanks
        self._combat = CombatIntensity()
        self.countdown = Countdown()
        self.renderer = make_renderer(stage)
        self.match: Match
        self.hints = HintGuide(enabled=False)
        self.reload = HotReload(stage, self)
        self._begin()
        self.reload.follow(info)

    # The match

    def _begin(self, *, report: bool = True) -> None:
        """Build the match; `report`: report the start of the level to the recommender."""
        stage = self.stage
        self.match = build_match(stage, self.info, self.choice, seed=self._random.getrandbits(31))
        match = self.match
        if match.human_seat >= 0:
            match.drivers.append(HumanDriver(match.human_seat, self.control, self.renderer.to_world))
            self.control.aim = int(match.world.tanks[match.w, match.human_seat, st.TANK_AIM])
        self._focus_seat = match.human_seat
        self._over_for = 0.0
        self._recorded = False
        self.renderer.start(match.world, match.w, match.levels, focus_seat=self._focus_seat)
        settings = stage.settings
        wanted = settings.flag("hints") and match.human_seat >= 0
        self.hints = HintGuide(enabled=wanted, goal=match.goal, shown=settings.text("hints_done"))
        stage.step.reset()
        stage.hub.release_all()
        stage.journal.note(f"match: {match.facts()}")
        if match.human_seat >= 0:
            self._other_level = settings.text("last_level") != self.info.item[:200]
            settings.set("last_level", self.info.item[:200])
            if report:
                stage.profile.play_event(self.info.item, "start")
        self._combat = CombatIntensity()
        if match.level.source is not None and not self.info.entry.builtin:
            stage.grades.request_first(match.level)
        stage.audio.music.level(match.level, self.info.item)
        self._count_down()

    def _count_down(self) -> None:
        """Give a player time to look around before the match goes on; a watched match does not wait."""
        if self.match.human_seat >= 0 and not self.match.over:
            self.countdown.start()
        else:
            self.countdown.stop()

    def restart(self) -> None:
        """Start the same level again."""
        self._record()
        self.retries += 1
        if not self.watch:
            self.stage.profile.play_event(self.info.item, "retry", float(self.retries))
        self.match.close()
        self._begin()

    def switch_to(self, info: LevelInfo, suggested: str = "") -> None:
        """Switch to another level, at the difficulty suggested for it or at the player's own."""
        self._record()
        self.match.close()
        self.info = info
        self.choice = replace(self.choice, suggested=suggested)
        self.retries = 0
        self._begin()
        self.reload.follow(info)

    def reload_level(self, info: LevelInfo) -> None:
        """Continue with the current content of the level's file, with the same choices.

        A match that this breaks off has no result and no replay: the player has neither quit nor lost. One that was
        over counts, once; its results screen closes.
        """
        if self.match.over:
            self._record()
            self.stage.back_to(self.name)
        self.match.close()
        self.info, self.retries = info, 0
        seat = self._focus_seat if self.watch else -1
        self._begin(report=False)
        if self.watch and seat < self.match.seats:
            self._focus_seat = seat
        if self.stage.top is not self:
            self.stage.audio.music.pause(True)

    def poll(self) -> None:
        """Follow the level's file, behind the pause menu too."""
        self.reload.poll()

    @property
    def shown_match(self) -> Match | None:
        """The match that is played or watched."""
        return self.match

    def leave(self) -> None:
        """Close the match and go back to where it was started."""

        self._record()
        self.stage.back_to("levels")

    def ask_to_leave(self, *, quits: bool = False) -> None:
        """Ask before a running match is left (or the whole game, when the window closes)."""
        from game.app.ui.dialog import confirm

        strings = self.kit.strings
        action = self._quit if quits else self.leave
        title = strings("quit.title" if quits else "leave.title")
        yes = strings("quit.yes" if quits else "leave.yes")
        self.stage.open_dialog(confirm(self.stage, title, strings("leave.text"), yes, action), unasked=quits)

    def _quit(self) -> None:
        self._record()
        self.stage.quit()

    def _record(self) -> None:
        """Store the match once: finished, or left. A watched match has a replay and no result."""
        match = self.match
        if self._recorded:
            return
        self._recorded = True
        if match.ticks == 0 and not match.decided:
            return  # left before it started
        replay = self._save_replay()
        if match.human_seat < 0:
            return
        plan = match.plan
        record = MatchRecord(
            level=self.info.item,
            level_hash=match.level.digest,
            objective=match.objective,
            brain=plan.brain,
            difficulty=plan.difficulty,
            tank_class=own_class(match).name,
            outcome=match.outcome(),
            score=match.score(),
            ticks=match.ticks,
            kills=match.stats.kills,
            deaths=match.stats.deaths,
            retries=self.retries,
            replay=replay,
            time=time.time(),
        )
        self.stage.profile.record_match(record)
        self._keep_settings()
        self.choice = raise_difficulty_after_streak(self.stage, self.choice)

    def _keep_settings(self) -> None:
        """Store the level and the shown hints, for the next match."""
        settings = self.stage.settings
        new_hints = settings.flag("hints") and self.hints.shown != settings.text("hints_done")
        if new_hints:
            settings.set("hints_done", self.hints.shown)
        if new_hints or self._other_level:
            self.stage.save_settings()

    def _save_replay(self) -> str:
        """Write the replay of a match that is over or left; return its file name, empty if there is none."""
        try:
            return save_replay(
                self.stage.folders.replays, self.match, self.info.item, self.stage.saver.late.write
            )
        except Exception as error:  # after any error the result must still be stored
            self.stage.report_error("replay", error)
            return ""

    # What the app calls

    def tick(self) -> None:
        """Advance the match; it waits while the countdown runs."""
        if self.countdown.running:
            return
        match = self.match
        started = time.perf_counter()
        match.tick()
        self._tick_ms += 0.1 * ((time.perf_counter() - started) * 1000 - self._tick_ms)
        self.renderer.after_tick(match.world, match.w, self._cursor())
        play_events(
            self.stage.audio, match.world, match.w, match.human_seat, self.renderer.to_screen, self.kit.width
        )
        self._follow_intensity(match)
        if match.human_seat >= 0 and not self.hints.finished:
            self.hints.progress.after_tick(match)

    def _follow_intensity(self, match: Match) -> None:
        """Pass the intensity to the music, and shake the pad when the own tank is hit."""
        fight, music = self._combat, self.stage.audio.music
        fight.after_tick(match)
        music.set_intensity(fight.intensity)
        if fight.boss and not match.over:
            music.boss()
        if fight.duck is not None:
            music.duck(*fight.duck)
        if self.kit.device != "pad" or not self.stage.settings.flag("pad_rumble"):
            return
        for kind, a, _, _, _ in match.event_rows():
            if kind in (ev.TANK_HIT, ev.TANK_DESTROYED) and a == match.human_seat:
                self.stage.hub.pads.rumble(1.0 if kind == ev.TANK_DESTROYED else 0.5, 220)

    def update(self, seconds: float) -> None:
        """Update hints, countdown, and the end of the match."""
        super().update(seconds)
        if self.stage.top is not self:
            return
        if self.countdown.running and self.countdown.update(seconds):
            self._on_count()
        if not self.countdown.running:
            self.hints.update(seconds)
        if self.match.over:
            self._over_for += seconds
            if self.watch and self.stage.options.seconds is not None:
                if self._over_for > NEXT_WATCH_SECONDS:
                    self.restart()
            elif self._over_for > END_SECONDS:
                self._finish()

    def _on_count(self) -> None:
        """Play the sound of a number; at the end drop all presses, so that only held inputs count."""
        if self.countdown.running:
            self.stage.audio.play("ui_adjust")
        else:
            self.stage.audio.play("ui_confirm")
            self.control.forget_presses()
            self.stage.step.reset()
            if self.match.ticks == 0:
                self.renderer.forget_banner()  # the countdown has shown the goal

    def _finish(self) -> None:

        before = self.stage.profile.best(self.info.item)
        self._record()
        self.stage.show("results", self, before, unasked=True)

    def draw_at(self, target: pygame.Surface, alpha: float) -> None:
        """Draw the world between two ticks, then hints and prompts."""
        match, language = self.match, self.kit.strings.language
        if self._named_in != language:
            self._named_in = language
            name_seats(self.stage, match)
        running = self.stage.top is self
        cursor = self._cursor() if running else None
        sight = None
        seat = self._focus_seat
        if (
            seat >= 0
            and self.stage.settings.flag("sight_line")
            and match.world.tanks[match.w, seat, st.TANK_ALIVE]
            and not match.over
        ):
            sight = own_sight_line(match, seat, int(match.world.tanks[match.w, seat, st.TANK_AIM]))
        pygame.mouse.set_visible(cursor is None)
        if self.renderer.size != target.get_size():
            target.fill((0, 0, 0))  # a window of a few pixels
            return
        self.renderer.draw(
            target,
            match.world,
            match.w,
            alpha if running and not match.over and not self.countdown.running else 1.0,
            focus_seat=seat,
            sight_line=sight,
            names=match.names,
            debug=self._debug_info() if self.debug else None,
            cursor=cursor,
        )
        if running:
            goal = self.kit.strings(f"hint.goal.{match.goal}")
            strength = self.kit.strings("play.difficulty", name=self._strength_text())
            self.countdown.draw(target, self.kit, goal, strength)
            if not self.countdown.running:
                self.hints.draw(target, self.kit, special_name(match))
            if self.watch:
                self._draw_watching(target)

    def _debug_info(self) -> DebugInfo:
        seat = choose_debug_seat(self.match, self._focus_seat)
        return debug_info(self.match, seat, self._tick_ms, self.stage.frame_ms)

    def _draw_watching(self, target: pygame.Surface) -> None:
        kit = self.kit
        y = kit.height - kit.px(24)
        prompts = (("watch_next", "prompt.camera"), ("restart", "prompt.restart"), ("pause", "prompt.pause"))
        covered = self.renderer.minimap_width
        right = kit.width - (covered + kit.px(12) if covered else kit.px(theme.MARGIN))
        box = draw_prompts(target, kit, prompts, right, y)
        left = self.renderer.player_panel_width if self._focus_seat >= 0 else kit.px(24)
        room = box.left - kit.px(12) - left
        kit.text(target, self.opponent_text(), (left, y), 15, theme.DIM, anchor="midleft", width=room)

    def _cursor(self) -> tuple[int, int] | None:
        if self.match.human_seat < 0 or not self.control.uses_mouse:
            return None
        return self.stage.hub.mouse

    def press(self, press: Press) -> None:
        """Handle an action of the match."""
        self.control.pressed(press.action)
        if press.action == "pause":
            self.pause()
        elif press.action == "restart":
            self.restart()
        elif press.action == "debug":
            self.debug = not self.debug
        elif press.action == "watch_next" and self.watch:
            self._focus_seat = self._focus_seat + 1 if self._focus_seat + 1 < self.match.seats else -1

    def mouse(self, event: pygame.event.Event) -> None:
        """Aim with the mouse; there are no widgets."""

    def pause(self, reason: str = "") -> None:
        """Stop the match behind the pause menu."""

        if self.stage.top is self:
            pygame.mouse.set_visible(True)
            self.stage.audio.music.pause(True)
            self.stage.show("pause", self, reason, unasked=bool(reason))

    def focus_lost(self) -> None:
        """Pause; a watched match that follows its level's file goes on, as an editor may be in front."""
        if self.watch and self.reload.active:
            return
        if self.stage.settings.flag("pause_on_focus_loss"):
            self.pause("pause.focus")

    def pad_lost(self) -> None:
        """Pause if the player used the pad."""
        self.pause("pause.pad")

    def close_requested(self) -> None:
        """Pause and ask."""
        self.pause()
        self.ask_to_leave(quits=True)

    def opened(self) -> None:
        """Continue after a countdown, without catching up."""
        self.stage.audio.music.pause(False)
        self.control.dead_zone = self.stage.settings.number("stick_dead_zone")
        self.stage.step.reset()
        self.stage.hub.release_all()
        self._count_down()

    def resized(self) -> None:
        """Apply the window's size and the settings."""
        size = picture_size(self.stage)
        if self.renderer.size != size or self.renderer.ui_scale != self.kit.unit:
            self.renderer.resize(size, self.kit.unit, self.match.world, self.match.w)
        options = render_options(self.stage)
        if options != self.renderer.options:
            self.renderer.set_options(options, self.match.world, self.match.w)

    def closed(self) -> None:
        """Record a match that was left, and close it."""
        self.reload.close()
        self._record()
        self.match.close()
        pygame.mouse.set_visible(True)

    def summary(self) -> str:
        """Return level, time and difficulty in one line."""
        title, time_played = self.info.title(self.kit.strings.language), time_text(self.match.ticks)
        return "   ·   ".join(part for part in (title, time_played, self._strength_text()) if part)

    def _strength_text(self) -> str:
        """Return the player's difficulty, and whether it was suggested; "" if nobody plays."""
        if self.match.human_seat < 0:
            return ""
        strings, choice = self.kit.strings, self.choice
        name = strings(f"difficulty.{choice.strength}")
        return strings("setup.suggested", name=name) if choice.suggested else name

    def opponent_text(self) -> str:
        """Return the opponents and their strength."""
        strings, plan = self.kit.strings, self.match.plan
        key = f"difficulty.{plan.difficulty}"
        against = opponents_of(self.stage, self.match)
        parts = [against, strings(key) if strings.has(key) else plan.difficulty]
        if self.choice.replay is not None:
            parts.insert(0, strings("play.replay"))
        return "   ·   ".join(part for part in parts if part)
