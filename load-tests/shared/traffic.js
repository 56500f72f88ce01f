import http from 'k6/http';
import { check, sleep } from 'k6';
import { gateway, headers } from './settings.js';

const types = ['agent.started', 'agent.finished', 'tool.called', 'tool.failed', 'message.sent', 'message.received'];
const agentsOfAUser = 20;
const pause = 0.5;

/** Agents for the users of a test to work with. */
export function createAgents() {
  const ids = [];
  for (let i = 0; i < agentsOfAUser; i++) {
    const made = send('POST', '/v1/agents', 'write', { name: `load-${i}`, type: 'worker' }, 201);
    ids.push(made.json('id'));
  }

  return ids;
}

/** Takes them away again; their events stay. */
export function removeAgents(ids) {
  for (const id of ids) {
    send('DELETE', `/v1/agents/${id}`, 'write', null, 204);
  }
}

/** What one user does in a turn: nine of ten requests read, and the busiest agents are read most. */
export function turn(agents) {
  const agent = agents[Math.floor(agents.length * Math.random() ** 3)];
  get(`/v1/agents/${agent}`, 'detail');
  get(`/v1/agents/${agent}`, 'detail');
  get('/v1/services', 'list');
  get(`/v1/events?agent_id=${agent}&limit=20`, 'list');
  get(`/v1/agents/${agent}/overview`, 'detail');
  get('/v1/agents?status=created&limit=20', 'list');
  get('/v1/models', 'list');
  get('/health/live', 'health');
  get(`/v1/agents/${agent}`, 'detail');
  send('POST', '/v1/events', 'write', { type: types[Math.floor(types.length * Math.random())], agent_id: agent, payload: { step: __ITER, user: __VU } }, 201);
  sleep(pause);
}

/** Reads `path` and checks that it was answered. */
export function get(path, of) {
  return send('GET', path, of, null, 200);
}

function send(method, path, of, body, expected) {
  const route = path.replace(/\?.*/, '').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '{id}'); // one series for each route, whatever its id
  const response = http.request(method, gateway + path, body && JSON.stringify(body), {
    headers: body ? { ...headers, 'Content-Type': 'application/json' } : headers,
    tags: { class: of, name: `${method} ${route}` },
  });
  check(response, { [`${of}: answered ${expected}`]: (answer) => answer.status === expected });
  return response;
}
