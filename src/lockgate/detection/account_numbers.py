"""Numbers of bank accounts as people write them in letters, of many countries, also with digits left out.

By form only: what is written in a fraud may be mistyped or masked, and a check digit that fails is no comfort. Forms of
ISO 13616 (IBAN, at most 34 letters), ISO 9362 (BIC), and of the schemes that the names beside the numbers tell.
"""

from collections.abc import Iterator

import re2

_DIGIT = r"[\d.*x•#…]"  # or what stands in its place
_LABEL = r"[\s:：#.]{0,4}(?:(?:no|nr|number|code|id)\b[\s:.]{0,3})?"

_FORMS = (
    r"\b[a-z]{2}(?:\d\d|[.*x]{2})(?:[ \-–]?[a-z\d.*x•…]{4}){3,7}(?:[ \-–]?[a-z\d.*x•…]{1,4})?",
    r"\b[a-z]{2}(?:\d\d|\.\.|\*\*|xx) ?(?:[a-z]{4} ?)?(?:\d{2,4} )?"
    r"(?:\.{2,4}|…|\*{2,4}|x{2,4})(?: \d{2,4})?",
    rf"\b(?:sort code|sort|s/c|bsb){_LABEL}{_DIGIT}{{2}}[\d\-–.*x ]{{2,7}}",
    r"\b\d\d-\d\d-\d\d[\s,/|;]{1,4}(?:a/?c{1,2}t?|account)?[\s:.no]{0,6}\d{8}\b",
    rf"\b(?:aba|rtn|routing|transit|institution){_LABEL}(?:\(?aba\)?\s)?{_DIGIT}{{3,9}}",
    rf"\b(?:swift|bic)(?:/bic)?{_LABEL}[a-z]{{6}}[a-z\d]{{2}}(?:[a-z\d]{{3}})?\b",
    rf"\b(?:bank )?(?:a/c|acct?|account){_LABEL}(?:is )?\d[\d\-*x ]{{5,20}}\d",
    rf"\bclabe\b\D{{0,24}}{_DIGIT}{{3,18}}|\bcbu\b\D{{0,12}}{_DIGIT}{{6,22}}",
    r"\b(?:pix|chave)\b[^.;]{0,40}?(?:[\w.+\-]{2,40}@[\w\-]{2,40}\.\w{2,6}|\d{2,3}\.\d{3}\.\d{3}|\d{11,14}|\+55)",
    r"\b(?:bankgiro\w{0,6}|plusgiro\w{0,3}|bg|pg)[\s:]{1,3}(?:nr\s)?[\d.]{3,4}[\-–]?\d{0,4}",
    r"\b[\w.\-]{3,30}@(?:ok(?:axis|sbi|icici|hdfcbank)|ybl|upi|paytm|ibl|axl|sbi|icici|hdfcbank|apl)\b|\bifsc[\s:]{1,3}[a-z]{4}0",
    r"(?:^|[^\d/.,-])(?:\d{2,6}-)?\d{6,10}/\d{4}(?:[^\d/.,-]|$)",
    r"\b\d\d(?: \d{4}){6}\b",
    r"(?:普通|当座|口座番号)[\s:：]{0,3}[\d*]{4,8}|(?:账号|帐号|帳號|卡号|账户|帐户|a/c)[\s:：]{0,3}\d[\d *x\-]{6,26}",
)  # fmt: skip
_ANY = re2.compile("|".join(f"(?:{form})" for form in _FORMS))
"""By RE2, which looks for all forms at once in a tenth of the time."""


def account_numbers(plain_text: str) -> Iterator[tuple[int, str]]:
    """Where a text as `text.plain` gives it has such numbers, and how they are written."""
    for match in _ANY.finditer(plain_text):
        yield match.start(), match.group()
