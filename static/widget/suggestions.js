// Suggest questions while the visitor types: an editable combobox with a list, after the ARIA practices.
import { make } from './element.js';

const LONGEST = 64;   // characters; whoever has typed more knows the question

export class Suggestions {
  #latest = 0;
  #active = -1;
  #request = null;

  constructor({ input, list, strings, fetch, choose, signal }) {
    Object.assign(this, { input, list, strings, fetch, choose });
    const attributes = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id, 'aria-haspopup': 'listbox' };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    // Events come while an input method composes, too: pinyin is looked up before it is characters.
    input.addEventListener('input', () => this.#look(), { signal });
    input.addEventListener('blur', () => this.close(), { signal });
    list.addEventListener('pointerdown', (event) => event.preventDefault(), { signal });
    list.addEventListener('click', (event) => this.#take(event.target.closest('[role=option]')), { signal });
  }

  get open() { return !this.list.hidden; }

  close() {
    this.#latest += 1;
    this.#request?.abort();
    this.#show([]);
  }

  // Act on a key that is the visitor's and not an input method's; tell whether it was used up.
  key(event) {
    if (!this.open) return false;
    const { key } = event;
    if (key === 'ArrowDown') this.#move(this.#active + 1);
    else if (key === 'ArrowUp') this.#move(this.#active - 1);
    else if (key === 'Enter' && this.#active >= 0) this.#take(this.list.children[this.#active]);
    else if (key === 'Escape') this.close();
    else {
      if (key === 'Tab') this.close();
      else if (key === 'Home' || key === 'End') this.#move(-1);   // back to the text, where the key moves the caret
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  async #look() {
    const text = this.input.value.trim();
    this.#request?.abort();
    this.#latest += 1;
    this.#move(-1);   // what was chosen was chosen for another text
    if (!text || text.length > LONGEST) return this.#show([]);
    const mine = this.#latest;
    this.#request = new AbortController();
    try {
      const found = await this.fetch(text, this.#request.signal);
      if (mine === this.#latest) this.#show(found);
    } catch {
      // Suggestions are a comfort: where they fail, the question can still be typed and sent.
      if (mine === this.#latest) this.#show([]);
    }
  }

  #show(found) {
    this.found = found;
    this.list.replaceChildren(...found.map(({ segments, answered }, at) => make(`li.${answered ? 'has' : 'lacks'}`,
      { role: 'option', id: `${this.list.id}-${at}`, 'aria-selected': 'false' },
      make('span', null, segments.map(([text, marked]) => (marked ? make('b', null, text) : text))), ' ',
      make('small', null, answered ? this.strings.has : this.strings.lacks))));
    this.list.hidden = !found.length;
    this.input.setAttribute('aria-expanded', found.length > 0);
    this.#move(-1);
  }

  #move(to) {
    const options = [...this.list.children];
    this.#active = to < -1 ? options.length - 1 : to >= options.length ? -1 : to;
    options.forEach((option, at) => option.setAttribute('aria-selected', at === this.#active));
    if (this.#active < 0) return this.input.removeAttribute('aria-activedescendant');
    const active = options[this.#active];
    this.input.setAttribute('aria-activedescendant', active.id);
    this.list.scrollTop = Math.max(Math.min(this.list.scrollTop, active.offsetTop), active.offsetTop + active.offsetHeight - this.list.clientHeight);
  }

  #take(option) {
    if (!option) return;
    const { question } = this.found[[...this.list.children].indexOf(option)];
    this.close();
    this.choose(question);
  }
}
