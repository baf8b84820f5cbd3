import { defineAsyncComponent, type Component } from 'vue'

/**
 * A part of a page that the first paint does not show. It is fetched as soon as the browser has
 * nothing better to do, so that it is there when it is wanted, also if the line is lost by then.
 */
export function afterPaint<T extends Component>(load: () => Promise<{ default: T }>): T {
  const fetchNow = () => void load().catch(() => undefined)
  if (typeof requestIdleCallback === 'function') requestIdleCallback(fetchNow, { timeout: 3_000 })
  else setTimeout(fetchNow, 500)
  return defineAsyncComponent<T>({ loader: load })
}
