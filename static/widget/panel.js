// The panel that the launcher opens: a dialog around the conversation, in the launcher's shadow root.
import { Chat } from './chat.js';
import { make } from './element.js';
import { Memory } from './memory.js';
import { Service } from './service.js';

const FULL_SCREEN = matchMedia('(max-width: 30em), (max-height: 26em)');
const file = async (name) => {
  const response = await fetch(new URL(name, import.meta.url), { credentials: 'omit' });
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.text();
};

// frame: where the panel goes; close(): puts it away; emit(name, detail): tells the site.
export async function openPanel({ frame, root, lang, theme, signal, close, emit }) {
  const service = new Service(root);
  const [config, strings, style] = await Promise.all([
    service.config(), file(`strings/${lang}.json`).then(JSON.parse), file('panel.css')]);
  adopt(frame, style, theme);
  return new Panel({ frame, service, config, strings, signal, close, emit });
}

// The host page's root may have any size of letter: rem becomes what the visitor's browser calls medium. A theme the
// owner chose holds against the visitor's, so the question for theirs is answered here.
function adopt(frame, style, theme) {
  const medium = Number.parseFloat(getComputedStyle(frame).fontSize), sheet = new CSSStyleSheet();
  sheet.replaceSync(style.replace(/([\d.]+)rem\b/g, (_, length) => `${length * medium}px`));
  for (const { media } of theme ? sheet.cssRules : []) {
    if (media?.mediaText.includes('color-scheme')) media.mediaText = theme === 'dark' ? 'screen' : 'not all';
  }
  frame.getRootNode().adoptedStyleSheets.push(sheet);
}

class Panel {
  constructor({ frame, service, config, strings, signal, close, emit }) {
    Object.assign(this, { frame, config, strings, close, emit });
    this.memory = new Memory(service.root);
    const remembered = this.memory.read();
    this.session = remembered?.session ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    this.element = this.#draw(service.root);
    frame.append(this.element);
    this.main = this.#part('main');
    this.chat = new Chat(frame.getRootNode(), {
      service, strings, signal, contact: config.contact, longest: config.max_question, session: this.session, scroller: this.main,
      changed: () => this.main.classList.toggle('empty', !this.#part('log').children.length),
      asked: ({ question, reply }) => { this.#keep(); emit('answer', { question, reply }); },
      voted: ({ reply, vote }) => { this.#keep(); emit('feedback', { answer_id: reply.answer_id, ...vote }); },
    });
    remembered?.turns.forEach((turn, at) => this.chat.show({ at, ...turn }));
    this.#listen(signal);
  }

  show(question) {
    this.#fit();
    this.element.close();
    if (FULL_SCREEN.matches) {
      this.#holdPage();
      this.element.showModal();
    } else {
      this.#releasePage();
      this.element.show();
    }
    this.#part('q').focus({ preventScroll: true });
    if (!this.shown && this.chat.turns.length) this.main.scrollTop = this.main.scrollHeight;   // remembered: read from the end
    this.shown = true;
    if (question) this.chat.ask(question);
  }

  hide() {
    this.element.close();
    this.chat.suggestions.close();
    this.#releasePage();
  }

  #part = (id) => this.frame.getRootNode().getElementById(id);

  #keep() { this.memory.keep(this.chat.turns, this.session); }

  #draw(root) {
    const { config, strings } = this;
    const tool = (name, text, label) => make('button.tool', { type: 'button', 'data-do': name, 'aria-label': label }, text);
    return make('dialog.chat.panel', { 'aria-labelledby': 'name', id: 'panel' },
      make('div.top', null, make('h1', { id: 'name' }, config.name), tool('clear', strings.clear), tool('close', '×', strings.close)),
      make('div.empty', { id: 'main', tabindex: 0, role: 'group', 'aria-label': strings.log },
        make('div.hello', null, make('p.hello-line', null, strings.hello), make('p', null, config.greeting)),
        make('div', { id: 'log', role: 'log', 'aria-live': 'off', 'aria-label': strings.log, tabindex: -1 }),
        make('section.openers', null, make('h2', null, strings.openers),
          make('ul.asks', null, config.openers.map((question) => make('li', null,
            make('a', { href: `${root}?q=${encodeURIComponent(question)}`, 'data-ask': true }, question))))),
        make('p.foot', null, config.disclaimer)),
      make('form', { id: 'ask', role: 'search', autocomplete: 'off' },
        make('p.note', { id: 'note', role: 'alert' }),
        make('div.field', null,
          make('label.unseen', { for: 'q' }, strings.label),
          make('input', { id: 'q', type: 'text', placeholder: strings.placeholder, enterkeyhint: 'send', autocapitalize: 'off', spellcheck: 'false', 'aria-describedby': 'note' }),
          make('button', null, strings.send)),
        make('ul.suggestions', { id: 'suggestions', 'aria-label': strings.suggestions, role: 'listbox', hidden: true })),
      make('p.unseen', { id: 'announcer', role: 'status', 'aria-live': 'polite' }));
  }

  #listen(signal) {
    this.element.addEventListener('click', ({ target }) => {
      const tool = target.closest('[data-do]')?.dataset.do;
      if (tool === 'close') this.close();
      if (tool === 'clear') this.#clear();
    }, { signal });
    this.frame.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing && event.keyCode !== 229) this.close();
    }, { signal });
    this.element.addEventListener('cancel', (event) => { event.preventDefault(); this.close(); }, { signal });   // a phone's way back
    visualViewport?.addEventListener('resize', () => this.#fit(), { signal });
    FULL_SCREEN.addEventListener('change', () => { if (this.element.open) this.show(); }, { signal });
    addEventListener('beforeprint', () => { if (this.element.open) this.#printAlone(); }, { signal });
    signal.addEventListener('abort', () => this.#releasePage());
  }

  #clear() {
    this.chat.keepUpTo(-1);
    this.memory.forget();
    this.#part('q').focus();
  }

  // ---- full screen, on phones

  #holdPage() {
    this.held ??= document.documentElement.style.overflow;
    document.documentElement.style.overflow = 'hidden';
  }

  #releasePage() {
    if (this.held === undefined) return;
    document.documentElement.style.overflow = this.held;
    this.held = undefined;
  }

  // A phone's keyboard no longer shrinks the page, only what is seen of it.
  #fit() {
    const height = visualViewport?.height ?? innerHeight;
    this.frame.style.setProperty('--seen', `${height}px`);
  }

  // ---- printing: the conversation, all of it, and nothing of the page around it

  #printAlone() {
    const host = this.frame.getRootNode().host, alone = new CSSStyleSheet();
    alone.replaceSync(`@media print { body > :not(${host.localName}) { display: none !important } }`);
    document.adoptedStyleSheets.push(alone);
    host.matches(':popover-open') && host.hidePopover();
    addEventListener('afterprint', () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== alone);
      host.showPopover?.();
    }, { once: true });
  }
}
