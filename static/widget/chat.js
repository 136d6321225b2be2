// Hold a conversation: what was asked, what came back, what the next question builds on. The page and the panel
// differ in the frame around it and in where turns are remembered.
import { fill } from './element.js';
import { drawFailed, drawReasons, drawTurn, drawWaiting, plainText } from './reply.js';
import { Suggestions } from './suggestions.js';

const SHOW_WAITING_AFTER = 300, SPOKEN_FOR = 1500;
const stillness = matchMedia('(prefers-reduced-motion: reduce)');

export class Chat {
  turns = [];        // { at, question, before, reply, vote, element }, in the order asked
  #running = null;   // the AbortController of the question under way
  #composing = false;

  // root: the document or shadow root with #log, #ask, #q, #suggestions, #note and #announcer; scroller: what scrolls.
  // changed(): the turns are others now; asked(turn): a reply came; voted(turn): it was rated.
  constructor(root, { service, strings, contact, longest, session, scroller, changed, asked, voted, signal }) {
    Object.assign(this, { service, strings, longest, session, scroller, changed, asked, voted, signal });
    this.view = { root: service.root, strings, contact };
    for (const id of ['log', 'ask', 'q', 'note', 'announcer']) this[`$${id}`] = root.getElementById(id);
    this.suggestions = new Suggestions({
      input: this.$q, list: root.getElementById('suggestions'), strings, signal,
      fetch: (text, stop) => service.suggest(text, stop), choose: (question) => this.ask(this.$q.value = question),
    });
    this.#listen(root);
  }

  get context() { return this.turns.at(-1)?.reply.context; }

  async ask(question, { before, at = (this.turns.at(-1)?.at ?? -1) + 1, again = false } = {}) {
    this.#running?.abort();
    const request = this.#running = new AbortController();
    const waiting = setTimeout(() => this.#place(drawWaiting(question, this.view), at), SHOW_WAITING_AFTER);
    this.suggestions.close();
    this.#complain('');
    try {
      const reply = await this.#answer(question, before, request.signal);
      if (request !== this.#running) return;
      const turn = { at, question, before, reply };
      this.show(turn);
      if (this.$q.value.trim() === question) this.$q.value = '';
      this.#announce(spoken(turn.element));
      this.asked(turn, again);
    } catch (error) {
      if (request !== this.#running) return;
      if (!error.kind) throw error;
      if (error.kind !== 'cancelled') this.#fail(error, question, { before, at, again });
      else this.keepUpTo(at - 1);
    } finally {
      clearTimeout(waiting);
    }
  }

  // Put a turn at the end of the log; without an element of its own it is drawn.
  show(turn) {
    turn.element ??= drawTurn(turn, this.view);
    this.turns = [...this.turns.filter(({ at }) => at < turn.at), turn];
    this.#place(turn.element, turn.at);
    this.#drawVote(turn);
    this.changed();
  }

  keepUpTo(last) {
    this.#running?.abort();
    this.#running = null;
    this.turns = this.turns.filter(({ at }) => at <= last);
    this.#clean();
    this.$log.querySelectorAll('[aria-disabled]').forEach((link) => link.removeAttribute('aria-disabled'));
    this.changed();
  }

  // A context that names what a newer release no longer has is refused: then nothing was said before.
  async #answer(question, context, signal) {
    const body = { question, session_id: this.session, top: 4 };
    try {
      return await this.service.answer({ ...body, context }, signal);
    } catch (error) {
      if (!error.pointers?.some((pointer) => pointer.startsWith('#/context'))) throw error;
      return this.service.answer(body, signal);
    }
  }

  #fail(error, question, how) {
    const text = fill(this.strings[error.kind] ?? this.strings.failed, error);
    const failed = drawFailed(question, text, this.view), button = failed.querySelector('button');
    const retry = () => { if (failed.isConnected) this.ask(question, how); };
    button.addEventListener('click', () => { if (!button.disabled) retry(); });
    if (error.seconds) {
      button.disabled = true;
      setTimeout(() => { button.disabled = false; }, error.seconds * 1000);
    }
    if (error.kind === 'offline') addEventListener('online', retry, { once: true, signal: this.signal });
    this.$q.value ||= question;
    this.#place(failed, how.at);
    this.#announce(text);
  }

  // ---- the log

  #clean() {
    const kept = this.turns.map(({ element }) => element);
    [...this.$log.children].forEach((child) => kept.includes(child) || child.remove());
  }

