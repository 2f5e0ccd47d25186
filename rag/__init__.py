"""Ask your articles; every sentence of the answer carries a footnote that opens at the words it rests on."""
