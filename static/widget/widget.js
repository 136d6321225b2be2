// The launcher: one button in the corner of a site. The panel behind it is loaded when a visitor reaches for it.
// docs/widget.md says how to embed it; /embed-test says why nothing shows.
(() => {
  const script = document.currentScript, waiting = window.FaqWidget;
  if (waiting?.destroy) return;
  const versioned = /\/widget\/[^/]+\/widget\.js/.test(script.src);
  const root = new URL(versioned ? '../../' : '.', script.src).href;
  const files = new URL(versioned ? '.' : 'widget/latest/', script.src);
  const { position, theme, lang, accent, offsetX, offsetY, launcher } = script.dataset;
  const language = /^zh-(tw|hk|mo|hant)/i.test(lang ?? document.documentElement.lang) ? 'zh-TW'
    : /^en/i.test(lang ?? document.documentElement.lang) ? 'en' : 'zh-CN';
  const label = { 'zh-CN': '提问', 'zh-TW': '提問', en: 'Ask' }[language];
  const trouble = { 'zh-CN': '问答暂时打不开，请稍后再试', 'zh-TW': '問答暫時打不開，請稍後再試', en: 'This could not be opened; please try again later' }[language];

  const STYLE = `
    :host { all: initial !important; display: block !important; position: fixed !important; inset: 0 auto auto 0 !important;
      width: 0 !important; height: 0 !important; overflow: visible !important; border: 0 !important; padding: 0 !important;
      margin: 0 !important; background: none !important; z-index: 2147483647 !important; }
    .frame { position: fixed; bottom: var(--y); right: var(--x); z-index: 1; color-scheme: light dark;
      font: medium/1.6 "PingFang SC", "HarmonyOS Sans SC", MiSans, "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif; }
    .frame.left { right: auto; left: var(--x); }
    .launcher { display: flex; align-items: center; gap: .5em; min-width: 56px; min-height: 56px; padding: 0 1.25em; cursor: pointer; font: inherit;
      font-weight: 600; color: var(--on-accent, #fff); background: var(--accent, #14594d); border: 1px solid #ffffff80; border-radius: 28px; box-shadow: 0 2px 12px #0004; }
    .launcher:hover { filter: brightness(1.12); }
    .launcher:focus-visible { outline: 3px solid var(--accent, #14594d); outline-offset: 3px; }
    .launcher svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }
    .trouble { margin: 0 0 12px; padding: .75em 1em; max-width: 18em; color: #17211f; background: #fff; border: 1px solid #56635f; border-radius: 12px; }
    [hidden] { display: none; }
    @media (forced-colors: active) { .launcher { border-color: ButtonText; } }
    @media print { .launcher, .trouble { display: none; } }`;

  const stop = new AbortController(), { signal } = stop, listeners = {};
  const host = document.createElement('faq-widget'), shadow = host.attachShadow({ mode: 'open' });
  const frame = document.createElement('div'), button = document.createElement('button');
  const ready = new Promise((resolve) => {
    if (document.body) resolve();
    else document.addEventListener('DOMContentLoaded', resolve, { once: true });
  }).then(() => {
    draw();
    emit('ready');
  });
  let loading = null, panel = null, opened = false, blocked = '';

  const emit = (name, detail) => [...listeners[name] ?? []].forEach((listener) => listener(detail));

  function draw() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    host.lang = language;
    frame.className = `frame ${position === 'left' ? 'left' : ''}`;
    frame.style.setProperty('--x', `${parseFloat(offsetX) || 20}px`);
    frame.style.setProperty('--y', `${parseFloat(offsetY) || 20}px`);
    if (['light', 'dark'].includes(theme)) frame.style.colorScheme = theme;
    button.type = 'button';
    button.className = 'launcher';
    button.hidden = Boolean(launcher);
    button.setAttribute('aria-haspopup', 'dialog');
    button.append(bubble(), label);
    frame.append(button);
    shadow.append(frame);
    document.body.append(host);
    if (accent) paint(accent);
    host.popover = 'manual';
    host.showPopover?.();
    setOpened(false);
  }

  function bubble() {
    const draw = (name, attributes, parent) => {
      const drawn = parent.appendChild(document.createElementNS('http://www.w3.org/2000/svg', name));
      for (const key in attributes) drawn.setAttribute(key, attributes[key]);
      return drawn;
    };
    const svg = draw('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, document.createDocumentFragment());
    draw('path', { d: 'M4 5h16v11H11l-4 4v-4H4zM8 9h8M8 12h5' }, svg);
    return svg;
  }

  // An owner's colour carries white or black letters, whichever stands out more.
  function paint(colour) {
    frame.style.color = colour;
    const computed = getComputedStyle(frame).color, known = frame.style.color && computed.startsWith('rgb');
    frame.style.color = '';
    if (!known) return console.warn(`FaqWidget: data-accent="${colour}" is not a colour; write it as #14594d`);
    const [red, green, blue] = computed.match(/[\d.]+/g).map((part) => (part / 255) ** 2.2);
    frame.style.setProperty('--accent', colour);
    frame.style.setProperty('--on-accent', 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? '#000' : '#fff');
  }

  // Loaded once; what failed is tried again at the next reach.
  const load = () => loading ??= import(new URL('panel.js', files))
    .then(({ openPanel }) => openPanel({ frame, root, lang: language, theme, signal, close, emit }))
    .catch((error) => { loading = null; throw error; });

  async function open({ q } = {}) {
    await ready;
    setOpened(true);
    try {
      panel = await load();
      if (!opened || signal.aborted) return;
      panel.show(q);
      emit('open');
    } catch (error) {
      setOpened(false);
      setTimeout(complain, 100, error);   // a violation of the page's policy is told a little later
    }
  }

  function close() {
    if (!opened) return;
    const inside = document.activeElement === host;
    setOpened(false);
    panel?.hide();
    if (inside) (own() ?? button).focus();
    emit('close');
  }

  const own = () => launcher && document.querySelector(launcher);

  function setOpened(now) {
    opened = now;
    for (const each of [button, own()]) each?.setAttribute('aria-expanded', now);
    frame.classList.toggle('opened', now);
  }

  function complain(error) {
    const why = blocked ? `the page's Content-Security-Policy blocks ${blocked}; it needs script-src and connect-src ${new URL(root).origin}`
      : error.kind ? `${root} cannot be reached, or ${location.origin} is not on its list QA_BOT_ORIGINS` : error.message;
    console.warn(`FaqWidget: ${why}. See ${root}embed-test?site=${encodeURIComponent(location.origin)}`);
    const told = document.createElement('p');
    told.className = 'trouble';
    told.setAttribute('role', 'alert');
    told.textContent = trouble;
    frame.prepend(told);
    setTimeout(() => told.remove(), 6000);
  }

  const on = (target, type, act) => target.addEventListener(type, act, { signal });
  on(document, 'securitypolicyviolation', ({ blockedURI, violatedDirective }) => {
    if (blockedURI.startsWith(new URL(root).origin)) blocked = violatedDirective;
  });
  for (const type of ['pointerenter', 'focus']) on(button, type, () => load().catch(() => {}));
  on(button, 'click', () => api.toggle());
  on(document, 'click', (event) => {
    const asking = event.target.closest?.('[data-faq-q]');
    if (asking || (launcher && event.target.closest?.(launcher))) event.preventDefault();
    if (asking) open({ q: asking.dataset.faqQ });
    else if (launcher && event.target.closest?.(launcher)) api.toggle();
  });

  const api = window.FaqWidget = {
    open: (options) => { open(options); },
    close,
    toggle: () => (opened ? close() : open()),
    destroy: () => {
      stop.abort();
      host.remove();
      own()?.removeAttribute('aria-expanded');
      delete window.FaqWidget;
    },
    on: (name, listener) => {
      (listeners[name] ??= new Set()).add(listener);
      if (name === 'ready' && host.isConnected) listener();
      return () => listeners[name].delete(listener);
    },
  };
  if (Array.isArray(waiting)) waiting.forEach(([name, ...rest]) => api[name](...rest));
})();
