"""A link leads to a page on a host where anybody may put one: free site builders, form services, file shares.

Why it matters: most forged sign-in pages are on such hosts, because their name is trusted and costs nothing.
Known false positives: small clubs and shops with a free site; shared files among colleagues.
References: sublime-security/static-files, free_subdomain_hosts; MITRE ATT&CK T1583.006, T1567.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.model.findings import Category
from lockgate.model.message import LinkSource

WIDELY_USED = (
    "amazonaws.com",
    "atlassian.net",
    "sharepoint.com",
    "zendesk.com",
    "github.io",
    "readthedocs.io",
    "googleapis.com",
    "google.com",
    "dropbox.com",
    "wordpress.com",
    "archive.org",
    "airtable.com",
    "cloudfront.net",
    "office.net",
    "live.net",
    "adobe.com",
    "github.com",
    "githubusercontent.com",
    "gitlab.io",
    "sourceforge.net",
    "sourceforge.io",
    "blogspot.com",
    "medium.com",
    "substack.com",
    "notion.so",
    "slack.com",
    "box.com",
    "wetransfer.com",
    "icloud.com",
    "app.link",
    "jotform.com",
    "sendgrid.net",
    "myshopify.com",
    "calendly.com",
    "mailchi.mp",
    "hubspot.com",
    "canva.com",
    "typeform.com",
    "surveymonkey.com",
    "eventbrite.com",
)
BUCKETS = (
    "storage.googleapis.com",
    ".blob.core.windows.net",
    ".web.core.windows.net",
    ".r2.dev",
    ".workers.dev",
    ".pages.dev",
    ".web.app",
    ".firebaseapp.com",
    ".ipfs.dweb.link",
    ".vercel.app",
    ".netlify.app",
    ".weebly.com",
    ".wixsite.com",
    ".glitch.me",
    ".ngrok-free.app",
    ".trycloudflare.com",
    ".godaddysites.com",
    ".webflow.io",
    ".azurewebsites.net",
    ".azurefd.net",
    ".s3.amazonaws.com",
)
_ASSETS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".css", ".ics")


@detector("link.free-host", Category.PHISHING, weight=1.2)
def free_host(content: Content) -> Iterator[Outcome]:
    if content.is_discussion:
        return
    for target in content.foreign_targets:
        if target.link.source is LinkSource.IMAGE or target.path.lower().endswith(_ASSETS):
            continue
        if covers("free_subdomain_hosts", target.host) or covers("free_file_hosts", target.host):
            used = any(target.host == known or target.host.endswith("." + known) for known in WIDELY_USED)
            bucket = any(target.host == known or target.host.endswith(known) for known in BUCKETS)
            yield Found(
                f"a link leads to {target.host}, where anybody may put a page",
                (target.evidence,),
                1.8 if bucket else 0.3 if used else 1.0,
                ("link:free-host",),
            )
