"""The forms of English verbs whose stems differ, such as "wrote" and "written"."""

from rag.terms import term

IRREGULAR = """
arise arose arisen; beat beaten; become became; begin began begun; bind bound; bite bit bitten; blow blew blown;
break broke broken; bring brought; build built; buy bought; catch caught; choose chose chosen; come came; deal dealt;
draw drew drawn; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen; feed fed; feel felt;
fight fought; find found; flee fled; fly flew flown; forbid forbade forbidden; forget forgot forgotten;
freeze froze frozen; get got gotten; give gave given; go went gone; grow grew grown; hear heard; hide hid hidden;
hold held; keep kept; know knew known; lay laid; lead led; leave left; lend lent; lose lost; make made; mean meant;
meet met; pay paid; ride rode ridden; ring rang rung; rise rose risen; run ran; say said; see saw seen; seek sought;
sell sold; send sent; shake shook shaken; shine shone; shoot shot; show shown; sing sang sung; sink sank sunk; sit sat;
sleep slept; speak spoke spoken; spend spent; stand stood; steal stole stolen; strike struck; swear swore sworn;
swim swam swum; take took taken; teach taught; tear tore torn; tell told; think thought; throw threw thrown;
understand understood; wake woke woken; wear wore worn; win won; withdraw withdrew withdrawn; write wrote written
"""
_BASES = {
    term(form): term(plain)
    for plain, *others in map(str.split, IRREGULAR.split(";"))
    for form in (plain, f"{plain}s", *others)
}


def base_form(stem: str) -> str:
    """Return the stem of an irregular verb's plain form, from that of any of its forms; other words' stay as they are.

    ``base_form(term("written"))`` and ``base_form(term("wrote"))`` are ``term("write")``.
    """
    return _BASES.get(stem, stem)