  #place(element, at) {
    const root = this.$log.getRootNode(), focused = root.activeElement;
    this.turns = this.turns.filter((turn) => turn.at < at || turn.element === element);
    this.#clean();
    if (element.isConnected) return;   // the server drew it, where the visitor already reads
    this.$log.append(element);
    this.changed();
    // What was pressed may be gone now (an opener, a retry button): keep the keyboard's place in the log.
    if (focused && focused !== document.body && !focused.getClientRects().length) this.$log.focus({ preventScroll: true });
    const edge = this.scroller === document.scrollingElement ? 0 : this.scroller.getBoundingClientRect().top;
    this.scroller.scrollBy({ top: element.getBoundingClientRect().top - edge - 12, behavior: stillness.matches ? 'auto' : 'smooth' });
  }

  // The log is silent; this region says an answer's plain text once and forgets it.
  #announce(text) {
    this.$announcer.textContent = text;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => { this.$announcer.textContent = ''; }, SPOKEN_FOR);
  }

  #complain(text) {
    this.$note.textContent = text;
    this.$q.setAttribute('aria-invalid', Boolean(text));
  }

  // Counted in characters, as the server does; the input's own maxlength would cut a pasted question silently.
  #tooLong(question) {
    const length = [...question].length, most = this.longest;
    return length > most ? fill(this.strings.too_long, { most, length }) : '';
  }

  // ---- the visitor

  #listen(root) {
    const { signal } = this, on = (target, type, act) => target.addEventListener(type, act, { signal });
    on(this.$ask, 'submit', (event) => this.#submit(event));
    on(this.$log, 'submit', (event) => this.#vote(event));
    on(root, 'click', (event) => this.#click(event));
    // The Enter that confirms an IME candidate must not send. Chrome says isComposing, Safari says 229 after
    // compositionend; the flag holds until the end of the task for those that say neither.
    on(this.$q, 'compositionstart', () => { this.#composing = true; });
    on(this.$q, 'compositionend', () => setTimeout(() => { this.#composing = false; }));
    on(this.$q, 'keydown', (event) => {
      if (!this.#composing && !event.isComposing && event.keyCode !== 229) this.suggestions.key(event);
      else if (event.key === 'Enter') event.preventDefault();
    });
    on(this.$q, 'input', () => { if (this.$note.textContent) this.#complain(this.#tooLong(this.$q.value.trim())); });
  }

  #submit(event) {
    event.preventDefault();
    const question = this.$q.value.trim();
    if (this.#composing) return;
    if (!question) return this.$q.focus();
    if (this.#tooLong(question)) return this.#complain(this.#tooLong(question));
    if (matchMedia('(hover: none)').matches) this.$q.blur();   // the phone's keyboard would cover the answer
    this.ask(question, { before: this.context });
  }

  #click(event) {
    const target = event.target.closest('a[data-ask], [data-do], [data-reason]');
    if (!target) return;
    const { ask, do: tool, reason } = target.dataset;
    if (ask !== undefined) this.#follow(event, target);
    else if (tool === 'cancel') this.#running?.abort();
    else if (tool === 'copy') this.#copy(target);
    else if (tool === 'print') print();
    else if (reason) this.#because(target, reason);
  }

  // A question that is a link: its address holds what was said before.
  #follow(event, link) {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (link.getAttribute('aria-disabled')) return;
    const query = new URL(link.href).searchParams, before = query.get('c');
    link.closest('.options')?.querySelectorAll('a').forEach((option) => option.setAttribute('aria-disabled', true));
    link.closest('.options') && link.setAttribute('aria-current', true);
    this.ask(query.get('q'), { before: before ? JSON.parse(before) : undefined });
  }

  // ---- the vote: pressing again takes it back

  #turnOf = (part) => this.turns.find(({ element }) => element.contains(part));

  async #vote(event) {
    event.preventDefault();
    const turn = this.#turnOf(event.target), rating = event.submitter.value;
    const vote = turn.vote?.rating === rating ? null : { rating, reasons: [] };
    await this.#keepVote(turn, vote, vote ? this.strings.thanks : this.strings.withdrawn);
  }

  #because(button, reason) {
    const turn = this.#turnOf(button), { rating, reasons } = turn.vote;
    const others = reasons.filter((other) => other !== reason);
    return this.#keepVote(turn, { rating, reasons: others.length < reasons.length ? others : [...reasons, reason] }, this.strings.thanks);
  }

  async #keepVote(turn, vote, said) {
    const before = turn.vote, id = turn.reply.answer_id;
    turn.vote = vote;
    this.#drawVote(turn);
    try {
      await (vote ? this.service.rate(id, vote.rating, vote.reasons) : this.service.withdraw(id));
      this.#announce(said);
      this.voted(turn);
    } catch {
      turn.vote = before;
      this.#drawVote(turn);
      this.#complain(this.strings.not_kept);
    }
  }

  #drawVote({ element, vote }) {
    const form = element.querySelector('.vote');
    if (!form) return;
    form.querySelectorAll('button').forEach((thumb) => thumb.setAttribute('aria-pressed', thumb.value === vote?.rating));
    let reasons = element.querySelector('.reasons');
    if (vote?.rating !== 'down') return reasons?.remove();
    if (!reasons) form.parentNode.after(reasons = drawReasons(this.view));
    reasons.querySelectorAll('button').forEach((button) => button.setAttribute('aria-pressed', vote.reasons.includes(button.dataset.reason)));
  }

  // ---- taking an answer along

  async #copy(button) {
    const text = plainText(this.#turnOf(button), this.service.root);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyOldWay(text, button);   // a page without TLS, or an app's own browser
    }
    const said = button.textContent;
    button.textContent = this.strings.copied;
    setTimeout(() => { button.textContent = said; }, SPOKEN_FOR);
    this.#announce(this.strings.copied);
  }
}

// Each part ends in a stop, so that it is read with a pause.
const spoken = (element) => [...element.querySelectorAll('[data-say]')]
  .map((part) => part.innerText.trim().replace(/\s*\n\s*/g, ' ').replace(/[^。？！]$/, '$&。')).join('');

function copyOldWay(text, beside) {
  const area = Object.assign(document.createElement('textarea'), { value: text, className: 'unseen' });
  beside.after(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  beside.focus();
}
