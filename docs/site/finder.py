"""Search in English and Chinese: a run of Chinese characters is found by its pairs, everything else by its stem.

Sphinx's own search for Chinese needs a dictionary and does not split what a reader types. Pairs need neither: 点唱机 is
looked for as 点唱 and 唱机, both of which a page must have.
"""

import re
from functools import lru_cache
from typing import Final

from sphinx.search.en import SearchEnglish

_HAN: Final = r"\u3400-\u9fff"
_WORDS: Final = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")


class BilingualSearch(SearchEnglish):
    """Sphinx's search for English, extended to Chinese."""

    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|[\p{Letter}\p{Number}_]+/gu) || []).flatMap((run) =>
    run
      .split(/([\u3400-\u9fff]+)/u)
      .filter((part) => part)
      .flatMap((part) =>
        /[\u3400-\u9fff]/u.test(part) && part.length > 1
          ? [...part].slice(1).map((sign, place) => part[place] + sign)
          : [part]
      )
  );
"""

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self._stem = lru_cache(maxsize=None)(super().stem)

    def stem(self, word: str) -> str:
        """Return the stem of a word, cached for all pages."""
        return self._stem(word)

    def split(self, input: str) -> list[str]:  # Sphinx's name
        """Return the words of a text: of a Chinese run each character and each pair of neighbours."""
        words = []
        for run in _WORDS.findall(input):
            words.append(run)
            if "\u3400" <= run[0] <= "\u9fff":
                words += [*run, *(run[place : place + 2] for place in range(len(run) - 1))]
        return words
