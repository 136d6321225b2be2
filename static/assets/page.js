// The page works without this file: it only spares the visitor the reload and keeps the earlier turns in view.
const SHOW_WAITING_AFTER = 300, GIVE_UP_AFTER = 8000, SPOKEN_FOR = 1500;
const byId = (id) => document.getElementById(id);
const main = byId('main'), log = byId('log'), form = byId('ask'), input = byId('q'), note = byId('note');
const announcer = byId('announcer'), context = form.elements.c;
let running = null;   // the AbortController of the question under way
let composing = false;

// ---- turns: the log holds articles numbered in the order of the history entries that show them

const turns = () => [...log.querySelectorAll('.turn')];
const number = (turn) => Number(turn.dataset.turn);
const lastTurn = () => Math.max(-1, ...turns().filter((turn) => !turn.matches('.unfinished')).map(number));

function keepUpTo(last) {
  turns().filter((turn) => number(turn) > last).forEach((turn) => turn.remove());
  settle();
}

function place(at, turn) {
  const focused = document.activeElement;
  turns().filter((old) => number(old) >= at).forEach((old) => old.remove());
  turn.dataset.turn = at;
  log.append(turn);
  settle();
  // What was pressed may be gone now (an opener, a retry button): keep the keyboard's place in the log.
  if (focused !== document.body && !focused?.getClientRects().length) log.focus({ preventScroll: true });
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  turn.scrollIntoView({ behavior: still ? 'auto' : 'smooth', block: 'start' });
}

function settle() {
  const shown = turns();
  main.classList.toggle('empty', !shown.length);
  document.title = shown[shown.length - 1]?.dataset.title ?? document.querySelector('h1').textContent;
  context.value = shown.filter((turn) => turn.dataset.context !== undefined).pop()?.dataset.context ?? '';
  context.disabled = !context.value;
}

function fromTemplate(id, question) {
  const turn = byId(id).content.firstElementChild.cloneNode(true);
  turn.querySelector('.question').textContent = question;
  return turn;
}

// ---- speaking: the log is silent, this region says the answer's plain text once and forgets it

function announce(text) {
  announcer.textContent = text;
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => { announcer.textContent = ''; }, SPOKEN_FOR);
}

// Each part ends in a stop, so that it is read with a pause.
const spoken = (turn) => [...turn.querySelectorAll('[data-say]')]
  .map((part) => part.innerText.trim().replace(/\s*\n\s*/g, ' ').replace(/[^。？！]$/, '$&。')).join('');

// ---- asking

async function ask(url, at = lastTurn() + 1, remember = true) {
  running?.abort();
  const request = running = new AbortController();
  const question = new URL(url).searchParams.get('q');
  let late = false;
  const waiting = setTimeout(() => place(at, fromTemplate('waiting', question)), SHOW_WAITING_AFTER);
  const giveUp = setTimeout(() => { late = true; request.abort(); }, GIVE_UP_AFTER);
  complain('');
  try {
    const response = await fetch(url, { headers: { Accept: 'text/html' }, signal: request.signal });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const turn = page.querySelector('article[data-turn]');
    const refused = page.getElementById('note')?.textContent.trim();
    if (request !== running) return;
    clearTimeout(waiting);
    if (!turn && refused) {
      keepUpTo(at - 1);
      return complain(refused);
    }
    if (!turn) throw response;
    turn.dataset.title = page.title;
    if (remember) history.pushState({ turn: at }, '', url);
    place(at, document.adoptNode(turn));
    if (input.value.trim() === question) input.value = '';
    announce(spoken(turn));
  } catch (problem) {
    if (request === running) fail(url, at, remember, question, reason(problem, late));
  } finally {
    clearTimeout(waiting);
    clearTimeout(giveUp);
  }
}

function reason(problem, late) {
  if (late) return '等了 8 秒还没有回应，可能是网络慢，也可能是我们这边忙。';
  if (!navigator.onLine) return '现在没有网络。您的问题还在，连上网后会自动再问一次。';
  if (problem.status === 429) return `问得有点快了，请 ${problem.headers.get('Retry-After') || '几'} 秒后再问。`;
  return '没有连上服务，请稍后再问一次。';
}

function fail(url, at, remember, question, text) {
  const turn = fromTemplate('failed', question);
  const retry = () => { if (turn.isConnected) ask(url, at, remember); };
  turn.querySelector('.failed p').textContent = text;
  turn.querySelector('button').addEventListener('click', retry);
  if (!navigator.onLine) addEventListener('online', retry, { once: true });
  place(at, turn);
  announce(text);
}

function complain(text) {
  note.textContent = text;
  input.setAttribute('aria-invalid', Boolean(text));
}

function tooLong() {
  // Counted in characters, as the server does; the input's own maxlength would cut a pasted question silently.
  const length = [...input.value.trim()].length, most = Number(input.dataset.max);
  return most && length > most ? `问题最长 ${most} 个字，现在是 ${length} 个字。` : '';
}

// ---- the visitor

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const question = input.value.trim();
  if (!question) return input.focus();
  if (tooLong()) return complain(tooLong());
  const url = new URL(form.action);
  url.searchParams.set('q', question);
  if (context.value) url.searchParams.set('c', context.value);
  if (matchMedia('(hover: none)').matches) input.blur();   // the phone's keyboard would cover the answer
  ask(url.href);
});

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-ask]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  ask(link.href);
});

// The Enter that confirms an IME candidate must not send. Chrome says isComposing, Safari says 229 after
// compositionend; the flag holds until the end of the task for those that say neither.
input.addEventListener('compositionstart', () => { composing = true; });
input.addEventListener('compositionend', () => setTimeout(() => { composing = false; }));
input.addEventListener('keydown', (event) => {
  const toIme = composing || event.isComposing || event.keyCode === 229;
  if (event.key === 'Enter' && toIme) event.preventDefault();
  if (event.key === 'Escape' && !toIme) { input.value = ''; complain(''); }
});
input.addEventListener('input', () => { if (note.textContent) complain(tooLong()); });

document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest('input, textarea, select, [contenteditable]')) return;
  event.preventDefault();
  input.focus();
});

// ---- history: going back keeps the turns up to that entry; one that is no longer in the log is asked again

addEventListener('popstate', () => {
  if (!history.state) return history.replaceState({ turn: lastTurn() }, '');   // a jump to #q, not another turn
  const { turn } = history.state;
  running?.abort();
  running = null;
  keepUpTo(turn);
  if (turn > lastTurn()) return ask(location.href, turn, false);
  turns().pop()?.scrollIntoView({ block: 'start' });
});

const first = turns()[0];
const starts = history.state?.turn ?? (first ? 0 : -1);
if (first) Object.assign(first.dataset, { turn: starts, title: document.title });
history.replaceState({ turn: starts }, '');
