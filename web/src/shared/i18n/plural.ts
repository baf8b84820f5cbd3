/** Forms of a counted noun; `other` serves every number without its own form. */
export interface PluralForms {
  zero?: string
  one: string
  other: string
}

const rules = new Intl.PluralRules('en')

/** Chooses the form for a number and puts the number at `#`: plural(2, {one: '# seat', other: '# seats'}). */
export function plural(count: number, forms: PluralForms): string {
  if (count === 0 && forms.zero !== undefined) return forms.zero
  const form = rules.select(count) === 'one' ? forms.one : forms.other
  return form.replace('#', String(count))
}

const words = [
  'no',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
] as const

/** Writes small whole numbers as words, as running text does; larger ones stay digits. */
export function numberWord(count: number): string {
  return words[count] ?? String(count)
}

const lists = new Intl.ListFormat('en-GB', { type: 'conjunction' })

/** Joins names as a sentence does: "F7, F8 and F9". */
export function joinNames(names: readonly string[]): string {
  return lists.format(names)
}
