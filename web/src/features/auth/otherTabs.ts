/*
 * The cookie is one for all tabs of a browser. A tab that changes the session tells the others, which
 * then ask the server themselves: a message says only that there is something to ask.
 */

const channel =
  typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('cinema.session')

export const otherTabs = {
  /** Says that the session of this browser may have changed. */
  tell: (): void => channel?.postMessage('changed'),
  /** Calls `listener` when another tab says so; the last one given counts. */
  onTold: (listener: () => void): void => {
    if (channel) channel.onmessage = listener
  },
}
