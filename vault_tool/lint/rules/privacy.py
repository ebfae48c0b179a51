"""PV rules: secrets that stand in the clear. What is told of one is masked, always."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.plain_secrets import plain_secrets
from vault_tool.messages import N_
from vault_tool.notes.note import Note
from vault_tool.notes.secrets import Secret, SecretKind
from vault_tool.notes.text import Edit


def plaintext_password(note: Note, context: Context) -> Iterator[Flaw]:
    """No password stands in a note.

    Why: notes are copied, searched and synced; whoever reads one could log in. Best keep passwords in a
    password manager.
    Bad: `门禁密码：L8anhai#6`, `pwd=hunter2`
    Good: `门禁密码见保险柜`, `密码：{{seal: L8anhai#6}}`
    Fix: unsafe. Wraps it as `{{seal: ...}}`, in the text of a note.
    """
    return _told(note, SecretKind.PASSWORD, N_("A password stands in plain text"))


def id_card_number(note: Note, context: Context) -> Iterator[Flaw]:
    """No number of an identity card stands in a text.

    Why: it never changes, and opens accounts. It counts when region, birth date and check digit (MOD 11-2)
    fit; one of 15 digits only where a word such as 身份证 says so. The field `id_number` is sealed.
    Bad: `身份证 11010519491231002X`
    Good: `身份证 {{seal: 11010519491231002X}}`, `合同号 110105194912310021`
    Fix: unsafe. Wraps it as `{{seal: ...}}`, in the text of a note.
    """
    return _told(note, SecretKind.ID_CARD, N_("Identity number {masked} in plain text"))


def phone_number(note: Note, context: Context) -> Iterator[Flaw]:
    """No person's telephone number stands in a text.

    Why: the field `mobile` is sealed, a text is not. A mobile number counts wherever it stands, in any width
    and grouping; a landline with its area code, or behind a word such as 电话; a foreign number behind such a
    word. Service numbers (400, 800, 95xxx) are nobody's, and what stands in a company's own `phone` may also
    stand in its text.
    Bad: `王总 138 0013 8000`, `座机：0571-88886666`
    Good: `王总 {{seal: 13800138000}}`, `客服 400-800-8820`, `订单号 13800138000`
    Fix: unsafe. Wraps it as `{{seal: ...}}`, in the text of a note.
    """
    return _told(note, SecretKind.PHONE, N_("Telephone number {masked} in plain text"))


def bank_card_number(note: Note, context: Context) -> Iterator[Flaw]:
    """No number of a bank card stands in a text.

    Why: with a name it is enough to steal. It counts when it has 16 to 19 digits, the last of them fits
    (Luhn), and either a word such as 卡号 or the issuer's own first digits speak for it. The field
    `bank_account` is sealed.
    Bad: `卡号 6222 0200 0000 0000 000`
    Good: `卡号 {{seal: 6222020000000000000}}`, `运单号 6222020000000000000`
    Fix: unsafe. Wraps it as `{{seal: ...}}`, in the text of a note.
    """
    return _told(note, SecretKind.BANK_CARD, N_("Bank card number {masked} in plain text"))


def travel_document(note: Note, context: Context) -> Iterator[Flaw]:
    """No number of a passport or a travel permit stands in a text.

    Why: it identifies a person for ten years. It has no check digit, so that only a word beside it (护照,
    回乡证, passport) tells it from a product's. The field `passport` is sealed.
    Bad: `护照 E00000000`, `passport no. EA0000000`
    Good: `护照 {{seal: E00000000}}`, `护照 2031 年到期`
    Fix: unsafe. Wraps it as `{{seal: ...}}`, in the text of a note.
    """
    return _told(note, SecretKind.TRAVEL_DOCUMENT, N_("Passport or permit number {masked} in plain text"))


def access_token(note: Note, context: Context) -> Iterator[Flaw]:
    """No key that programs log in with stands in a note.

    Why: who has it, has the account. Keys are known by their provider's form (AWS, GitHub, GitLab, Slack,
    OpenAI, Google, Aliyun, Tencent Cloud, age, JWT, private key files) or by the name they are assigned to.
    Bad: `AccessKey: LTAI0000000000000000EXAM`, `-----BEGIN PRIVATE KEY-----`
    Good: `AccessKey 在密码管理器里`
    Fix: none. Withdraw the key where it came from and make a new one: this one has been read.
    """
    return _told(note, SecretKind.ACCESS_TOKEN, N_("An access key stands in plain text: {masked}"))


def iban_number(note: Note, context: Context) -> Iterator[Flaw]:
    """No international account number (IBAN) stands in a text.

    Why: it is what invoices are forged with. It counts when its country's length and its check digits
    (mod 97) fit. The field `bank_account` is sealed.
    Bad: `IBAN DE89 3704 0044 0532 0130 00`
    Good: `IBAN {{seal: DE89 3704 0044 0532 0130 00}}`
    Fix: unsafe. Wraps it as `{{seal: ...}}`, in the text of a note.
    """
    return _told(note, SecretKind.IBAN, N_("Account number {masked} in plain text"))


def email_address(note: Note, context: Context) -> Iterator[Flaw]:
    """A person's mail address stands in a field, not in a text.

    Why: it is personal data, and in a field it is found, and sealed for a person. An office's (info@, sales@
    and the like) is nobody's, and what stands in an open field `email` may also stand in the text.
    Bad: `发到 wang.xiaoer@example.com`
    Good: `发到 info@example.com`, `发到王总邮箱`
    Fix: none. Move it to the field `email` of the customer or of the contact.
    """
    return _told(note, SecretKind.EMAIL, N_("Mail address {masked} in plain text"))


def credit_code_in_text(note: Note, context: Context) -> Iterator[Flaw]:
    """A company's credit code stands in its field, not in a text.

    Why: it is public, but duplicates are found by the field `credit_code`, and only there. Off by default.
    Bad: `开票信息：91330100DEM000110J`
    Good: `统一社会信用代码: 91330100DEM000110J` in the front matter
    Fix: none. Move it to the field.
    """
    return _told(note, SecretKind.CREDIT_CODE, N_("Credit code {masked} stands outside its field"))


_WITHOUT_FIX = (SecretKind.ACCESS_TOKEN, SecretKind.EMAIL, SecretKind.CREDIT_CODE)


def _told(note: Note, kind: SecretKind, message: str) -> Iterator[Flaw]:
    secrets = plain_secrets(note)
    return _flaws(note, secrets, kind, message) if secrets else iter(())


def _flaws(note: Note, secrets: Iterable[Secret], kind: SecretKind, message: str) -> Iterator[Flaw]:
    for secret in secrets:
        if secret.kind is kind:
            values = {"masked": secret.masked} if "{masked}" in message else {}
            yield Flaw(secret.span, message, values, _sealing(secret, note))


def _sealing(secret: Secret, note: Note) -> Fix | None:
    """Mark a secret to be sealed, where that mark may stand: in a text, outside code, comments and links."""
    span = secret.span
    if secret.kind in _WITHOUT_FIX or span.start < note.profile.span.start:
        return None
    closed = [*note.hidden, *(link.span for link in note.links)]
    if any(part.start < span.end and span.start < part.end for part in closed):
        return None
    return Fix((Edit(span, f"{{{{seal: {span.of(note.text)}}}}}"),), is_safe=False)


RULES = (
    Rule("PV001", "plaintext-password", Severity.ERROR, "unsafe", plaintext_password),
    Rule("PV002", "id-card-number", Severity.ERROR, "unsafe", id_card_number),
    Rule("PV003", "phone-number", Severity.ERROR, "unsafe", phone_number),
    Rule("PV004", "bank-card-number", Severity.ERROR, "unsafe", bank_card_number),
    Rule("PV005", "travel-document", Severity.WARNING, "unsafe", travel_document),
    Rule("PV006", "access-token", Severity.ERROR, None, access_token),
    Rule("PV009", "iban-number", Severity.ERROR, "unsafe", iban_number),
    Rule("PV010", "email-address", Severity.INFO, None, email_address),
    Rule("PV011", "credit-code-in-text", Severity.INFO, None, credit_code_in_text, is_default=False),
)
