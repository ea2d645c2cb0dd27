"""The monthly report by mail: each month's folder below store/reports goes out once, as soon as it stands there and the mail server takes it."""

import mimetypes
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

from scanpipe.config import Settings
from scanpipe.i18n import N_, _, speaking
from scanpipe.upkeep.sending.outbox import NotSent, Outbox, Portion, digest

CHANNEL: Final = "mail"
SUMMARY: Final = "summary.txt"  # in each month's folder: what the mail says
_SECONDS: Final = 30
_SUBJECT: Final = N_("{office}: paper saved, report for {month}")
_BODY: Final = N_(
    "{summary}\n\nAttached: the report (PDF), the workbook (Excel) and the figures (CSV).\nThis mail was sent by scanpipe, the scanning system of {office}.\n"
)


def months(folder: Path) -> list[str]:
    """The months whose reports are whole, YYYY-MM in order. folder: store/reports."""
    return sorted(path.name for path in folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]") if path.is_dir()) if folder.is_dir() else []


class MailChannel:
    """Its place is the newest month that was mailed; the first time only the newest report goes out, not all that lie there."""

    name = CHANNEL
    rest_seconds = 30.0

    def __init__(self, settings: Settings, outbox: Outbox, clock: Any) -> None:
        self.settings, self.outbox, self.clock = settings, outbox, clock

    def close(self) -> None:
        return

    def send(self) -> Portion:
        ready, sent = months(self.settings.layout.reports), self.outbox.keys(self.name)
        due = [month for month in ready if month > sent[-1]] if sent else ready[-1:]
        if not due:
            return Portion.NOTHING
        self._mail(due[0])
        self.outbox.taken(self.name, {due[0]: digest(due[0])})
        return Portion.MORE if len(due) > 1 else Portion.LAST

    def _mail(self, month: str) -> None:
        mail = self.settings.mail
        with speaking(self.settings.site.language):
            message = written(self.settings, month, self.clock())
        try:
            with _opened(self.settings) as server:
                if mail.user:
                    server.login(mail.user, mail.password(self.settings.file.parent))
                refused = server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(place=mail.host, reason=_said(error)) from error
        if refused:  # some of the addresses; the others have it, so it is not sent again
            addresses = ", ".join(sorted(refused))
            self.outbox.put_aside(self.name, f"{month} {addresses}", _("refused by the mail server: {addresses}").format(addresses=addresses))


def written(settings: Settings, month: str, at: datetime) -> EmailMessage:
    """The mail of one month's report, its files attached. month: YYYY-MM."""
    folder, mail = settings.layout.reports / month, settings.mail
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, ", ".join(mail.to)
    message["Subject"] = _(_SUBJECT).format(office=settings.site.name, month=month)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<scanpipe.{month}.{_store(settings)}@{mail.sender.rpartition('@')[2]}>"  # the same where it is sent twice
    summary = (folder / SUMMARY).read_text("utf-8").strip() if (folder / SUMMARY).is_file() else month
    message.set_content(_(_BODY).format(summary=summary, office=settings.site.name))
    for path in sorted(folder.iterdir()):
        if path.name != SUMMARY:
            main, _slash, kind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
            message.add_attachment(path.read_bytes(), maintype=main, subtype=kind, filename=path.name)
    return message


def _store(settings: Settings) -> str:
    try:
        return settings.layout.store_id.read_text("utf-8").strip()
    except OSError:
        return "scanpipe"


def _opened(settings: Settings) -> smtplib.SMTP:
    mail = settings.mail
    if mail.tls == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
    if mail.tls == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return ", ".join(f"{address}: {code} {text.decode('utf-8', 'replace')}" for address, (code, text) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        return f"{error.smtp_code} {text}"
    return str(error) or type(error).__name__
