import { home } from './home';

// All windows of a browser share the session, and the one where it begins or ends tells the others.
const name = `tokenscale${home}/session`;

/** Tells the other windows that a session has begun or ended. */
export function tellWindows(): void {
  const channel = new BroadcastChannel(name);
  // A channel has one origin only.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  channel.postMessage('changed');
  channel.close();
}

/** Hears that a session has begun or ended in another window, until what is given is called. */
export function onWindows(hear: () => void): () => void {
  const channel = new BroadcastChannel(name);
  channel.addEventListener('message', hear);
  return () => channel.close();
}
