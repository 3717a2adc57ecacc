"""How good the grades of levels are, and the levels made to a wish: on players and seeds that they were not made with."""
