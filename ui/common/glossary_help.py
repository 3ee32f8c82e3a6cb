"""The glossary at the controls whose labels use its terms."""

from core.glossary import GLOSSARY, terms


def titled(term: str) -> str:
    """A term with a capital first letter; the others stay, as in IoU."""
    return term[0].upper() + term[1:]


def glossary_help(label: str) -> str | None:
    """The help text of a control: two sentences for each term of the glossary in its label; None without a term."""
    return "\n\n".join(f"**{titled(term)}.** {GLOSSARY[term]}" for term in terms(label)) or None
