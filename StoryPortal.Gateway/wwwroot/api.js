// How the page asks: with the key, within a time, and with a plain word for whatever went wrong.

const PATIENCE = 10_000;
const SLOT = 'story-portal-key';

/** What went wrong, in a sentence. `kind`: key, scope, busy, hub, gateway or other; `sent`: the key that was refused. */
export class Problem extends Error {
  constructor(kind, message, { retryAfter = 0, sent = null } = {}) {
    super(message);
    Object.assign(this, { kind, retryAfter, sent });
  }
}

export const key = {
  get: () => sessionStorage.getItem(SLOT),
  set: value => sessionStorage.setItem(SLOT, value),
  forget: () => sessionStorage.removeItem(SLOT),
};

/** The JSON at an address of the gateway. */
export async function getJson(path) {
  const response = await ask(path, { signal: AbortSignal.timeout(PATIENCE) });
  try {
    return await response.json();
  } catch {
    throw new Problem('gateway', 'The gateway’s answer broke off.');
  }
}

/** Reads server-sent events and hands on each; returns when the stream has ended. A header holds the key, so it is not an EventSource. */
export async function readEvents(path, lastId, opened, handle) {
  const response = await ask(path, { headers: lastId ? { 'Last-Event-ID': lastId } : {} });
  opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let event = {};
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ done: true }));
    if (done) {
      return;
    }

    const lines = (text + value).split('\n');
    text = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data !== undefined) {
          handle(event);
        }

        event = {};
      } else if (!line.startsWith(':')) {
        const [, name, rest] = /^([^:]*):? ?(.*?)\r?$/.exec(line);
        event[name] = name === 'data' && event.data !== undefined ? `${event.data}\n${rest}` : rest;
      }
    }
  }
}

async function ask(path, options) {
  const headers = { ...options.headers };
  const sent = key.get();
  if (sent) {
    headers['X-API-Key'] = sent;
  }

  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: 'no-store' });
  } catch {
    throw new Problem('gateway', 'The gateway cannot be reached.');
  }

  if (response.ok) {
    return response;
  }

  const wait = { retryAfter: Number(response.headers.get('Retry-After')) || 0 };
  switch (response.status) {
    case 401: throw new Problem('key', sent ? 'This key is not valid, or not any more.' : '', { sent });
    case 403: throw new Problem('scope', 'This key has not the scope “read”.');
    case 429: throw new Problem('busy', 'The gateway has been asked too often.', wait);
    case 502: case 503: case 504: throw new Problem('hub', `The gateway answers, but no hub does (${response.status}).`, wait);
    default: throw new Problem('other', `The gateway answered with status ${response.status}.`, wait);
  }
}
