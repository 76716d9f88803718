"""The tokenizer: every word a number, and no more words than the captions hold.

A stock fast tokenizer of the `tokenizers` library, so that the folder needs no code of ours to be read. Text is
lower-cased and freed of accents and punctuation: "Close-up: a RED tulip!" and "close up a red tulip" are the same five
words. A word nobody taught it becomes [UNK].
"""

import re
import unicodedata
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

# [EOS] must not be number 2: transformers keeps an old fault of CLIP's alive for configurations that say so.
SPECIAL = ("[PAD]", "[UNK]", "[BOS]", "[EOS]")
LONGEST = 120  # tokens, the pipeline's own default
_NO_WORD = r"[^\w\s]|_"


def split(text: str) -> list[str]:
    """The words of a text as the tokenizer sees them: "Close-up" is "close", "up"."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(_NO_WORD, " ", plain.lower()).split()


def build(vocabulary: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of these words, numbered in alphabetical order after the special ones."""
    words = sorted({part for word in vocabulary for part in split(word)})
    numbers = {word: number for number, word in enumerate((*SPECIAL, *words))}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(_NO_WORD), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[BOS] $A [EOS]", special_tokens=[(name, numbers[name]) for name in ("[BOS]", "[EOS]")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        bos_token="[BOS]",
        eos_token="[EOS]",
        model_max_length=LONGEST,
        padding_side="right",
    )
