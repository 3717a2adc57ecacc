"""Quality of level grades and of levels generated to a wish, on players and seeds that were not used to make them."""
