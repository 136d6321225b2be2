"""Answer Chinese questions from a knowledge base, or say honestly that it holds no answer.

The way of the data, each room importing only from those above it:

    settings    environment → Settings
    mistakes    file:line, what is wrong, how to mend it
    logs        what happened, as text or JSON lines
    vocabulary  strings → numbers, in arrays that are mapped
    text        str → normal form, sounds
    dictionary  jieba's words, and what they say of general Chinese, in arrays
    lattice     many strings → their words, by a dictionary, in arrays
    segmenter   str → words
    lexicon     data/lexicon → words, synonyms, stop words
    embeddings  words of general Chinese → which are used alike, in arrays
    facets      str → typed facets: region, permit, intent …
    knowledge   Entry, Passage, KnowledgeBase
    sources     files → KnowledgeBase, or all mistakes in them
    edits       a change to an entry → the owner's files, all or nothing
    imports     files from elsewhere → what would change; the whole base → one file
    mining      titles → the words they show
    analyzer    str → terms
    repair      question → typing errors in the base's own terms
    query       question → Query
    index       Query → candidates
    weights     text → the weights of its terms
    evidence    question + entry → the sentence that answers
    ranking     candidates → Hits, each with one confidence
    explanation Hit → the words that found it, adding up to its score
    reply       Reply and its JSON
    phrases     data/phrases.toml → the bot's own words
    smalltalk   a greeting → a fixed sentence of the owner's
    dialogue    question + context → the complete question
    opening     files, or a saved index → Index and Analyzer
    bot         question → Reply; the only room that decides
    suggestions what is typed → questions that may be meant
    journal     Reply, vote → rows of a database
    evaluation  questions, judged or made of the base → figures
    lint        a base → what its owner should mend in it
    releases    files → numbered states; one is current
    gaps        Journal + a base → what people ask and it fails
    web         HTTP ↔ JSON, the page
    cli         argv
"""

from qa_bot.bot import Bot as Bot
from qa_bot.mistakes import MistakesError as MistakesError
from qa_bot.reply import Reply as Reply
from qa_bot.settings import Settings as Settings

__all__ = ["Bot", "MistakesError", "Reply", "Settings"]
