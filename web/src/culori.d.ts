// The package ships no types; these are the three functions that the contrast test uses.
declare module 'culori' {
  export interface Color {
    mode: string
  }
  export function parse(text: string): Color | undefined
  export function displayable(color: Color | undefined): boolean
  export function wcagContrast(a: string, b: string): number
}
