"""The page of the comparison, in Markdown."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.detection.lockgate import Judged
from bench.detection.mail import APART, APART_READ, MADE
from bench.detection.measures import RATES, Point, area_under_curve, grouped, limits, share_above, times
from lockgate.detection.catalogue import default_catalogue
from lockgate.learning.material import DRESSED, INVENTED
from lockgate.learning.templates import FIRMS
from lockgate.model.findings import Category, Report, Verdict
from lockgate.model.policy import ActionKind
from lockgate.policy.defaults import INBOUND_RULES

ABOUT_FILES = (Category.MALWARE, Category.FILE)
UNWANTED = (Verdict.SPAM, Verdict.FRAUD, Verdict.PHISHING, Verdict.MALWARE)
BEC, QR = "business e-mail compromise", "QR codes"
SCORES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
CAVEATS = """Read it with these in mind:

- Who wrote detectors and phrase lists had looked at some of the corpus, a part of "apart, read" and invented mail; the
  models had not. How much the classifier and each kind of mail count was chosen on this mail (five numbers).
- The model that ships has learnt from all campaigns; what is measured is one made in the same way from two thirds.
- SpamAssassin's public corpus is left out: the peers' rules were tuned on it.
- Attacks on firms (business e-mail compromise) and QR lures are invented: the corpus has none.
- "Dressed" is invented mail, too: later templates, and the old ones once more, with signatures, banners of
  organisations, quoted threads, rewritten links and layouts of other programs. What is measured on has wordings,
  layouts, banners and addresses that no training saw; but who wrote it wrote what was trained on, too.
- "Apart" was written by others, who knew neither detectors nor invented mail, and nobody has read it; but three weights
  were set with counts, by detector and kind, of what it had of false positives. Of "apart, read" a part was read to see
  what is missed. Both say most about attacks that nobody had in mind.
- Peers: rspamd and SpamAssassin from Debian without network checks; with Bayes, taught the mail of the first model.
- A threshold is the score that at most that share of all wanted mail is above, for each filter its own; recall is the
  share of unwanted mail above it. More than half of the wanted mail is business mail, much of it written to be mistaken
  for fraud. "By itself" is the recall of the corpus at the threshold of its own wanted mail (lists, 2002, 2010).
