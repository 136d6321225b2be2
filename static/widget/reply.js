// Draw a turn: the question and the reply's card. The server draws the same ones (static/pages/_reply.html).
import { make, fill } from './element.js';

const SURE = 0.85, FAIRLY_SURE = 0.65, TOO_LITTLE_TO_LIST = 0.005;
// Addresses and numbers that a tap may follow: the web over TLS, mail, telephones of mainland China.
const LINKS = /https:\/\/[\w./?#=&%~:@+\-]*[\w/#=&%]|[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+|(?<!\d)(?:400-?\d{3}-?\d{4}|0\d{2,3}-\d{7,8}|1[3-9]\d{9}|12\d{3})(?!\d)/g;

export const address = (root, question, before) => {
  const url = new URL(root);
  url.searchParams.set('q', question);
  if (before) url.searchParams.set('c', JSON.stringify(before));
  return url.href;
};

export function drawTurn({ question, before, reply }, view) {
  return make('article.turn', null, heading(question, view),
    reply.say ? [make('p.say', { 'data-say': true }, reply.say), others(view.strings.near, reply.alternatives, view)]
      : make(`div.card.${reply.outcome}`, null, ...preface(question, before, reply, view), ...OUTCOMES[reply.outcome](question, reply, view)));
}

export function drawWaiting(question, view) {
  return make('article.turn.unfinished', null, heading(question, view), make('div.card.waiting', null,
    view.strings.waiting, make('button', { type: 'button', 'data-do': 'cancel' }, view.strings.cancel)));
}

export function drawFailed(question, reason, view) {
  return make('article.turn.unfinished', null, heading(question, view), make('div.card.failed', null,
    make('p', null, reason), make('button', { type: 'button', 'data-do': 'retry' }, view.strings.retry)));
}

export function drawReasons(view) {
  return make('div.reasons', { role: 'group', 'aria-label': view.strings.reasons_title },
    make('p', null, view.strings.reasons_title),
    Object.entries(view.strings.reasons).map(([reason, text]) =>
      make('button', { type: 'button', 'data-reason': reason, 'aria-pressed': 'false' }, text)));
}

export const plainText = ({ question, reply }, root) => [
  reply.entry?.question ?? question, reply.answer?.notice, reply.answer?.text, permalink(reply, root),
].filter(Boolean).join('\n');

const permalink = (reply, root) => reply.entry && new URL(`q/${reply.entry.id}`, root).href;

const heading = (question, { strings }) =>
  make('h2.question', null, make('span.unseen', null, strings.you_asked), question);

const OUTCOMES = {
  answered: (question, reply, view) => [
    head(reply, view.strings.understood, reply.entry.question, view),
    facets(reply.entry.facets),
    reply.answer.notice && make('p.notice', { 'data-say': true }, reply.answer.notice),
    text(reply.answer.segments, view),
    provenance(reply, view),
    actions(reply, view),
    why(reply, view),
    others(view.strings.related, reply.alternatives, view),
  ],
  clarify: (question, reply, view) => [
    head(reply, view.strings.clarify, reply.clarify.prompt, view),
    make('ul.options', null, reply.clarify.options.map((option) => make('li', null,
      make(`a.${option.answered ? 'has' : 'lacks'}`, { href: address(view.root, option.label, reply.context), 'data-ask': true },
        option.label, !option.answered && [' ', make('small', null, view.strings.lacks)])))),
    why(reply, view),
    others(view.strings.directly, reply.alternatives, view),
  ],
  listed_unanswered: (question, reply, view) => [
    head(reply, '', view.strings.listed_unanswered, view),
    make('p.listed', { 'data-say': true }, reply.entry.question),
    facets(reply.entry.facets),
    isWeb(reply.entry.url) && make('p.go', null, out(reply.entry.url, view.strings.original, view)),
    person(view),
    actions(reply, view),
    why(reply, view),
    others(view.strings.near_answered, reply.alternatives.filter(({ entry }) => entry.answered), view),
  ],
  no_match: (question, reply, view) => [
    head(reply, '', reply.explanation.rule === 'subject_alone' ? view.strings.subject_alone : view.strings.no_match, view),
    make('p.reason', { 'data-say': true }, reply.explanation.sentence),
    person(view),
    actions(reply, view),
    others(view.strings.meant, reply.alternatives, view, view.strings.not_answers),
  ],
};

function preface(question, before, { explanation }, { root, strings }) {
  const terms = [...new Set(explanation.repairs.map(([, right]) => right))];
  const without = (name) => ({ ...before, facets: Object.fromEntries(Object.entries(before?.facets ?? {}).filter(([other]) => other !== name)) });
  const carried = Object.entries(explanation.carried);
  return [
    terms.length > 0 && make('p.repaired', { 'data-say': true },
      fill(strings.repaired, { terms: terms.map((term) => fill(strings.quoted, { term })).join('') })),
    explanation.part && make('p.repaired', { 'data-say': true }, fill(strings.part, explanation)),
    carried.length > 0 && make('p.carried', null, strings.carried, carried.map(([name, value]) =>
      make('a', { href: address(root, question, without(name)), 'data-ask': true },
        make('span', null, value), make('span.unseen', null, strings.drop), make('span', { 'aria-hidden': 'true' }, ' ×')))),
  ];
}

const head = (reply, label, text, { strings }) => make('header.head', null,
  make('span.seal', { 'aria-hidden': 'true' }, strings.seals[reply.outcome]),
  make('h3', { 'data-say': true }, label && [make('small', null, label), ' '], text));

const facets = (values) => Object.keys(values).length > 0 &&
  make('p.facets', null, Object.values(values).map((value) => make('span', null, value)));

// Segments know nothing of lines: cut them at newlines first, so that a mark may run over several.
function text(segments, view) {
  const lines = [[]];
  for (const [piece, marked] of segments) {
    piece.split('\n').forEach((part, at) => {
      if (at) lines.push([]);
      if (part.trim() || lines.at(-1).length) lines.at(-1).push([part, marked]);
    });
  }
  const shown = make('div.text', { 'data-say': true });
  for (const line of lines.filter((parts) => parts.length)) {
    const item = line[0][0].startsWith('- ');
    if (item) line[0] = [line[0][0].slice(2), line[0][1]];
    const drawn = make(item ? 'li' : 'p', null, line.map(([part, marked]) =>
      (marked && part.trim() ? make('mark', null, linked(part)) : linked(part))));
    if (!item) shown.append(drawn);
    else if (shown.lastElementChild?.localName === 'ul') shown.lastElementChild.append(drawn);
    else shown.append(make('ul', null, drawn));
  }
  return shown;
}

function linked(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINKS)) {
    const scheme = found.startsWith('https:') ? '' : found.includes('@') ? 'mailto:' : 'tel:';
    parts.push(text.slice(end, index), make('a', { href: scheme + found, rel: 'noopener' }, found));
    end = index + found.length;
  }
  return [...parts, text.slice(end)];
}

