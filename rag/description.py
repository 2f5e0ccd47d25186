"""Questions that ask for a description rather than one fact, by their words; these are English.

The class is "description" of Li & Roth, "Learning question classifiers" (COLING 2002), without reasons and manners.
"""

import re

BE = r"(?:['’]s|\s+(?:is|are|was|were))"
OF_WHOM = r"(?:the\s+|his\s+|her\s+|its\s+|their\s+)?"
# What is told of a thing in sentences rather than in a name or a number.
ASPECT = (
    r"(?:roles?|functions?|purposes?|point|aims?|meanings?|definition|significance|importance|differences?|distinction"
    r"|relationship|connection|impacts?|effects?|influence|consequences?|implications?|benefits?|(?:dis)?advantages?"
    r"|drawbacks?|concept|idea|theme|plot|story|premise|history|origins?|background|process|procedure|mechanism|nature"
    r"|structure|composition|symbolism)"
)
FORMS = (
    r"(?:describe|explain|summari[sz]e|outline|define|compare)\b",
    r"(?:an?\s+|the\s+)?(?:brief\s+|short\s+)?(?:summary|description|explanation|overview|history|definition)\s+of\b",
    rf"what{BE}\s+{OF_WHOM}(?:\w+\s+)?{ASPECT}\s+(?:of|for|in|on|to|behind|between)\b",
    r"what\s+(?:do|does|did)\s.+?\s(?:mean|represent|symboli[sz]e|signify|refer\s+to|consist\s+of)\b",
    r"what\s+(?:happens|happened|determines|affects|influences|makes(?!\s+up))\b",
    rf"what{BE}\s.+\sabout\W*$",
    # "What is a statocyst?", "Who was Jim Thorpe?": what is described and no more.
    rf"what{BE}\s+an?\s+[\w-]+(?:\s+[\w-]+)?\W*$",
    rf"wh(?:at|o){BE}\s+(?:the\s+)?(?-i:[A-Z])[\w.'’-]*(?:\s+(?:(?-i:[A-Z])[\w.'’-]*|&|and|of|the))*\s*\?*$",
    r"where\s+(?:do|does|did)\s.+\s(?:(?:come|derive|stem)\s+from|get\s+(?:its|his|her|their)\s+name)\b",
    r"how\s+to\b",
    # "When do you blind bake?": what holds as a rule, with its conditions; not what was or is once.
    r"(?:when|where)\s+(?:do|does|can|should|must|would)\s+(?:you|one|we|i|they|people)\b|when\s+(?:do|does|should)\b",
)
DESCRIBES = re.compile("|".join(FORMS), re.IGNORECASE)
# What is asked besides a fact: "When was the wall built, and why?".
ASKED_BESIDES = re.compile(
    r"\band\s+(?:why\b|how\s+(?:do|does|did|is|are|was|were)\b|what\s+(?:do|does|did)\s+\w+\s+do\b)|\swhy\W*$",
    re.IGNORECASE,
)


def asks_description(question: str) -> bool:
    """Tell whether a question asks what something is, means or does, where it comes from, or what became of it."""
    return bool(DESCRIBES.match(question) or ASKED_BESIDES.search(question))