- The machine was shared with other work; processor time is that of the process, not of the clock.
"""
Compared = Mapping[str, Sequence[Point]]


def page(
    compared: Compared,
    ours: Sequence[Judged],
    malware: Mapping[str, Sequence[Judged]],
    together: Mapping[str, Sequence[float]],
) -> str:
    """All tables."""
    first = next(iter(compared.values()))
    parts = (
        _heading(first),
        _recall(compared),
        _ordinary(compared),
        _fields(
            "By category",
            compared,
            lambda one: one.unwanted and one.source not in MADE,
            lambda one: f"{one.label}: {one.kind}",
        ),
        _fields("By source", compared, lambda one: one.unwanted, lambda one: f"{one.source}: {one.label}"),
        _fields(
            "Invented attacks, wordings never trained on",
            compared,
            lambda one: one.unwanted and one.source in MADE,
            lambda one: f"{one.source}: {_lure(one)}",
        ),
        _false_alarms(compared),
        _verdicts(first, ours),
        _curves(first, ours),
        _malware(malware),
        _times(compared, ours, together),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _heading(points: Sequence[Point]) -> Iterator[str]:
    wanted = sum(not one.unwanted for one in points)
    yield "# Detection, measured\n\n<!-- Made by `make bench-detection`. -->\n"
    unwanted = len(points) - wanted
    yield f"Offline, on {wanted:,} wanted and {unwanted:,} unwanted messages that nothing was trained on: a third of"
    yield "the corpus's campaigns, a quarter of the templates of the invented mail, the business mail of the tests, and"
    yield "mail that was written apart (`bench/detection/apart`)."
    yield f"Catalogue {default_catalogue().fingerprint}.\n"
    yield CAVEATS


def _recall(compared: Compared) -> Iterator[str]:
    labels = ("phish", "scam", "spam")
    yield "## Recall\n"
    for rate in RATES:
        yield f"At {rate:.1%} false positives:\n"
        groups = " | ".join((*labels, "the corpus", "by itself", "invented", "dressed", "apart, read", "apart"))
        yield f"| Filter | {groups} | AUC |\n|{'---|' * 11}"
        for name, points in compared.items():
            limit = limits(points)[rate]
            real = [one for one in points if one.unwanted and one.source not in MADE]
            made = [
                [one for one in points if one.unwanted and one.source == source]
                for source in (INVENTED, DRESSED, APART_READ, APART)
            ]
            shares = [share_above([one for one in real if one.label == label], limit) for label in labels]
            by_itself = share_above(real, limits([one for one in points if one.source not in (*MADE, "tests")])[rate])
            shares += [share_above(real, limit), by_itself, *(share_above(group, limit) for group in made)]
            area = area_under_curve(
                [one.score for one in points if not one.unwanted], [one.score for one in points if one.unwanted]
            )
            yield f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} | {area:.4f} |"
        yield ""


def _ordinary(compared: Compared) -> Iterator[str]:
    """The same where the limit comes from everyday mail, and what mail that was made to be mistaken then suffers."""
    yield f"## At {RATES[1]:.1%} of ordinary wanted mail\n"
    yield "Here the threshold is what that share of the wanted mail of the corpus and of the tests is above: everyday"
    yield "business mail, lists, newsletters, notices. The last columns say how much of the wanted mail that was"
    yield "invented, most of it to be mistaken for fraud, is above it then.\n"
    made = (INVENTED, DRESSED, APART_READ, APART)
    heads = [
        "the corpus",
        *(f"BEC, {one}" for one in made),
        *(f"QR, {one}" for one in made),
        *(f"wanted, {one}" for one in made),
    ]
    yield f"| Filter | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 1)}"
    for name, points in compared.items():
        limit = limits([one for one in points if one.source not in MADE])[RATES[1]]
        groups = [[one for one in points if one.unwanted and one.source not in MADE]]
        for lure in (BEC, QR):
            groups += [
                [one for one in points if one.unwanted and one.source == source and _lure(one) == lure]
                for source in made
            ]
        groups += [[one for one in points if not one.unwanted and one.source == source] for source in made]
        yield f"| {name} | {' | '.join(f'{share_above(group, limit):.1%}' for group in groups)} |"
    yield ""


def _fields(
    title: str, compared: Compared, which: Callable[[Point], bool], key: Callable[[Point], str]
) -> Iterator[str]:
    """Recall at half a percent, by group."""
    yield f"## {title}, at {RATES[1]:.1%}\n"
    yield f"| | Messages | {' | '.join(compared)} |\n|{'---|' * (len(compared) + 2)}"
    groups = {name: grouped(filter(which, points), key) for name, points in compared.items()}
    at = {name: limits(points)[RATES[1]] for name, points in compared.items()}
    for group, members in next(iter(groups.values())).items():
        shares = [f"{share_above(groups[name][group], at[name]):.1%}" for name in compared]
        yield f"| {group} | {len(members)} | {' | '.join(shares)} |"
    yield ""


def _lure(one: Point) -> str:
    if one.kind.startswith((*FIRMS, "bec")):
        return BEC
    return (
        QR
        if ".qr-" in one.kind or one.kind.startswith("qr")
        else "callback"
        if "callback" in one.kind
        else f"other {one.label}"
    )


def _false_alarms(compared: Compared) -> Iterator[str]:
    yield from _fields("False positives by source", compared, lambda one: not one.unwanted, lambda one: one.source)
    yield f"Kinds of wanted business mail (invented and of the tests) with false positives, at {RATES[1]:.1%}:\n"
    for name, points in compared.items():
        limit = limits(points)[RATES[1]]
        business = grouped(
            (one for one in points if not one.unwanted and one.source in (*MADE, "tests")), lambda one: one.kind
        )
        above = {kind: sum(one.score > limit for one in found) for kind, found in business.items()}
        named = ", ".join(f"{kind} {count}/{len(business[kind])}" for kind, count in above.items() if count)
        total = sum(map(len, business.values()))
        yield f"- {name}: {sum(above.values())} of {total} messages of {len(business)} kinds. {named}".rstrip()
    yield ""


def _verdicts(points: Sequence[Point], ours: Sequence[Judged]) -> Iterator[str]:
    yield "## Verdicts and scores of the product\n"
    yield "What the default policy acts on. Wanted mail in the first column, unwanted mail after it; shares.\n"
    yield "| | wanted | phish | scam | spam |\n|---|---|---|---|---|"
    labels = ("ham", "phish", "scam", "spam")
    pairs = list(zip(points, ours, strict=True))
    called = [[judged.report for one, judged in pairs if one.label == label] for label in labels]

    def row(name: str, holds: Callable[[Report], bool]) -> str:
        return f"| {name} | {' | '.join(_share([holds(one) for one in reports]) for reports in called)} |"

    for verdict in UNWANTED:
        yield row(f"called {verdict}", lambda one, verdict=verdict: one.verdict is verdict)
    yield row("any of these", lambda one: one.verdict in UNWANTED)
    for score in SCORES:
        yield row(f"score {score} or more", lambda one, score=score: one.score >= score)
    yield ""


def _curves(points: Sequence[Point], ours: Sequence[Judged]) -> Iterator[str]:
    """What a threshold of the default policy would do, for each verdict by itself."""
    yield "## Curves by family\n"
    yield "Shares of mail that get the verdict with that score or a higher one. From the marked score on the default"
    yield "policy (`policy/defaults.py`) quarantines, below it the message goes to junk: at most 1 in 1,000 wanted"
    yield "messages may reach it with that verdict. The classifier alone ends at 0.88: from 0.9 on detectors agree.\n"
    yield "| verdict | score | wanted | unwanted | default |\n|---|---|---|---|---|"
    pairs = list(zip(points, ours, strict=True))
    for verdict in (Verdict.PHISHING, Verdict.FRAUD, Verdict.SPAM):
        limit = quarantined_from(verdict)
        for score in SCORES:
            hits = [[judged.report.verdict is verdict and judged.report.score >= score for one, judged in pairs
                     if one.unwanted is unwanted] for unwanted in (False, True)]  # fmt: skip
            does = "junk" if limit is None or score < limit else "**quarantine**" if score == limit else "quarantine"
            yield f"| {verdict} | {score} | {_share(hits[0])} | {_share(hits[1])} | {does} |"
    yield ""


def quarantined_from(verdict: Verdict) -> float | None:
    """The score from which the default policy quarantines mail with this verdict; None: it never does."""
    found = [
        rule.when.minimum_score or 0.0
        for rule in INBOUND_RULES
        if verdict in rule.when.verdicts and any(action.kind is ActionKind.QUARANTINE for action in rule.actions)
    ]
    return min(found, default=None)


def _malware(malware: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    yield "## Malware\n"
    yield "Each file in a message of its own; where it is locked, the message says the password. The documents without"
    yield "the verdict have macros that neither start by themselves nor reach out.\n"
    yield "| | messages | verdict malware | a finding about files |\n|---|---|---|---|"
    for name, judged in malware.items():
        found = [one.report.verdict is Verdict.MALWARE for one in judged]
        noticed = [any(each.category in ABOUT_FILES for each in one.report.findings) for one in judged]
        yield f"| {name} | {len(judged):,} | {_share(found)} | {_share(noticed)} |"
    yield ""


def _times(compared: Compared, ours: Sequence[Judged], together: Mapping[str, Sequence[float]]) -> Iterator[str]:
    yield "## Processor time per message, one processor, milliseconds\n"
    yield "| | median | 99 % below |\n|---|---|---|"
    for name, points in compared.items():
        median, slow = times(points)
        yield f"| {name} | {median:.2f} | {slow:.1f} |"
    for stage in ours[0].stages:
        yield f"| Lockgate: {stage} | {_median_and_slow([one.stages[stage] for one in ours])} |"
    yield f"\nOn {len(together['rspamd']):,} messages of phishing of the corpus, Lockgate and rspamd in turn, so that"
    yield "the machine is as busy for both:\n\n| | median | 99 % below |\n|---|---|---|"
    for name, spent in together.items():
        yield f"| {name if name == 'rspamd' else f'Lockgate: {name}'} | {_median_and_slow(spent)} |"
    ratio = statistics.median(together["all"]) / statistics.median(together["rspamd"])
    yield f"\nLockgate's median is {ratio:.2f} of rspamd's."


def _median_and_slow(spent: Sequence[float]) -> str:
    ordered = sorted(spent)
    return f"{statistics.median(ordered):.2f} | {ordered[int(len(ordered) * 0.99)]:.1f}"


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits) / len(hits):.2%}" if hits else "-"
