import { h, type FunctionalComponent, type SVGAttributes } from 'vue'

/** What the icon package says of an icon: a square of 24 and the shapes on it. */
interface IconData {
  node: [tag: string, attributes: Record<string, string>][]
}

/**
 * Draws an icon of the lucide package. The build puts it in place of the package's own component,
 * which carries options that this product does not use on every route. Icons are decoration: what
 * they mean stands beside them.
 */
export default function createLucideIcon(icon: IconData): FunctionalComponent<SVGAttributes> {
  const draw: FunctionalComponent<SVGAttributes> = (_props, { attrs }) =>
    h(
      'svg',
      {
        viewBox: '0 0 24 24',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': 2,
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
        'aria-hidden': 'true',
        ...attrs,
      },
      icon.node.map(([tag, attributes]) => h(tag, attributes)),
    )
  draw.inheritAttrs = false
  return draw
}
