// Remember the conversation between pages of a site: the last turns, for a day, in this browser only.
const VERSION = 1, MOST = 20, DAY = 24 * 60 * 60 * 1000;

export class Memory {
  constructor(root) { this.key = `faq-widget:${VERSION}:${root}`; }

  read() {
    const { saved, ...kept } = this.#try(() => JSON.parse(localStorage.getItem(this.key))) ?? {};
    return Date.now() - saved < DAY ? kept : null;
  }

  keep(turns, session) {
    const kept = turns.slice(-MOST).map(({ question, before, reply, vote }) => ({ question, before, reply, vote }));
    this.#try(() => localStorage.setItem(this.key, JSON.stringify({ saved: Date.now(), turns: kept, session })));
  }

  forget() { this.#try(() => localStorage.removeItem(this.key)); }

  // Storage that is full, switched off or forbidden to the page only shortens the memory to this page.
  #try(act) {
    try {
      return act();
    } catch {
      return null;
    }
  }
}
