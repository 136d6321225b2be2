// Talk to the bot's JSON endpoint. Every failure is a ServiceError whose kind says what a visitor can do.
const GIVE_UP_AFTER = 8000, JITTER = [300, 900];

export class ServiceError extends Error {
  constructor(kind, { seconds = 0, pointers = [] } = {}) {
    super(kind);
    Object.assign(this, { kind, seconds, pointers });
  }
}

export class Service {
  constructor(root) { this.root = root; }

  config() { return this.#ask('config', {}); }

  async suggest(text, signal) {
    const query = new URLSearchParams({ q: text, limit: 6 });
    return (await this.#ask(`suggest?${query}`, { signal })).suggestions;
  }

  // A server that fails once may have been restarting: ask again, not all visitors at the same moment.
  async answer(body, signal) {
    try {
      return await this.#send('POST', 'answers', body, signal);
    } catch (error) {
      if (error.kind !== 'broken') throw error;
      await new Promise((resolve) => setTimeout(resolve, JITTER[0] + Math.random() * (JITTER[1] - JITTER[0])));
      return this.#send('POST', 'answers', body, signal);
    }
  }

  rate(answer, rating, reasons) { return this.#send('PUT', `answers/${answer}/feedback`, { rating, reasons, comment: '' }); }

  withdraw(answer) { return this.#ask(`answers/${answer}/feedback`, { method: 'DELETE' }); }

  #send(method, path, body, signal) {
    return this.#ask(path, { method, signal, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  }

  async #ask(path, { signal, ...options }) {
    const stop = new AbortController();
    let late = false;
    const timer = setTimeout(() => { late = true; stop.abort(); }, GIVE_UP_AFTER);
    signal?.addEventListener('abort', () => stop.abort(), { once: true });
    try {
      const response = await fetch(new URL(`api/v1/${path}`, this.root), { ...options, credentials: 'omit', signal: stop.signal });
      if (response.ok) return response.status === 204 ? null : await response.json();
      throw await refusal(response);
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      if (late) throw new ServiceError('late');
      if (signal?.aborted) throw new ServiceError('cancelled');
      throw new ServiceError(navigator.onLine ? 'failed' : 'offline');
    } finally {
      clearTimeout(timer);
    }
  }
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  if (response.status === 429) return new ServiceError('busy', { seconds: Number(response.headers.get('Retry-After')) || 5 });
  if (response.status === 422) return new ServiceError('invalid', { pointers: (problem.errors ?? []).map(({ pointer }) => pointer) });
  return new ServiceError(response.status >= 500 ? 'broken' : 'failed');
}
