import AxeBuilder from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'

export const widths = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 860 },
}

/** No fault that axe knows on what is shown, and no page that is wider than the screen. */
export async function audit(page: Page, what: string): Promise<void> {
  const report = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  const found = report.violations.map(
    (v) => `${what}: ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`,
  )
  expect(found).toEqual([])
  expect(await overflow(page), `${what} scrolls sideways`).toBeLessThanOrEqual(0)
}

/** How far the page is wider than the screen, in pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
}
