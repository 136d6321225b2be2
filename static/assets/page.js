// The page works without this file: it spares the visitor the reload, keeps the earlier turns in view, and suggests.
// panel.js is the conversation, joined with the widget's panel.
import { Chat, Service, address } from './panel.js';

const byId = (id) => document.getElementById(id);
const { turn: first, contact, longest, name } = JSON.parse(byId('state').textContent);
const main = byId('main'), log = byId('log'), input = byId('q');
const strings = await (await fetch(new URL('strings/zh-CN.json', import.meta.url))).json();

const chat = new Chat(document, {
  service: new Service(new URL('/', location)), strings, contact, longest,
  scroller: document.scrollingElement,
  changed() {
    main.classList.toggle('empty', !log.children.length);
    const question = chat.turns.at(-1)?.question;
    document.title = question ? `${[...question].slice(0, 40).join('')} · ${name}` : name;
  },
  asked(turn, again) {
    if (!again) history.pushState(entryOf(turn), '', address(chat.service.root, turn.question, turn.before));
  },
  voted() {},
});

// ---- history: going back keeps the turns up to that entry; one that is no longer in the log is asked again

const entryOf = ({ at, question, before }) => ({ at, question, before });

addEventListener('popstate', ({ state }) => {
  if (!state) return history.replaceState(entryOf(chat.turns.at(-1) ?? { at: -1 }), '');   // a jump to #q, not another turn
  chat.keepUpTo(state.at);
  if (state.question && state.at > (chat.turns.at(-1)?.at ?? -1)) chat.ask(state.question, { ...state, again: true });
  else chat.turns.at(-1)?.element.scrollIntoView({ block: 'start' });
});

if (first) chat.show({ ...first, at: history.state?.at ?? 0, element: log.querySelector('.turn') });
history.replaceState(entryOf(chat.turns.at(-1) ?? { at: -1 }), '');

// ---- the keyboard

addEventListener('keydown', (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  const find = (ctrlKey || metaKey) && key.toLowerCase() === 'k' && !altKey;
  const slash = key === '/' && !ctrlKey && !metaKey && !altKey && !target.closest('input, textarea, select, [contenteditable]');
  if (find || slash) {
    event.preventDefault();
    input.focus();
  }
});
input.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.isComposing && event.keyCode !== 229 && !event.defaultPrevented) input.value = '';
});

document.body.classList.add('live');
