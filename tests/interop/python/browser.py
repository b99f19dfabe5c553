"""A browser without scripts: cookies, redirects within the provider, forms with what they hold already."""

from urllib.parse import urljoin, urlsplit

import requests
from bs4 import BeautifulSoup

HOPS = 10


class Page:
    """What the browser shows, or the redirect that left the provider."""

    def __init__(self, url, status, html):
        self.url = url
        self.status = status
        self.html = BeautifulSoup(html, "html.parser")

    @property
    def text(self):
        return " ".join((self.html.find("main") or self.html).get_text().split())


class Browser:
    """One browser of one person."""

    def __init__(self, home):
        self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(home))
        self.session = requests.Session()
        self.session.trust_env = False

    def open(self, url):
        return self._follow("GET", url)

    def submit(self, page, **typed):
        form = page.html.select_one("main form")
        assert form, f"no form on {page.url} ({page.status}): {page.text}"
        fields = {field["name"]: field.get("value", "") for field in form.select("input[name]") if _holds(field)}
        fields.update(typed)
        return self._follow("POST", urljoin(page.url, form.get("action") or page.url), data=fields)

    def answer(self, page):
        """What the browser would post to the relying party: the answer of `response_mode=form_post`."""
        form = page.html.select_one("main form[data-answer]")
        assert form, f"no answer on {page.url} ({page.status}): {page.text}"
        assert form["method"].lower() == "post"
        return form["action"], {field["name"]: field["value"] for field in form.select("input[name]")}

    def sign_in(self, page, person):
        return self.submit(page, username=person["username"], password=person["password"], do="next")

    def _follow(self, method, url, data=None):
        headers = {"Origin": self.origin} if method == "POST" else {}
        for _ in range(HOPS):
            answer = self.session.request(method, url, data=data, headers=headers, allow_redirects=False, timeout=30)
            if "Location" not in answer.headers:
                return Page(url, answer.status_code, answer.text)
            url = urljoin(url, answer.headers["Location"])
            if not url.startswith(self.origin + "/"):
                return Page(url, answer.status_code, "")
            method, data, headers = "GET", None, {}
        raise AssertionError(f"more than {HOPS} redirects, the last to {url}")


def _holds(field):
    return field.get("type") not in ("checkbox", "radio") or field.has_attr("checked")
