import { readFileSync } from 'node:fs'
import { displayable, parse, wcagContrast } from 'culori'
import { describe, expect, it } from 'vitest'

const css = readFileSync(`${import.meta.dirname}/tokens.css`, 'utf8')

const themes = ['light', 'dark'] as const
type Theme = (typeof themes)[number]

/** The colours of a theme by name, read from the stylesheet that the product uses. */
function palette(theme: Theme): Map<string, string> {
  const pair = /--([\w-]+): light-dark\((oklch\([^)]*\)), (oklch\([^)]*\))\);/g
  const found = new Map<string, string>()
  for (const [, name, light, dark] of css.matchAll(pair)) {
    if (name && light && dark) found.set(name, theme === 'light' ? light : dark)
  }
  return found
}

const onAll = ['house-0', 'house-1', 'house-2']
const text: [string, string[], number][] = [
  ['ink-1', onAll, 7],
  ['ink-2', onAll, 4.5],
  ['ink-3', onAll, 4.5],
  ['lamp-text', onAll, 4.5],
  ['beam', onAll, 4.5],
  ['leaf', onAll, 4.5],
  ['ember', onAll, 4.5],
  ['violet', onAll, 4.5],
  ['on-lamp', ['lamp'], 4.5],
  ['on-ember', ['ember-solid'], 4.5],
]
const shapes: [string, string[], number][] = [
  ['control', onAll, 3],
  ['lamp-edge', onAll, 3],
  ['seat-edge', ['house-0', 'house-1', 'stage'], 3],
  ['beam', ['stage'], 3],
]

describe.each(themes)('the %s theme', (theme) => {
  const colours = palette(theme)
  const colour = (name: string) => {
    const value = colours.get(name)
    if (!value) throw new Error(`no token --${name}`)
    return value
  }

  it.each([...text, ...shapes])('keeps the contrast of %s', (front, grounds, least) => {
    for (const ground of grounds) {
      const ratio = wcagContrast(colour(front), colour(ground))
      expect(ratio, `${front} on ${ground}`).toBeGreaterThanOrEqual(least)
    }
  })

  it('stays inside sRGB, so that no browser clips a colour', () => {
    for (const [name, value] of colours) expect(displayable(parse(value)), name).toBe(true)
  })
})
