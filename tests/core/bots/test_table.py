import pytest

from game.core.bots.table import BOT_NAMES, BOTS, bot_id


def test_a_bots_id_is_its_place_in_the_table() -> None:
    assert [bot.id for bot in BOTS] == list(range(len(BOTS)))
    assert [bot_id(name) for name in BOT_NAMES] == list(range(len(BOTS)))


def test_ids_stored_in_replays_do_not_change() -> None:
    assert BOT_NAMES[:4] == ("idle", "wanderer", "chaser", "marksman")


def test_every_bot_says_what_it_does() -> None:
    assert len(set(BOT_NAMES)) == len(BOTS)
    assert all(len(bot.description) > 10 for bot in BOTS)


def test_an_unknown_name_is_answered_with_the_names_there_are_and_the_nearest() -> None:
    with pytest.raises(ValueError) as caught:
        bot_id("marksmen")
    message = str(caught.value)
    assert "'marksmen'" in message
    assert "did you mean 'marksman'?" in message
    assert all(name in message for name in BOT_NAMES)


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(ValueError) as caught:
        bot_id("zzz")
    assert "did you mean" not in str(caught.value)
