"""What next? Collaborative filtering, skill and content for any program whose users choose items.

A plugin of its own: it knows neither the game nor any learner, and needs numpy, scipy and OpenSkill only.
"""

__version__ = "0.1.0"