const isWeb = (url) => url?.toLowerCase().startsWith('https://');

const out = (url, text, { strings }) => (isWeb(url)
  ? make('a.out', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text, make('span.unseen', null, strings.new_window)) : text);

function provenance({ answer, confidence, entry }, view) {
  const { strings } = view, { source } = answer;
  const sure = confidence >= SURE ? strings.high : confidence >= FAIRLY_SURE ? strings.medium : strings.low;
  return make('dl.slip', null,
    (source.url || source.section || source.title !== entry.question) && row(strings.source, [out(source.url, source.title, view), source.section && ` · ${source.section}`]),
    row(strings.basis, answer.basis),
    row(strings.reviewed, answer.reviewed_on && make('time', { datetime: answer.reviewed_on }, answer.reviewed_on)),
    row(strings.confidence, sure));
}

const row = (name, value) => value && value.length !== 0 && make('div', null, make('dt', null, name), make('dd', null, value));

function actions(reply, { root, strings }) {
  const thumb = (rating) => make('button', { name: 'rating', value: rating, 'aria-pressed': 'false' }, strings[rating]);
  const tool = (name) => make('button', { type: 'button', 'data-do': name }, strings[name]);
  return make('div.actions', null,
    make('form.vote', { action: new URL('feedback', root).href, method: 'post' },
      make('input', { type: 'hidden', name: 'answer', value: reply.answer_id }), thumb('up'), thumb('down')),
    reply.answer && [tool('copy'), make('a', { href: permalink(reply, root) }, strings.link), tool('print')]);
}

function why(reply, { strings }) {
  const { explanation } = reply, source = reply.answer?.source;
  return make('details.why', null, make('summary', null, strings.why[reply.outcome]),
    explanation.sentence && make('p', null, explanation.sentence),
    explanation.matched.length > 0 && make('table', null,
      make('thead', null, make('tr', null, ['asked_word', 'met', 'rule', 'share'].map((name) => make('th', { scope: 'col' }, strings[name])))),
      make('tbody', null, explanation.matched.filter(([, , , share]) => share >= TOO_LITTLE_TO_LIST).map(([word, met, rule, share]) =>
        make('tr', null, make('td', null, word), make('td', null, met), make('td', null, strings.rules[rule] ?? rule),
          make('td', null, share.toFixed(2)))))),
    make('dl.slip', null,
      Object.entries(explanation.facets).map(([name, value]) => row(strings.facets[name] ?? name, value)),
      row(strings.runner_up, explanation.runner_up),
      row(strings.unused, explanation.unused.join(strings.joined)),
      row(strings.file, source?.file && [source.file, source.line && ` ${fill(strings.line, source)}`])));
}

const others = (title, hits, { root, strings }, remark) => hits.length > 0 && make('section.others', null,
  make('h4', null, title), remark && make('p', null, remark),
  make('ul.asks', null, hits.map(({ entry }) => make('li', null,
    make(`a.${entry.answered ? 'has' : 'lacks'}`, { href: address(root, entry.question), 'data-ask': true },
      make('span', null, entry.question), ' ', make('small', null, entry.answered ? strings.has : strings.lacks))))));

const person = ({ contact, strings }) => contact && make('p.person', null, strings.person, linked(contact));
