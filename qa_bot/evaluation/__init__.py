"""Measure the bot: with judged questions, with suites made of any knowledge, against a release."""

from qa_bot.evaluation.judgments import CHOOSE as CHOOSE
from qa_bot.evaluation.judgments import REPORT as REPORT
from qa_bot.evaluation.judgments import Judgment as Judgment
from qa_bot.evaluation.judgments import half_of as half_of
from qa_bot.evaluation.judgments import read_judgments as read_judgments
from qa_bot.evaluation.metrics import Metrics as Metrics
from qa_bot.evaluation.metrics import Verdict as Verdict
from qa_bot.evaluation.metrics import evaluate as evaluate
