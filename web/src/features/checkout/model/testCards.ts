/**
 * The card numbers of the pretend bank. A number is looked up here, in the page, and only its token
 * is sent: no card number ever leaves the browser.
 */
export interface TestCard {
  readonly number: string
  readonly token: string
  readonly outcome: string
}

export const TEST_CARDS: readonly TestCard[] = [
  { number: '4242 4242 4242 4242', token: 'tok_approve', outcome: 'is approved' },
  { number: '4000 0000 0000 0002', token: 'tok_decline', outcome: 'is declined' },
  { number: '4000 0027 6000 3184', token: 'tok_action', outcome: 'asks you to approve' },
  { number: '4000 0000 0000 0259', token: 'tok_slow', outcome: 'takes its time' },
  { number: '4000 0000 0000 0341', token: 'tok_unknown', outcome: 'leaves the outcome open' },
]

/** The token of a card number, however it is spaced; undefined when it is none of the test cards. */
export function tokenOf(number: string): string | undefined {
  const digits = number.replace(/\D/g, '')
  return TEST_CARDS.find((card) => card.number.replaceAll(' ', '') === digits)?.token
}

/** Groups digits by four, as they are printed on a card. */
export function spaced(number: string): string {
  return (
    number
      .replace(/\D/g, '')
      .slice(0, 19)
      .match(/.{1,4}/g) ?? []
  ).join(' ')
}
