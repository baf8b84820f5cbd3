import { render } from '@testing-library/vue'
import { expect, it } from 'vitest'
import createLucideIcon from './lucideIcon'

it('draws the shapes, hidden from readers, with the classes it is given once', () => {
  const Dot = createLucideIcon({ node: [['circle', { cx: '12', cy: '12', r: '4' }]] })
  const { container } = render(Dot, { attrs: { class: 'size-5' } })
  const svg = container.querySelector('svg')
  expect(svg).toHaveAttribute('aria-hidden', 'true')
  expect(svg?.getAttribute('class')).toBe('size-5')
  expect(svg?.querySelector('circle')).toHaveAttribute('r', '4')
})
