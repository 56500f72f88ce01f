// What every script reads from its environment. Run k6 with `-e NAME=value`, or `eval "$(./start.sh --env)"` first.

/** Address of the gateway. */
export const gateway = address('GATEWAY_URL', 'http://localhost:8009');

/** Address of the service hub. */
export const hub = address('SERVICE_HUB_URL', 'http://localhost:8012');

/** Headers of every request: the key, where there is one. It needs the scope write for what writes. */
export const headers = __ENV.ADMIN_KEY ? { 'X-API-Key': __ENV.ADMIN_KEY } : {};

const scale = positive('SCALE');
const users = positive('USERS');

/** Stages as k6 takes them, from [seconds, virtual users]: SCALE stretches or shrinks the time, USERS the number of users. */
export function stages(list) {
  return list.map(([seconds, target]) => ({ duration: `${Math.max(1, Math.round(seconds * scale))}s`, target: Math.ceil(target * users) }));
}

function address(name, usual) {
  return (__ENV[name] || usual).replace(/\/+$/, '');
}

function positive(name) {
  const value = Number(__ENV[name] || 1);
  if (!(value > 0)) {
    throw new Error(`${name} is '${__ENV[name]}': it has to be a number above 0, such as 0.1.`);
  }

  return value;
}
