// A browser without scripts: cookies, redirects within the provider, forms with what they hold already.
import { parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

const HOPS = 10;

export class Browser {
  #jar = new CookieJar();
  #home;

  constructor(home) {
    this.#home = new URL(home);
  }

  /** Opens an address; what it returns is a page of the provider, or the redirect that leaves it. */
  async open(address) {
    return this.#follow(new URL(address, this.#home), { method: 'GET' });
  }

  /** Posts the page's form with these fields typed in. */
  async submit(page, typed) {
    const form = page.root.querySelector('main form');
    if (!form) throw new Error(`no form on ${page.url} (${page.status}): ${page.text}`);
    const body = new URLSearchParams();
    for (const field of form.querySelectorAll('input[name]')) {
      const type = field.getAttribute('type');
      const chosen = !['checkbox', 'radio'].includes(type) || field.hasAttribute('checked');
      if (chosen) body.append(field.getAttribute('name'), field.getAttribute('value') ?? '');
    }
    for (const [name, value] of Object.entries(typed)) body.set(name, value);
    const headers = { origin: this.#home.origin, 'content-type': 'application/x-www-form-urlencoded' };
    const action = new URL(form.getAttribute('action') ?? '', page.url);
    return this.#follow(action, { method: 'POST', headers, body: body.toString() });
  }

  /** What the browser would post to the relying party: the answer of `response_mode=form_post`, without its script. */
  answer(page) {
    const form = page.root.querySelector('main form[data-answer]');
    if (!form) throw new Error(`no answer on ${page.url} (${page.status}): ${page.text}`);
    const fields = form.querySelectorAll('input[name]').map((field) => [field.getAttribute('name'), field.getAttribute('value')]);
    return new Request(form.getAttribute('action'), { method: form.getAttribute('method'), body: new URLSearchParams(fields) });
  }

  async signIn(page, person) {
    return this.submit(page, { username: person.username, password: person.password, do: 'next' });
  }

  async #follow(url, request) {
    for (let hop = 0; hop < HOPS; hop += 1) {
      const cookie = await this.#jar.getCookieString(url.href);
      const headers = { ...request.headers, ...(cookie && { cookie }) };
      const answer = await fetch(url, { ...request, headers, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) await this.#jar.setCookie(line, url.href);
      const location = answer.headers.get('location');
      if (!location) return new Page(url, answer.status, await answer.text());
      url = new URL(location, url);
      if (url.origin !== this.#home.origin) return new Page(url, answer.status, '');
      request = { method: 'GET' };
    }
    throw new Error(`more than ${HOPS} redirects, the last to ${url}`);
  }
}

class Page {
  constructor(url, status, html) {
    this.url = url;
    this.status = status;
    this.root = parse(html);
  }

  get text() {
    return (this.root.querySelector('main') ?? this.root).text.replace(/\s+/g, ' ').trim();
  }
}
